#ifndef TG_POLICY_SCHEMA_H
#define TG_POLICY_SCHEMA_H

#include "base/node.h"

#include <stdbool.h>

struct flaw;

/* What a map of a rule file may hold. From these tables come the checks of a file, "did you mean",
 * `tidegate rules` and the reference page. */
enum schema_type {
    SCHEMA_STRING,
    SCHEMA_BOOLEAN,
    SCHEMA_INTEGER,
    SCHEMA_QUANTITY, /* a Kubernetes quantity: 500m, 1Gi, 2 */
    SCHEMA_DURATION, /* 10h, 1h30m */
    SCHEMA_DATE,     /* 2027-06-30 */
    SCHEMA_GLOB,     /* a name, * and ? stand for any characters and one */
    SCHEMA_PATTERN,  /* a regular expression of PCRE2 */
    SCHEMA_SCALAR,   /* any string, number or boolean */
    SCHEMA_SCALARS,  /* a map of names to scalars */
    SCHEMA_LABELS,   /* a map of labels, or a LabelSelector */
    SCHEMA_OBJECT,   /* a map with the keys of `fields` */
    SCHEMA_ANY,      /* judged by whoever reads it */
};

struct schema_field {
    const char *name; /* NULL ends a table */
    enum schema_type type;
    bool required;
    bool list;                         /* a list of such values, never empty */
    const char *const *values;         /* the only ones accepted, ended by NULL; NULL: any */
    const struct schema_field *fields; /* of SCHEMA_OBJECT */
    const char *doc;                   /* one line */
};

/* Holds node against the table: every unknown or missing key, wrong type, empty list and value that
 * is none of the accepted is an error in diags. `what` names the map in them ("a rule"). Returns 0
 * when there was none, -1 otherwise. */
int schema_check(const struct node *node, const struct schema_field *fields, const char *what,
                 struct diags *diags);

/* Adds the error "unknown <what> "x"", with a hint that names the nearest candidate, or all. */
void schema_unknown(const struct node *node, const char *what, const char *const *candidates,
                    size_t count, struct diags *diags);

/* Adds the error `"<text>" is no <what>: <why>`, at the very byte of a scalar where it goes wrong,
 * with the flaw's hint. */
void schema_flaw(const struct node *node, const char *what, const struct flaw *flaw,
                 struct diags *diags);

/* "a quantity", "a list of globs", ...: the type as errors and the reference say it. */
const char *schema_type_name(enum schema_type type);

#endif
