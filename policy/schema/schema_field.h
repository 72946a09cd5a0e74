#ifndef TG_POLICY_SCHEMA_SCHEMA_FIELD_H
#define TG_POLICY_SCHEMA_SCHEMA_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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

enum { SCHEMA_ABOUT_ROOM = 240 };

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
    /* One line of that row, for the reference, in room. */
    const char *(*value_about)(size_t n, char room[static SCHEMA_ABOUT_ROOM]);
    const struct schema_field *fields; /* of SCHEMA_OBJECT and SCHEMA_CHOICE */
    const char *hint; /* what to write where a value of another type stands; a number takes the
                         place of {an example} */
    const char *doc;  /* one line */
};

/* The values that a field accepts, by `values` or `value_at`. Returns how many; 0: any. */
enum { SCHEMA_VALUES = 64 };
size_t schema_values(const struct schema_field *field, const char *out[static SCHEMA_VALUES]);

/* "1 to 10" or "1s to 24h": what min and max of a field accept, as a text. */
enum { SCHEMA_RANGE_ROOM = 80 };
const char *schema_range(const struct schema_field *field, char out[static SCHEMA_RANGE_ROOM]);

/* "a quantity", "a list of globs", ...: the type as errors and the reference say it. */
const char *schema_type_name(enum schema_type type);

#endif
