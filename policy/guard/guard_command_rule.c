#include "policy/guard/guard_command_rule.h"

#include "base/arena.h"
#include "policy/guard/guard.h"
#include "policy/guard/guard_status.h"
#include "policy/object/cluster_view.h"
#include "policy/object/guard_command.h"
#include "policy/object/guarded_kind.h"
#include "policy/rule/check.h"
#include "policy/rule/subjects.h"

/* One of the two annotations, as it was and as it comes. */
struct change {
    const struct guard_command_row *row;
    struct view old, new;
    struct guard_command order; /* what `new` says, when it is one */
};

/* --- who may, and what for -------------------------------------------------------------------- */

/* A workload that no guard matches now may be guarded later, when a label comes back: the order
 * would then count, and its author would not have been judged. */
static bool may_release(const struct eval *e)
{
    const struct rollout_guard *guard = e->deploy->guard_status->guard;

    return guard && (guard->release.text.n == 0 || subjects_have(&guard->release, e->request));
}

/* Whether whatever happens from now on is too late for the order: the clocks of those who judge it
 * and of those who give it differ by no more than the tolerance each. */
static bool is_older_than(const struct guard_command *order, int64_t at)
{
    return order->at <= at - 2 * GUARD_COMMAND_TOLERANCE;
}

static bool releases_nothing(const struct eval *e, const struct guard_command *order,
                             const struct cluster_view_rollout *known)
{
    (void)e;
    return !known->quarantined || order->at <= known->failed_at;
}

/* The rollout that runs now, of the template which the object has after this write, may be older
 * than the order; any other is yet to begin. */
static bool ends_nothing(const struct eval *e, const struct guard_command *order,
                         const struct cluster_view_rollout *known)
{
    return !view_eq(order->hash, e->deploy->hash) || known->begun == 0 ||
           is_older_than(order, known->begun);
}

/* --- the commands ----------------------------------------------------------------------------- */

static void tell_who_releases(struct eval *e, struct finding *f)
{
    const struct rollout_guard *guard = e->deploy->guard_status->guard;

    if (!guard)
        eval_detail(e, f, "note", "no RolloutGuard watches it: there is nothing to release");
    else if (guard->release.text.n > 0)
        eval_detail(e, f, "note", "%.*s may release it", VIEW_ARGS(guard->release.text));
}

enum { ROLLBACK, RELEASE };

const struct guard_command_row guard_command_rows[] = {
    [ROLLBACK] = {.key = GUARD_COMMAND_ROLLBACK,
                  .verb = "roll back",
                  .form = "<template hash> by <user> at <time>: <reason>",
                  .is_without_effect = ends_nothing},
    [RELEASE] = {.key = GUARD_COMMAND_RELEASE,
                 .verb = "release",
                 .form = "<template hash> by <user> at <time>",
                 .may_give = may_release,
                 .tell_who = tell_who_releases,
                 .is_without_effect = releases_nothing},
    {.key = NULL},
};

/* --- orders of one's own ---------------------------------------------------------------------- */

static bool is_now(const struct eval *e, const struct guard_command *order)
{
    return order->at >= e->now - GUARD_COMMAND_TOLERANCE &&
           order->at <= e->now + GUARD_COMMAND_TOLERANCE;
}

static bool is_own(const struct eval *e, const struct change *c)
{
    return view_eq(c->order.by, e->request->user) && is_now(e, &c->order) &&
           (!c->row->may_give || c->row->may_give(e));
}

/* --- orders without effect -------------------------------------------------------------------- */

/* A person may always go back to what was healthy, and the old ReplicaSet may bear a release that
 * was given a moment ago. One that was given releases nothing that fails from now on. */
static bool is_brought_back(const struct eval *e, const struct change *c)
{
    return c->row == &guard_command_rows[RELEASE] && c->order.at <= e->now &&
           guard_status_is_rollback(e);
}

/* `kubectl rollout undo` and `replace` bring old orders back, and a deployer must be able to run
 * them. Returns 1 when it has no effect, now or later, 0 when it may have one, -1 after eval_fail()
 * when nobody can tell. */
