#include "policy/schema/schema_field.h"

#include "base/time/duration.h"

#include <inttypes.h>
#include <stdio.h>

static const char *const type_names[] = {
    [SCHEMA_STRING] = "a string",
    [SCHEMA_BOOLEAN] = "true or false",
    [SCHEMA_INTEGER] = "an integer",
    [SCHEMA_NUMBER] = "a number",
    [SCHEMA_QUANTITY] = "a quantity",
    [SCHEMA_DURATION] = "a duration",
    [SCHEMA_DATE] = "a date",
    [SCHEMA_GLOB] = "a name or glob",
    [SCHEMA_PATTERN] = "a regular expression",
    [SCHEMA_SCALAR] = "a string, number or boolean",
    [SCHEMA_SCALARS] = "a map of names to values",
    [SCHEMA_LABELS] = "a map of labels",
    [SCHEMA_OBJECT] = "a map",
    [SCHEMA_CHOICE] = "a word or a map",
    [SCHEMA_ANY] = "a value",
};

const char *schema_type_name(enum schema_type type)
{
    return type_names[type];
}

const char *schema_range(const struct schema_field *field, char out[static SCHEMA_RANGE_ROOM])
{
    char min[DURATION_ROOM], max[DURATION_ROOM];

    if (field->type == SCHEMA_DURATION)
        snprintf(out, SCHEMA_RANGE_ROOM, "%s to %s", duration_go(field->min, min),
                 duration_go(field->max, max));
    else
        snprintf(out, SCHEMA_RANGE_ROOM, "%" PRId64 " to %" PRId64, field->min, field->max);
    return out;
}

size_t schema_values(const struct schema_field *field, const char *out[static SCHEMA_VALUES])
{
    size_t n = 0;

    if (field->value_at)
        while (n < SCHEMA_VALUES && (out[n] = field->value_at(n)))
            n++;
    else
        while (n < SCHEMA_VALUES && field->values && (out[n] = field->values[n]))
            n++;
    return n;
}
