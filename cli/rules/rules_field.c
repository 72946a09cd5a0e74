#include "cli/rules/rules_field.h"

#include "base/buf.h"
#include "base/limits.h"
#include "base/time/duration.h"
#include "policy/schema/schema.h"

#include <inttypes.h>
#include <stdio.h>

static void add_type(const struct schema_field *field, enum rules_field_style style,
                     struct buf *out)
{
    const char *type = schema_type_name(field->type);
    char range[SCHEMA_RANGE_ROOM];

    if (field->list)
        buf_printf(out, style == RULES_FIELD_MARKDOWN ? "list: %s" : "a list, each %s", type);
    else
        buf_add_str(out, type);
    if (field->max > 0)
        buf_printf(out, " from %s", schema_range(field, range));
    if (field->required)
        buf_add_str(out, ", required");
}

/* A bar would end the cell of a table. */
static void add_doc(const char *text, enum rules_field_style style, struct buf *out)
{
    for (; text && *text; text++)
        buf_printf(out, *text == '|' && style == RULES_FIELD_MARKDOWN ? "\\|" : "%c", *text);
}

static void add_values(const struct schema_field *field, enum rules_field_style style,
                       struct buf *out)
{
    const char *values[SCHEMA_VALUES];
    size_t count = schema_values(field, values);

    for (size_t i = 0; i < count; i++) {
        buf_add_str(out, i == 0 ? " (" : ", ");
        buf_printf(out, style == RULES_FIELD_MARKDOWN ? "`%s`" : "%s", values[i]);
    }
    buf_add_str(out, count > 0 ? ")" : "");
}

static void add_usual(const struct schema_field *field, struct buf *out)
{
    char seconds[DURATION_ROOM];

    if (field->type == SCHEMA_DURATION)
        buf_printf(out, "; %s when left out", duration_go(field->usual, seconds));
    else
        buf_printf(out, "; %" PRId64 " when left out", field->usual);
}

void rules_field_write(const struct schema_field *field, const char *between,
                       enum rules_field_style style, struct buf *out)
{
    add_type(field, style, out);
    buf_add_str(out, between);
    add_doc(field->doc, style, out);
    if (!field->value_about)
        add_values(field, style, out);
    if (field->usual > 0)
        add_usual(field, out);
    if (field->most > 0)
        buf_printf(out, "; at most %zu", field->most);
}

void rules_field_print(const struct schema_field *field, const char *between,
                       enum rules_field_style style)
{
    struct buf text;

    buf_init(&text, LIMIT_FILE);
    rules_field_write(field, between, style, &text);
    fwrite(text.p, 1, text.n, stdout);
    buf_release(&text);
}
