#ifndef TG_POLICY_GUARD_GUARD_STATUS_H
#define TG_POLICY_GUARD_GUARD_STATUS_H

#include "policy/object/cluster_view.h"

#include <stdbool.h>

struct arena;
struct eval;
struct finding;
struct policy_set;
struct request;
struct rollout_guard;

/* True for the kinds that a RolloutGuard watches and that obey orders. */
bool standing_may_be_guarded(const struct request *r);

/* How the workload of a review stands with the guard. */
struct standing {
    bool guards;                       /* the rules hold a RolloutGuard: records are kept */
    const struct rollout_guard *guard; /* that watches it; NULL: none, or: */
    const char *guard_unknown;         /* why that cannot be told now */
    struct world_rollout rollout;      /* of the new template of a deploy; without a guard all 0 */
};

/* Looks it up for the request of e, of which is told whether it is a deploy. Returns 0, or -1 when
 * memory is out. Any thread. */
int standing_find(const struct policy_set *set, struct eval *e, struct standing *out);

/* True when the deploy goes back to a template that this very workload ran, and that was seen
 * healthy there. It is the template's hash that tells, whoever asks and by whatever means. */
bool standing_is_rollback(const struct eval *e);

/* For rules that a rollback passes. The first is standing_is_rollback(), noted in e->trace; the
 * second adds to a finding (which may be NULL) why nobody can tell now. */
bool standing_passes(struct eval *e);
void standing_tell_doubt(struct eval *e, struct finding *f);

#endif
