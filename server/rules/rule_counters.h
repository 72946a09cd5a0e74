#ifndef TG_SERVER_RULES_RULE_COUNTERS_H
#define TG_SERVER_RULES_RULE_COUNTERS_H

#include <stddef.h>

struct buf;
struct policy_set;
struct rule_result;

/* A policy set in force, with a counter for each of its rules. Counted by references; never changed
 * but for the counters, which are atomic. */
struct rules;

/* Takes the caller's reference to the set, also when it fails. Rules that were in `before` (which
 * may be NULL) go on counting where they were. NULL when memory is out. */
struct rules *rules_create(struct policy_set *set, const struct rules *before);

/* One more reference; release drops one and frees with the last (NULL is a no-op). Any thread. */
struct rules *rules_acquire(struct rules *rules);
void rules_release(struct rules *rules);

struct policy_set *rules_set(const struct rules *rules);

/* Counts what one rule of the set said of one review. Any thread. */
void rules_count(struct rules *rules, const struct rule_result *result);

/* Appends the counters in the Prometheus text format; rules may be NULL. Any thread. */
void rules_write(const struct rules *rules, struct buf *out);

#endif
