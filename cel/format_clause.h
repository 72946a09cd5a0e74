#ifndef TG_CEL_FORMAT_CLAUSE_H
#define TG_CEL_FORMAT_CLAUSE_H

#include "base/view.h"

/* The clauses of the text that CEL's format() fills in: %s, %d, %.2f.
 * https://pkg.go.dev/github.com/google/cel-go@v0.26.0/ext#Strings */
struct format_clause {
    struct view before; /* what is before it, and stays as it is */
    char letter;        /* '%': none, but a % that stays; '\0': the end of the text */
    int precision;
};

enum { FORMAT_PRECISION = 6, FORMAT_MOST_PRECISION = 1000000 };

/* Reads from *at, which moves past it. NULL, or what is wrong with the text. Pure; any thread. */
const char *format_clause_next(struct view format, size_t *at, struct format_clause *out);

#endif
