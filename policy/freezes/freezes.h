#ifndef TG_POLICY_FREEZES_FREEZES_H
#define TG_POLICY_FREEZES_FREEZES_H

#include "base/view.h"
#include "policy/rule/rule.h"
#include "policy/window/window.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct buf;
struct policy_set;
struct selector;

/* One window of a freeze rule, as of an instant. */
struct freeze_window {
    const struct policy *policy;
    const struct rule *rule;
    const struct window *window;
    bool active;
    struct window_span span; /* of now, or the next; see window_at() */
};

/* Deploys of which the same freeze rules speak, and what these do to them at an instant. A
 * namespace is in the place when it fits one of `namespaces`, all of `also` and none of `except`,
 * and bears the labels. Lists hold globs. */
struct freeze_place {
    const struct environment *environment; /* or NULL: in none that is known by names */
    bool whole;                            /* all of the environment */
    const struct view *namespaces, *also, *except;
    size_t namespace_count, also_count, except_count;
    const struct selector *labels; /* that its namespaces bear, beside the environment's; or NULL */
    unsigned kinds;                /* bit n is workload_kind_at(n) */
    bool all_kinds;
    unsigned operations;         /* CREATE, UPDATE or both */
    const struct match *only[2]; /* names, labels, requesters: both hold; or NULL */

    const struct freeze_window *windows; /* in the order of the rule files */
    size_t count;
    bool frozen;         /* by the rules whose mode is deny */
    int64_t next_change; /* of frozen; WINDOW_NEVER when none comes within ten years */
    struct freeze_place *next;
};

/* What is frozen: each environment as one place or several, then the namespaces of policies that
 * name no environment. A rule that speaks of some names, labels or requesters only makes a place of
 * their own, which holds the rules on everybody too. So of what a place names `frozen` is true; a
 * deploy that several places name is frozen when one of them is. Rules on labels of a namespace
 * make places in the same way. Exemptions of whole namespaces count, those of others are for the
 * caller to show (freeze_exempts).
 * *out lives in arena. Returns 0, or -1 when memory runs out. Any thread. */
int freezes_at(const struct policy_set *set, int64_t at, struct arena *arena,
               struct freeze_place **out);

/* True for an exemption that takes some deploys of a place out of it at that instant, and is not of
 * its namespaces alone. */
bool freeze_exempts(const struct freeze_place *place, const struct exemption *exemption,
                    int64_t at);

/* Appends which namespaces a place has, "" for all of an environment: "shop, blog", "team-* that
 * are also *-prod", "* except shop"; and what it is narrowed to, "" for all deploys: "StatefulSet",
 * "all but StatefulSet, names db-*". */
void freeze_place_namespaces(const struct freeze_place *place, struct buf *out);
void freeze_place_only(const struct freeze_place *place, struct buf *out);

/* Appends the names, requesters and labels of a match: "names db-*, users ci". */
void freeze_match_text(const struct match *m, struct buf *out);

#endif
