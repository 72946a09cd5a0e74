#ifndef TG_SERVER_RULES_RULE_COUNTERS_H
#define TG_SERVER_RULES_RULE_COUNTERS_H

#include "base/view.h"

#include <stddef.h>
#include <stdint.h>

struct policy_set;
struct rule_result;

/* A policy set in force, with a counter for each of its rules. Counted by references; never changed
 * but for the counters, which are atomic. */
struct rule_counters;

/* Takes the caller's reference to the set, also when it fails. Rules that were in `before` (which
 * may be NULL) go on counting where they were. NULL when memory runs out. */
struct rule_counters *rule_counters_create(struct policy_set *set,
                                           const struct rule_counters *before);

/* One more reference; release drops one and frees with the last (NULL is a no-op). Any thread. */
struct rule_counters *rule_counters_acquire(struct rule_counters *rules);
void rule_counters_release(struct rule_counters *rules);

struct policy_set *rule_counters_set(const struct rule_counters *rules);

/* Counts the result of one rule for one review. Any thread. */
void rule_counters_count(struct rule_counters *rules, const struct rule_result *result);

/* In how many reviews a rule came to a result. */
struct rule_count {
    struct view policy, rule;
    const char *mode, *result; /* "deny", ...; "broken", ... */
    uint64_t reviews;
};

/* Shows each rule and result to a function. Any thread. */
void rule_counters_each(const struct rule_counters *rules,
                        void (*show)(void *ctx, const struct rule_count *count), void *ctx);

#endif
