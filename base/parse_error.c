#include "base/parse_error.h"

#include "base/yaml/node.h"

#include <stdarg.h>
#include <stdio.h>

int parse_error_set(struct parse_error *parse_error, size_t at, const char *format, ...)
{
    va_list args;

    parse_error->at = at;
    parse_error->hint[0] = '\0';
    va_start(args, format);
    vsnprintf(parse_error->why, sizeof(parse_error->why), format, args);
    va_end(args);
    return -1;
}

int parse_error_hint(struct parse_error *parse_error, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(parse_error->hint, sizeof(parse_error->hint), format, args);
    va_end(args);
    return -1;
}

/* The source from a place on. */
static struct view source_from(const struct place *place)
{
    struct view line, rest = place->source->text;

    for (unsigned i = 1; i < place->line; i++)
        view_cut(rest, '\n', &line, &rest);
    return view_from(rest, place->column - 1);
}

struct place parse_error_place(const struct parse_error *parse_error, const struct node *node)
{
    struct place place = node->place;
    struct view written, before = view_first(node->text, parse_error->at);
    unsigned quote;

    if (!place.source || place.line == 0 || place.column == 0 || (place.column & PLACE_TOLD))
        return place;
    written = source_from(&place);
    quote = written.n > 0 && (written.p[0] == '"' || written.p[0] == '\'');
    if (view_eq(view_first(view_from(written, quote), before.n), before))
        place.column += quote + (unsigned)before.n;
    return place;
}
