#include "base/parse_error.h"

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
