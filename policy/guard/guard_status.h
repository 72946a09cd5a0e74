#ifndef TG_POLICY_GUARD_GUARD_STATUS_H
#define TG_POLICY_GUARD_GUARD_STATUS_H

#include "policy/object/cluster_view.h"

#include <stdbool.h>

struct arena;
struct eval;
struct finding;
struct request;
struct rollout_guard;

/* True for the kinds that a RolloutGuard watches and that obey orders. */
bool guard_status_may_be_guarded(const struct request *r);

/* How the workload of a review stands with the guard. */
struct guard_status {
    bool guards;                       /* the rules hold a RolloutGuard: records are kept */
    const struct rollout_guard *guard; /* that watches it; NULL: none, or: */
    const char *guard_unknown;         /* why that is not known now */
    struct cluster_view_rollout
        rollout; /* of the new template of a deploy; without a guard all 0 */
};

/* Looks it up for the request of e; the caller says whether that is a deploy. Returns 0, or -1 when
 * memory runs out. Any thread. */
int guard_status_find(const struct rollout_guard *guards, size_t count, struct eval *e,
                      struct guard_status *out);

/* True when the deploy goes back to a template that was healthy in this workload. The hash of the
 * template decides, whoever deploys it and by whatever means. */
bool guard_status_is_rollback(const struct eval *e);

/* For rules that a rollback passes. The first is guard_status_is_rollback(), noted in e->trace; the
 * second adds to a finding (which may be NULL) why that is not known now. */
bool guard_status_passes(struct eval *e);
void guard_status_note_doubt(struct eval *e, struct finding *f);

#endif
