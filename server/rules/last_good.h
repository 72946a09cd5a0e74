#ifndef TG_SERVER_RULES_LAST_GOOD_H
#define TG_SERVER_RULES_LAST_GOOD_H

#include "base/view.h"

struct arena;
struct buf;
struct yyjson_val;

/* The last good version of one object of rules, as a ConfigMap of the own namespace keeps it: its
 * text (policy/rule_object.h), compressed. Any thread. */
struct last_good {
    struct view object;     /* "policy/shop" */
    struct view definition; /* uid of the definition of its kind when it was kept */
    struct view text;
};

#define LAST_GOOD_LABEL "tidegate.dev/last-good"

/* The name of the ConfigMap of an object, in the arena: "tidegate-rules.policy.shop"; with a hash
 * in place of what is beyond the length of a name. Absent when memory runs out. */
struct view last_good_name(struct view object, struct arena *arena);

/* Appends the ConfigMap as JSON. Returns 0; or -1 when memory runs out, or it is larger than the
 * API server takes. */
int last_good_write(const struct last_good *good, struct buf *out);

/* Reads a ConfigMap; views live as long as it and the arena. Returns 0, or -1 when it is none. */
int last_good_read(struct yyjson_val *map, struct arena *arena, struct last_good *out);

#endif
