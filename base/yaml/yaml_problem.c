#include "base/yaml/yaml_problem.h"

#include "base/diag.h"
#include "base/text/template.h"
#include "base/yaml/yaml_place.h"

#include <string.h>

/* --- templates -------------------------------------------------------------------------------- */

/* A line that begins as a template; in a line with a problem it may stand anywhere. */
static bool begins_as_template(struct view line)
{
    while (line.n > 0 && (line.p[0] == ' ' || line.p[0] == '\t'))
        line = view_from(line, 1);
    return view_starts(line, "{{");
}

bool yaml_problem_is_template(const struct yaml_cursor *cursor)
{
    struct view rest = view_from(cursor->source->text, cursor->line_start), line;

    view_cut(rest, '\n', &line, &rest);
    if (template_in(line))
        return true;
    for (rest = cursor->source->text; rest.n > 0;) {
        view_cut(rest, '\n', &line, &rest);
        if (begins_as_template(line))
            return true;
    }
    return false;
}

/* --- hints ------------------------------------------------------------------------------------ */

/* What is to be done about a problem of libyaml, by its words and those of what it was about. The
 * first row counts. */
static const struct {
    const char *problem, *context; /* parts of them; NULL: any */
    char at;                       /* what stands at the problem; 0: anything */
    char begins; /* with a NULL hint: what the text begins with that wants quotes; 0: `at` */
    const char *hint;
} hints[] = {
    {"tab character", NULL, 0, 0, "indent with spaces, not tabs"},
    {"start any token", NULL, '\t', 0, "indent with spaces, not tabs"},
    {"start any token", NULL, 0, 0, NULL},
    {NULL, "scanning an alias", 0, '*', NULL},
    {NULL, "scanning an anchor", 0, '&', NULL},
    {NULL, "scanning a directive", 0, '%', NULL},
    {NULL, "scanning a tag", 0, '!', NULL},
    {NULL, "parsing a tag", 0, '!', NULL},
    {"tag handle", NULL, 0, '!', NULL},
    {NULL, "scanning a block scalar", 0, 0, "put text that begins with \">\" or \"|\" in quotes"},
    {"escape character", NULL, 0, 0,
     "in double quotes a backslash begins an escape: write the text in single quotes"},
    {"hexdecimal number", NULL, 0, 0,
     "in double quotes a backslash begins an escape: write the text in single quotes"},
    {NULL, "scanning a quoted scalar", 0, 0, "close the quotes"},
    {"<document start>", NULL, 0, 0,
     "indent it as the lines before it, or begin a document with ---"},
    {"block sequence entries are not allowed", NULL, '-', 0,
     "put it in quotes, or begin a list in a line of its own"},
    {"mapping keys are not allowed", NULL, 0, '?', NULL},
    {"',' or ']'", NULL, 0, 0, "close the \"[\", or put text that begins with it in quotes"},
    {"',' or '}'", NULL, 0, 0, "close the \"{\", or put text that begins with it in quotes"},
    {"node content", NULL, 0, 0, NULL},
    {"could not find expected ':'", NULL, 0, 0,
     "each key has a colon behind it, and a blank behind that"},
};

enum { HINTS = sizeof(hints) / sizeof(hints[0]) };

static bool has(const char *text, const char *part)
{
    return !part || (text && strstr(text, part));
}

/* The line up to the problem. */
static struct view before(const struct yaml_cursor *cursor)
{
    return (struct view){cursor->source->text.p + cursor->line_start,
                         cursor->offset - cursor->line_start};
}

/* A colon too many: in the text of this line, or the first one of it when a line before goes on. */
static void hint_at_colon(const struct yaml_cursor *cursor, struct diags *diags)
{
    struct view line = before(cursor);

    if (line.n > 0 && memmem(line.p, line.n, ": ", 2))
        diag_hint(diags, "put text that holds \": \" in quotes");
    else
        diag_hint(diags, "indent it as the lines before it, and write a blank behind each colon");
}

/* Something stands behind a value: what ended the value was not meant to. */
static void hint_behind_value(const struct yaml_cursor *cursor, struct diags *diags)
{
    struct view line = before(cursor), all = line;
    char last;

    while (line.n > 0 && line.p[line.n - 1] == ' ')
        line.n--;
    last = line.n > 0 ? line.p[line.n - 1] : '\0';
    if (last == ']' || last == '}')
        diag_hint(diags, "put text that begins with \"%c\" in quotes", last == ']' ? '[' : '{');
    else if (last == '\'' && line.n == all.n)
        diag_hint(diags, "in single quotes write '' for each '");
    else if (last == '"' || last == '\'')
        diag_hint(diags, "put the whole text in quotes, and see that those before it are closed");
    else
        diag_hint(diags, "indent it as the lines before it");
}

/* The cursor stands where the problem is. */
static void hint_at_cause(const char *problem, const char *context,
                          const struct yaml_cursor *cursor, struct diags *diags)
{
    char c = yaml_place_byte(cursor);

    if (yaml_problem_is_template(cursor)) {
        diag_hint(diags, YAML_PROBLEM_TEMPLATE);
        return;
    }
    if (has(problem, "mapping values are not allowed")) {
        hint_at_colon(cursor, diags);
        return;
    }
    if (has(problem, "expected key") || has(problem, "'-' indicator")) {
        hint_behind_value(cursor, diags);
        return;
    }
    for (size_t i = 0; i < HINTS; i++) {
        if (!has(problem, hints[i].problem) || !has(context, hints[i].context) ||
            (hints[i].at && hints[i].at != c))
            continue;
        if (hints[i].begins)
            c = hints[i].begins;
        if (hints[i].hint)
            diag_hint(diags, "%s", hints[i].hint);
        else if (c > ' ')
            diag_hint(diags, "put text that begins with \"%c\" in quotes", c);
        return;
    }
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
    hint_at_cause(parser->problem, parser->context, cursor, diags);
}
