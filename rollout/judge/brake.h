#ifndef TG_ROLLOUT_JUDGE_BRAKE_H
#define TG_ROLLOUT_JUDGE_BRAKE_H

#include "base/view.h"
#include "rollout/limits.h"

#include <stddef.h>
#include <stdint.h>

enum { BRAKE_NAMESPACE = 64 }; /* a DNS label and its NUL */

/* The rollbacks that were decided last, so that a trouble of the whole cluster is not answered by
 * undoing everything. A new leader fills it again from the records. One thread. */
struct brake {
    struct brake_entry {
        char namespace_[BRAKE_NAMESPACE];
        int64_t at; /* Unix seconds */
    } entries[LIMIT_BRAKE];
    size_t count;
};

/* How many rollbacks were decided lately. */
struct brake_count {
    unsigned namespace_, all;
};

/* None yet. */
void brake_init(struct brake *b);

/* One was decided at that instant; they may be told in any order. When there are LIMIT_BRAKE, the
 * oldest falls out. */
void brake_add(struct brake *b, struct view namespace_, int64_t at);

/* How many were decided in that namespace, and in all, since `within` seconds before now. */
struct brake_count brake_count(const struct brake *b, struct view namespace_, int64_t within,
                               int64_t now);

#endif
