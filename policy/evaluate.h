#ifndef TG_POLICY_EVALUATE_H
#define TG_POLICY_EVALUATE_H

#include "policy/object/cluster_view.h"
#include "policy/rule/check.h"
#include "policy/rule/rule.h"
#include "policy/set.h"

#include <stdint.h>

/* Why a rule stands in a verdict; rules that hold, or do not apply, stand in none. */
enum rule_status {
    RULE_BROKEN,
    RULE_UNANSWERED, /* it could not be answered; `error` says why */
    RULE_EXISTING,   /* broken, but an UPDATE left it as it was */
    RULE_EXEMPT,     /* broken, but `exemption` lets it off */
    RULE_NOTED,      /* it holds, and `trace` is worth a place in the log */
};

/* What a rule does to the answer. */
enum effect { EFFECT_DENY, EFFECT_WARN, EFFECT_NONE };

struct rule_result {
    const struct policy *policy;
    const struct rule *rule;
    enum rule_status status;
    enum effect effect;
    const struct finding *findings;
    struct view error;
    struct view trace;
    const struct exemption *exemption;
    struct rule_result *next;
};

struct verdict {
    bool allowed;
    struct rule_result *first, *last; /* in the order of the rule files */
    size_t denied;                    /* results whose effect is EFFECT_DENY */
    size_t asked;                     /* rules that were evaluated */
    struct view template_hash;        /* when a rule asked for it; else absent */
    int64_t rollback_revision;   /* a deploy that is a rollback (policy/guard/guard_status.h): to
                                    which, */
    int64_t rollback_healthy_at; /* and when it was seen healthy, Unix seconds; else both 0 */
};

/* Evaluates every rule of the set that the request falls under. The arena owns what the verdict
 * points to. Returns 0, or -1 when memory runs out before a verdict was reached: the caller denies.
 * Called by many threads at once with one set and world; what the request's budget has no room for
 * is unanswered. */
int evaluate(const struct policy_set *set, const struct request *request,
             const struct cluster_view *cluster_view, int64_t now, struct arena *arena,
             struct verdict *out);

#endif
