#include "server/rules/rule_counters.h"

#include "base/mem.h"
#include "policy/evaluate.h"

#include <stdatomic.h>
#include <stdint.h>

enum { RESULTS = 4 };

/* The labels of enum rule_status up to RULE_EXEMPT. */
static const char *const result_names[RESULTS] = {"broken", "unanswered", "existing", "exempt"};

/* What one rule said. Outlives a reload: several sets may count with the same one. */
struct counter {
    atomic_uint references;
    atomic_ullong results[RESULTS];
};

struct entry {
    const struct policy *policy;
    const struct rule *rule;
    struct counter *counter;
};

struct rule_counters {
    atomic_uint references;
    struct policy_set *set;
    size_t count;
    struct entry entries[]; /* by the number of the rule */
};

static bool is_same(const struct entry *a, const struct policy *policy, const struct rule *rule)
{
    return view_eq(a->rule->id, rule->id) && view_eq(a->policy->name, policy->name) &&
           a->rule->mode == rule->mode;
}

/* The counter that the rule had before, or a new one. The search begins behind the last hit: rules
 * rarely change places. */
static struct counter *counter_for(const struct rule_counters *before, size_t *at,
                                   const struct policy *policy, const struct rule *rule)
{
    struct counter *c;

    for (size_t i = 0; before && i < before->count; i++) {
        const struct entry *e = &before->entries[(*at + i) % before->count];

        if (e->rule && is_same(e, policy, rule)) {
            *at += i + 1;
            atomic_fetch_add(&e->counter->references, 1);
            return e->counter;
        }
    }
    c = mem_alloc(sizeof(*c));
    if (!c)
        return NULL;
    atomic_init(&c->references, 1);
    for (int i = 0; i < RESULTS; i++)
        atomic_init(&c->results[i], 0);
    return c;
}

static int fill(struct rule_counters *r, const struct rule_counters *before)
{
    size_t at = 0;

    for (size_t i = 0; i < r->set->policy_count; i++) {
        const struct policy *policy = &r->set->policies[i];

        for (size_t j = 0; j < policy->rule_count; j++) {
            const struct rule *rule = &policy->rules[j];
            struct counter *counter = counter_for(before, &at, policy, rule);

            if (!counter)
                return -1;
            r->entries[rule->number] = (struct entry){policy, rule, counter};
        }
    }
    return 0;
}

struct rule_counters *rule_counters_create(struct policy_set *set,
                                           const struct rule_counters *before)
{
    size_t count = set->rule_count;
    struct rule_counters *r = mem_alloc(sizeof(*r) + count * sizeof(r->entries[0]));

    if (!r) {
        policy_set_release(set);
        return NULL;
    }
    atomic_init(&r->references, 1);
    r->set = set;
    r->count = count;
    for (size_t i = 0; i < count; i++)
        r->entries[i] = (struct entry){0};
    if (fill(r, before) == 0)
        return r;
    rule_counters_release(r);
    return NULL;
}

struct rule_counters *rule_counters_acquire(struct rule_counters *rules)
{
    if (rules)
        atomic_fetch_add(&rules->references, 1);
    return rules;
}

void rule_counters_release(struct rule_counters *rules)
{
    if (!rules || atomic_fetch_sub(&rules->references, 1) != 1)
        return;
    for (size_t i = 0; i < rules->count; i++) {
        struct counter *c = rules->entries[i].counter;

        if (c && atomic_fetch_sub(&c->references, 1) == 1)
            mem_free(c);
    }
    policy_set_release(rules->set);
    mem_free(rules);
}

struct policy_set *rule_counters_set(const struct rule_counters *rules)
{
    return rules->set;
}

void rule_counters_count(struct rule_counters *rules, const struct rule_result *result)
{
    /* Built-in rules have no row. */
    if (result->rule->check && (unsigned)result->status < RESULTS)
        atomic_fetch_add_explicit(
            &rules->entries[result->rule->number].counter->results[result->status], 1,
            memory_order_relaxed);
}

void rule_counters_each(const struct rule_counters *rules,
                        void (*show)(void *ctx, const struct rule_count *count), void *ctx)
{
    for (size_t i = 0; i < rules->count * RESULTS; i++) {
        const struct entry *e = &rules->entries[i / RESULTS];

        if (e->rule)
            show(ctx, &(struct rule_count){e->policy->name, e->rule->id, mode_name(e->rule->mode),
                                           result_names[i % RESULTS],
                                           atomic_load_explicit(&e->counter->results[i % RESULTS],
                                                                memory_order_relaxed)});
    }
}
