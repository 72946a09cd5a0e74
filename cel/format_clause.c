#include "cel/format_clause.h"

/* A point and digits at *at, which moves past them. */
static const char *take_precision(struct view format, size_t *at, int *precision)
{
    size_t from = *at + 1;
    int n = 0;

    if (format.p[*at] != '.')
        return NULL;
    for (*at = from; *at < format.n && format.p[*at] >= '0' && format.p[*at] <= '9'; ++*at)
        n = n > FORMAT_MOST_PRECISION ? n : n * 10 + (format.p[*at] - '0');
    if (*at == format.n)
        return "could not find end of precision specifier";
    if (*at == from || n > FORMAT_MOST_PRECISION)
        return "a precision is a number up to 1000000";
    *precision = n;
    return NULL;
}

const char *format_clause_next(struct view format, size_t *at, struct format_clause *out)
{
    struct view rest = view_from(format, *at);
    ptrdiff_t percent = view_find(rest, '%');
    const char *why;

    *out = (struct format_clause){.before = rest, .precision = FORMAT_PRECISION};
    *at = format.n;
    if (percent < 0)
        return NULL;
    out->before = view_first(rest, (size_t)percent);
    *at = format.n - rest.n + (size_t)percent + 1;
    if (*at == format.n)
        return "unexpected end of string";
    if (format.p[*at] != '%') {
        why = take_precision(format, at, &out->precision);
        if (why)
            return why;
        if (!strchr("sdfebxXo", format.p[*at]) || format.p[*at] == '\0')
            return "unrecognized formatting clause";
    }
    out->letter = format.p[(*at)++];
    return NULL;
}
