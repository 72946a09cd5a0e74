#ifndef TG_POLICY_SHAPES_PATH_CHECK_H
#define TG_POLICY_SHAPES_PATH_CHECK_H

#include "base/view.h"

#include <stdbool.h>

struct compile;
struct node;
struct path;
struct shape_kind;
struct shapes;

/* What stands where a path leads, over all kinds that its rule can match. */
struct path_end {
    unsigned types; /* 1u << enum shape_type, or-ed; 0: it is not known */
    bool foreign;   /* none of it is Kubernetes' own */
    bool free_key;  /* it is reached by a key that anybody chose, as a label */
};

/* Holds a path against the shapes of the kinds that its rule can match (c->shapes, the two matches
 * of c); node is where it is written. What is certain to lead nowhere, and a name that is a slip of
 * a known one, is an error by diag_vain(); any other unknown name is a warning, as is all of a kind
 * that is not Kubernetes' own. A path that leads somewhere in one of the kinds is good. Returns 0
 * with *end filled, or -1 when memory runs out. */
int path_check(const struct path *path, const struct node *node, struct compile *c,
               struct path_end *end);

/* Whether the fields of a kind, written as in a match, are known. */
bool path_knows_kind(const struct shapes *shapes, struct view kind);

/* Shows each kind of c->shapes that both matches of c can mean. False when there can be others, or
 * the rule names no kinds at all. */
bool path_each_kind(const struct compile *c, void (*take)(void *ctx, const struct shape_kind *kind),
                    void *ctx);

/* Shows each kind, written as in a match, that both matches of c can mean and whose fields are not
 * known; one may come twice. Returns 0, or -1 as soon as `take` does. */
int path_each_unknown_kind(const struct compile *c, int (*take)(void *ctx, struct view kind),
                           void *ctx);

/* "a list", "text", ...: the type as errors say it. */
const char *path_type_name(unsigned type);

#endif
