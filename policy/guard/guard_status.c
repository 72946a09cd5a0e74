#include "policy/guard/guard_status.h"

#include "base/arena.h"
#include "base/budget.h"
#include "base/time/timefmt.h"
#include "policy/guard/guard.h"
#include "policy/object/guarded_kind.h"
#include "policy/rule/check.h"

#include <inttypes.h>

bool guard_status_may_be_guarded(const struct request *r)
{
    return guarded_kind_of(r->group, r->kind) != NULL;
}

int guard_status_find(const struct rollout_guard *guards, size_t count, struct eval *e,
                      struct guard_status *out)
{
    const struct request *r = e->request;
    const struct guard_subject subject = {.group = r->group,
                                          .kind = r->kind,
                                          .namespace_ = r->namespace_,
                                          .name = r->name,
                                          .labels = object_metadata(r->object, "labels"),
                                          .budget = r->budget};

    *out = (struct guard_status){.guards = count > 0};
    if (!out->guards || !guard_status_may_be_guarded(r))
        return 0;
    out->guard = guard_of(guards, count, &subject, e->cluster_view, &out->guard_unknown);
    if (!out->guard || !e->deploy->is || !e->cluster_view->rollout)
        return 0;
    if (eval_hashes(e) < 0) {
        if (!eval_expired(e))
            return -1;
        out->rollout.unknown = r->budget->over;
        return 0;
    }
    e->cluster_view->rollout(e->cluster_view->ctx, r, e->deploy->hash, e->arena, &out->rollout);
    return 0;
}

/* A restart goes back to nothing. A resume may: of a Deployment what was healthy ran everywhere,
 * and now runs in part at most. Of a StatefulSet it may have been healthy above the partition only.
 */
static bool goes_back(const struct eval *e)
{
    const struct guarded_kind *kind = guarded_kind_of(e->request->group, e->request->kind);

    return !view_eq(e->deploy->hash, e->deploy->old_hash) ||
           (e->deploy->starts && kind && kind->resume_goes_back);
}

/* What failed since it was healthy is not healthy. */
static bool may_be_rollback(const struct eval *e)
{
    const struct cluster_view_rollout *rollout = &e->deploy->guard_status->rollout;

    return e->deploy->is && e->request->operation == UPDATE &&
           (rollout->unknown ||
            (rollout->healthy_at != 0 && !rollout->quarantined && goes_back(e)));
}

bool guard_status_is_rollback(const struct eval *e)
{
    const struct cluster_view_rollout *rollout = &e->deploy->guard_status->rollout;

    return may_be_rollback(e) && !rollout->unknown && !rollout->revision_unknown &&
           rollout->revision != 0;
}

bool guard_status_passes(struct eval *e)
{
    const struct cluster_view_rollout *rollout = &e->deploy->guard_status->rollout;
    char since[TIMEFMT_ROOM];

    if (!guard_status_is_rollback(e))
        return false;
    e->trace = arena_printf(e->arena, "rollback to revision %" PRId64 ", healthy since %s",
                            rollout->revision, timefmt_rfc3339(rollout->healthy_at, NULL, since));
    return true;
}

/* Why it is unknown whether the deploy is a rollback; NULL when it is known. */
static const char *doubt(const struct eval *e)
{
    const struct guard_status *s = e->deploy->guard_status;

    if (s->guard_unknown)
        return e->request->operation == UPDATE ? s->guard_unknown : NULL;
    if (!may_be_rollback(e))
        return NULL;
    return s->rollout.unknown ? s->rollout.unknown : s->rollout.revision_unknown;
}

void guard_status_note_doubt(struct eval *e, struct finding *f)
{
    const char *why = doubt(e);

    if (why)
        eval_detail(e, f, "note",
                    "it is not known yet whether this is a rollback to a healthy revision: %s",
                    why);
}