static int is_without_effect(struct eval *e, const struct change *c)
{
    struct cluster_view_rollout known = {0};

    if (eval_hashes(e) < 0)
        return -1;
    if (!is_older_than(&c->order, e->now) && !is_brought_back(e, c))
        return 0;
    if (e->deploy->guard_status->guards && e->cluster_view->rollout)
        e->cluster_view->rollout(e->cluster_view->ctx, e->request, c->order.hash, e->arena, &known);
    if (known.unknown)
        return eval_fail(e,
                         "it is not known yet whether an old command still counts: %s; try again",
                         known.unknown);
    return c->row->is_without_effect(e, &c->order, &known);
}

/* --- the rule --------------------------------------------------------------------------------- */

static struct view needed(struct eval *e, const struct change *c)
{
    if (!guard_status_may_be_guarded(e->request))
        return arena_printf(e->arena, "nothing here: only a %.*s takes commands",
                            VIEW_ARGS(guarded_kind_list(e->arena)));
    return arena_printf(e->arena, "\"%s\", written by that user now", c->row->form);
}

static void refuse(struct eval *e, const struct change *c)
{
    struct view path = arena_printf(e->arena, "metadata.annotations[%s]", c->row->key);
    struct finding *f = eval_find(e, path, c->new, needed(e, c));

    if (c->row->tell_who && guard_status_may_be_guarded(e->request))
        c->row->tell_who(e, f);
    eval_detail(e, f, "fix", "remove the annotation");
    if (e->deploy->is && e->request->operation == UPDATE)
        eval_detail(e, f, "undo?",
                    "kubectl rollout undo brings back the annotations of the old ReplicaSet: "
                    "remove it there, or apply the old manifest");
}

/* A ReplicaSet's annotations can reach its Deployment in a controller's name: what obeys no orders
 * must not bear any. Returns as is_without_effect(). */
static int may_bear(struct eval *e, struct change *c)
{
    if (!guard_status_may_be_guarded(e->request) || guard_command_parse(c->new, &c->order) < 0)
        return 0;
    if (c->row->may_give && e->deploy->guard_status->guard_unknown)
        return eval_fail(e, "it is not known who may %s it: %s", c->row->verb,
                         e->deploy->guard_status->guard_unknown);
    return is_own(e, c) ? 1 : is_without_effect(e, c);
}

static int judge(struct eval *e, const struct guard_command_row *row)
{
    struct change c = {.row = row,
                       .old = object_annotation(e->request->old_object, row->key),
                       .new = object_annotation(e->request->object, row->key)};
    int result;

    if (c.new.n == 0 || view_eq(c.new, c.old))
        return 0;
    result = may_bear(e, &c);
    if (result == 0)
        refuse(e, &c);
    return result < 0 ? -1 : 0;
}

int guard_command_rule_ask(struct eval *e)
{
    for (const struct guard_command_row *row = guard_command_rows; row->key; row++)
        if (judge(e, row) < 0)
            return -1;
    return 0;
}

/* --- releases that count ---------------------------------------------------------------------- */

static bool releases(struct eval *e, struct view text, int64_t failed_at, bool written_now)
{
    struct change c = {.row = &guard_command_rows[RELEASE], .new = text};

    if (guard_command_parse(text, &c.order) < 0 || !view_eq(c.order.hash, e->deploy->hash) ||
        c.order.at <= failed_at || (written_now && !is_own(e, &c)))
        return false;
    e->trace = arena_printf(e->arena, "released by %.*s", VIEW_ARGS(c.order.by));
    return true;
}

bool guard_command_rule_releases(struct eval *e, int64_t failed_at)
{
    return releases(e, object_annotation(e->request->old_object, GUARD_COMMAND_RELEASE), failed_at,
                    false) ||
           releases(e, object_annotation(e->request->object, GUARD_COMMAND_RELEASE), failed_at,
                    true);
}
