#ifndef TG_POLICY_RULE_PATH_H
#define TG_POLICY_RULE_PATH_H

#include "base/view.h"

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct buf;
struct eval;
struct parse_error;
struct yyjson_val;

/* A field path of a rule: `spec.replicas`, `pod.spec.hostNetwork`, `container.image`,
 * `metadata.labels["app.kubernetes.io/name"]`, `spec.ports[*].name`, `spec.ports[name=web].port`,
 * `metadata.labels.*`. One that begins with `pod.` is that of the pod or pod template, one that
 * begins with `container.` is walked for each container, any other is that of the object.
 * Immutable. */
enum path_root { ROOT_OBJECT, ROOT_POD, ROOT_CONTAINER };

enum segment_kind {
    SEGMENT_KEY,    /* a key of a map */
    SEGMENT_EACH,   /* `*` and `[*]`: each value of a map, each element of a list */
    SEGMENT_SELECT, /* `[key=value]`: the elements of a list that have that value */
};

struct segment {
    enum segment_kind kind;
    struct view key;
    struct view value; /* of SEGMENT_SELECT */
    size_t at, end;    /* where it stands in the text, its dot or brackets included */
};

struct path {
    struct view text;
    enum path_root root;
    struct segment *segments; /* behind the root */
    size_t count;
};

/* Where a walk stands: how the value was reached. Lives only during the callback. */
struct path_step;

/* Compiles text (kept, not copied) into the arena. NULL with *flaw filled, or with flaw->why empty
 * when memory runs out. A path that can lead nowhere by its spelling alone (`[name!=x]`, `$.spec`)
 * is not NULL, and *flaw is filled too. */
const struct path *path_compile(struct view text, struct arena *arena,
                                struct parse_error *parse_error);

/* Calls visit for each value that the path leads to on the side of e that is under evaluation, and
 * once with value NULL where a plain step leads nowhere; a `*` or `[...]` of what is absent or
 * empty leads to no call at all. Stops when visit returns -1, or after eval_late(), and returns
 * -1; 0 otherwise. */
int path_walk(const struct path *path, struct eval *e,
              int (*visit)(void *ctx, struct yyjson_val *value, const struct path_step *step),
              void *ctx);

/* The path that was walked, containers and list elements by name: what a message shows. */
struct view path_text(const struct path_step *step, struct arena *arena);

/* Appends a key of a map as such a text has it: ".key", or "[a.b]". */
void path_add_key(struct buf *out, struct view key);

/* The outermost list element without a name on the way: it is identified by its index, and *place
 * is where that stands in path_text(). NULL where there is none, or memory is out. */
struct yyjson_val *path_unnamed(const struct path_step *step, struct arena *arena, size_t *place);

/* True for the path of a Scale's replicas, the only field that a Scale shares with what it scales.
 */
bool path_is_replicas(const struct path *path);

/* True for metadata.name, which an object with a generateName gets only later. */
bool path_is_name(const struct path *path);

/* True when its values may hold metadata.managedFields of the object, whole or in part. */
bool path_reads_managed_fields(const struct path *path);

#endif
