#ifndef TG_SERVER_RULES_OBJECT_STATUS_H
#define TG_SERVER_RULES_OBJECT_STATUS_H

#include "base/view.h"

#include <stdint.h>

struct arena;
struct buf;
struct freeze_place;
struct policy_set;

/* What is in force at an instant, for the status of objects of rules. Any thread. */
struct object_status {
    const struct policy_set *set;
    const struct freeze_place *places; /* of freezes_at() */
    int64_t until;                     /* when a status changes by itself; INT64_MAX: never */
};

/* Returns 0, or -1 when memory runs out; what it finds lives in the arena, and no longer than the
 * set. */
int object_status_at(const struct policy_set *set, int64_t now, struct arena *arena,
                     struct object_status *out);

/* Appends a JSON object: mode and rules of a policy; of an environment whether it is frozen ("yes",
 * "no", or "partly" where that depends on what is deployed), until when, and when that changes
 * next, in its zone; null for what is not so. Of other kinds, "{}". */
void object_status_write(const struct object_status *s, struct view object, struct buf *out);

#endif
