#ifndef TG_POLICY_RULE_MATCH_H
#define TG_POLICY_RULE_MATCH_H

#include "base/view.h"
#include "policy/rule/match_result.h"
#include "policy/schema/schema.h"

#include <stdbool.h>
#include <stddef.h>

struct compile;
struct request;
struct selector;
struct cluster_view;
struct yyjson_val;
struct zone;

/* A named set of namespaces (kind Environment). */
struct environment {
    struct view name;
    const struct view *namespaces; /* globs; all of them match when there are none */
    size_t namespace_count;
    const struct selector *labels; /* or NULL */
    struct view time_zone;         /* its IANA name, or absent */
    const struct zone *zone;       /* or NULL */
};

/* Which requests a policy, a rule or an exemption applies to: every key that is set must match, and
 * of each list one entry. Immutable; any thread. */
struct match {
    unsigned operations; /* enum operation, or-ed */
    bool workloads;      /* any workload kind */
    const struct view *kinds;
    size_t kind_count;
    const struct environment *const *environments;
    size_t environment_count;
    const struct view *namespaces, *names, *users, *groups; /* globs, but groups are exact */
    size_t namespace_count, name_count, user_count, group_count;
    const struct view *service_accounts; /* globs of namespace/name */
    size_t service_account_count;
    const struct selector *namespace_labels;
    const struct selector *labels;
};

/* The keys of `match`; those of `exempt` are a part of them (policy/rule/rule.h). */
extern const struct schema_field match_fields[];

/* The lists that `match` and `exempt` have in common, read from a map that was held against its
 * schema into *out. Returns 0, or -1 after an error in c->diags. */
int match_read_subjects(const struct node *node, struct compile *c, struct match *out);

/* Reads a whole `match` (NULL: everything that is written). Environments are looked up in
 * c->environments. Returns 0, or -1 after an error. */
int match_read(const struct node *node, struct compile *c, struct match *out);

/* True when the match includes objects of that kind; group is "" for the core group. */
bool match_has_kind(const struct match *m, struct view group, struct view kind);

/* Tells whether the request is spoken of. On MATCH_YES *environment is the environment through
 * which it matched, when the match names any; otherwise it is left alone. MATCH_UNKNOWN: a fact
 * that is needed cannot be had now, and *unknown says which. Never allocates. */
enum match_result match_request(const struct match *m, const struct request *r,
                                const struct cluster_view *cluster_view,
                                const struct environment **environment, const char **unknown);

/* True when it includes only some names, labels or requesters. */
bool match_is_narrow(const struct match *m);

/* Tells whether a namespace belongs to an environment. */
enum match_result environment_has(const struct environment *e, const struct request *r,
                                  const struct cluster_view *cluster_view);

/* False when none of the match's namespaces can be one of the environment's, by their names. */
bool match_may_meet(const struct match *m, const struct environment *environment);

#endif
