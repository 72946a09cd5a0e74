#include "cli/rules/rules_field.h"

#include "base/time/duration.h"
#include "policy/schema/schema.h"

#include <inttypes.h>
#include <stdio.h>

static void print_type(const struct schema_field *field, enum rules_field_style style)
{
    const char *type = schema_type_name(field->type);
    char range[SCHEMA_RANGE_ROOM];

    if (field->list)
        printf(style == RULES_FIELD_MARKDOWN ? "list: %s" : "a list, each %s", type);
    else
        fputs(type, stdout);
    if (field->max > 0)
        printf(" from %s", schema_range(field, range));
    if (field->required)
        fputs(", required", stdout);
}

/* A bar would end the cell of a table. */
static void print_doc(const char *text, enum rules_field_style style)
{
    for (; text && *text; text++)
        printf(*text == '|' && style == RULES_FIELD_MARKDOWN ? "\\|" : "%c", *text);
}

static void print_values(const struct schema_field *field, enum rules_field_style style)
{
    const char *values[SCHEMA_VALUES];
    size_t count = schema_values(field, values);

    for (size_t i = 0; i < count; i++) {
        fputs(i == 0 ? " (" : ", ", stdout);
        printf(style == RULES_FIELD_MARKDOWN ? "`%s`" : "%s", values[i]);
    }
    fputs(count > 0 ? ")" : "", stdout);
}

static void print_usual(const struct schema_field *field)
{
    char seconds[DURATION_ROOM];

    if (field->type == SCHEMA_DURATION)
        printf("; %s when left out", duration_go(field->usual, seconds));
    else
        printf("; %" PRId64 " when left out", field->usual);
}

void rules_field_print(const struct schema_field *field, const char *between,
                       enum rules_field_style style)
{
    print_type(field, style);
    fputs(between, stdout);
    print_doc(field->doc, style);
    print_values(field, style);
    if (field->usual > 0)
        print_usual(field);
    if (field->most > 0)
        printf("; at most %zu", field->most);
}
