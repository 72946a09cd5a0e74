#include "base/yaml_problem.h"

#include "base/diag.h"
#include "base/yaml_place.h"

#include <string.h>

/* The cursor stands where the problem is. */
static void hint_at_cause(const char *problem, const struct yaml_cursor *cursor,
                          struct diags *diags)
{
    char c = yaml_place_byte(cursor);

    if (strstr(problem, "tab character") || (strstr(problem, "start any token") && c == '\t'))
        diag_hint(diags, "indent with spaces, not tabs");
    else if (strstr(problem, "start any token"))
        diag_hint(diags, "put text that begins with \"%c\" in quotes", c);
    else if (strstr(problem, "<document start>"))
        diag_hint(diags, "indent it as the lines before it, or begin a document with ---");
    else if (strstr(problem, "mapping values are not allowed"))
        diag_hint(diags, "put text that holds \": \" in quotes");
}

void yaml_problem_add(const yaml_parser_t *parser, struct yaml_cursor *cursor, struct diags *diags)
{
    unsigned began;
    struct place at;

    if (parser->error == YAML_MEMORY_ERROR) {
        diag_error(diags, (struct place){cursor->source, 0, 0}, "out of memory");
        return;
    }
    if (parser->error == YAML_READER_ERROR) {
        at = yaml_place_of_byte(cursor->source, parser->problem_offset);
        diag_error(diags, at, "%s (0x%02X)", parser->problem, (unsigned)parser->problem_value);
        return;
    }
    began = parser->context ? yaml_place_of(cursor, parser->context_mark.index).line : 0;
    at = yaml_place_of(cursor, parser->problem_mark.index);
    if (began > 0 && began < at.line)
        diag_error(diags, at, "%s, %s that begins in line %u", parser->problem, parser->context,
                   began);
    else
        diag_error(diags, at, "%s", parser->problem);
    hint_at_cause(parser->problem, cursor, diags);
}
