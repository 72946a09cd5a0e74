#ifndef TG_POLICY_SCHEMA_SCHEMA_H
#define TG_POLICY_SCHEMA_SCHEMA_H

#include "base/yaml/node.h"

#include <stdbool.h>
#include <stdint.h>

struct parse_error;

/* What a map of a rule file may hold. From these tables come the checks of a file, "did you mean",
 * `tidegate rules` and the reference page. */
enum schema_type {
    SCHEMA_STRING,
    SCHEMA_BOOLEAN,
    SCHEMA_INTEGER,
    SCHEMA_NUMBER,   /* a decimal number: 0.05, 3 */
    SCHEMA_QUANTITY, /* a Kubernetes quantity: 500m, 1Gi, 2 */
    SCHEMA_DURATION, /* 10h, 1h30m */
    SCHEMA_DATE,     /* 2027-06-30 */
    SCHEMA_GLOB,     /* a name, * and ? stand for any characters and one */
    SCHEMA_PATTERN,  /* a regular expression of PCRE2 */
    SCHEMA_SCALAR,   /* any string, number or boolean */
    SCHEMA_SCALARS,  /* a map of names to scalars */
    SCHEMA_LABELS,   /* a map of labels, or a LabelSelector */
    SCHEMA_OBJECT,   /* a map with the keys of `fields` */
    SCHEMA_CHOICE,   /* such a map, or one of the words of `values` */
    SCHEMA_ANY,      /* judged by whoever reads it */
};

struct schema_field {
    const char *name; /* NULL ends a table */
    enum schema_type type;
    bool required;
    bool list;                         /* a list of such values, never empty */
    size_t most;                       /* how many of them at most; 0: any number */
    int64_t min, max;                  /* of SCHEMA_INTEGER, or SCHEMA_DURATION in seconds; max 0:
                                          judged by whoever reads it */
    int64_t usual;                     /* the value when it is left out; 0: the doc says */
    const char *const *values;         /* the only ones accepted, ended by NULL; NULL: any */
    const char *(*value_at)(size_t n); /* or the names of a table's rows: the n-th one, then NULL */
    const struct schema_field *fields; /* of SCHEMA_OBJECT and SCHEMA_CHOICE */
    const char *hint; /* what to write where a value of another type stands; a number takes the
                         place of {an example} */
    const char *doc;  /* one line */
};

/* Holds node against the table: every unknown or missing key, wrong type, empty list and value that
 * is none of the accepted is an error in diags. `what` names the map in them ("a rule"). Returns
 * node when there was none; else a copy, in diags->arena, that has a NODE_WRONG for each: whoever
 * compiles it goes on, finds what else is wrong, and repeats nothing. All keys that are required
 * are there in it. NULL when memory runs out. */
const struct node *schema_check(const struct node *node, const struct schema_field *fields,
                                const char *what, struct diags *diags);

/* The values that a field accepts, by `values` or `value_at`. Returns how many; 0: any. */
enum { SCHEMA_VALUES = 64 };
size_t schema_values(const struct schema_field *field, const char *out[static SCHEMA_VALUES]);

/* The integer, or the seconds of the duration, that a key of a map has which was held against the
 * table before; `usual` when it is left out or map is NULL. */
int64_t schema_amount(const struct node *map, const struct schema_field *fields, const char *name);

/* Adds the error "unknown <what> "x"", with a hint that names the nearest candidate, or all. */
void schema_unknown(const struct node *node, const char *what, const char *const *candidates,
                    size_t count, struct diags *diags);

/* Adds the error `"<text>" is not a valid <what>: <why>`, at the very byte of a scalar where it
 * goes wrong, with the flaw's hint. */
void schema_flaw(const struct node *node, const char *what, const struct parse_error *parse_error,
                 struct diags *diags);

/* The same by diag_vain(). */
void schema_vain(const struct node *node, const char *what, const struct parse_error *parse_error,
                 struct diags *diags);

/* "1 to 10" or "1s to 24h": what min and max of a field accept, as a text. */
enum { SCHEMA_RANGE_ROOM = 80 };
const char *schema_range(const struct schema_field *field, char out[static SCHEMA_RANGE_ROOM]);

/* "a quantity", "a list of globs", ...: the type as errors and the reference say it. */
const char *schema_type_name(enum schema_type type);

#endif
