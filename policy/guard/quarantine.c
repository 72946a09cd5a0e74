#include "policy/guard/quarantine.h"

#include "base/time/timefmt.h"
#include "policy/guard/guard.h"
#include "policy/guard/guard_command_rule.h"
#include "policy/guard/guard_status.h"
#include "policy/object/guard_command.h"
#include "policy/rule/check.h"
#include "policy/rule/match.h"

bool quarantine_is_asked_by(const struct rollout_guard *guard)
{
    return !guard->audit && guard->quarantine;
}

enum on_error quarantine_on_error(const struct rollout_guard *guards, size_t count,
                                  const struct guard_status *guard_status)
{
    enum on_error strictest = ON_ERROR_ALLOW;

    if (guard_status->guard)
        return guard_status->guard->on_error;
    for (size_t i = 0; i < count; i++)
        if (quarantine_is_asked_by(&guards[i]) && guards[i].on_error < strictest)
            strictest = guards[i].on_error;
    return strictest;
}

/* The zone of the environment through which the guard watches the workload; NULL: UTC. */
static const struct zone *zone_of(const struct eval *e, const struct rollout_guard *guard)
{
    for (size_t i = 0; i < guard->match.environment_count; i++)
        if (environment_has(guard->match.environments[i], e->request, e->cluster_view) == MATCH_YES)
            return guard->match.environments[i]->zone;
    return NULL;
}

/* What does not exist can only bear a release from the start. */
static void tell_release(const struct rollout_guard *guard, struct eval *e, struct finding *f)
{
    static const char value[] =
        "by $(kubectl auth whoami -o jsonpath='{.status.userInfo.username}') at "
        "$(date -u +%FT%TZ)";
    struct view who = guard->release.text, target = eval_target(e);

    if (who.n == 0)
        who = VIEW("whoever may write it");
    if (e->request->operation == CREATE)
        eval_detail(e, f, "release",
                    "%.*s can create it with the annotation\n" GUARD_COMMAND_RELEASE "=\"%.*s %s\"",
                    VIEW_ARGS(who), VIEW_ARGS(e->deploy->hash), value);
    else
        eval_detail(e, f, "release",
                    "%.*s can release it with\ntidegate release %.*s\nor\nkubectl annotate "
                    "--overwrite %.*s " GUARD_COMMAND_RELEASE "=\"%.*s %s\"",
                    VIEW_ARGS(who), VIEW_ARGS(target), VIEW_ARGS(target),
                    VIEW_ARGS(e->deploy->hash), value);
}

static void deny(const struct guard_status *s, struct eval *e)
{
    char when[TIMEFMT_ROOM];
    struct finding *f =
        eval_headline(e, "this template failed at %s and was rolled back",
                      timefmt_text(s->rollout.failed_at, e->now, zone_of(e, s->guard), when));

    eval_detail(e, f, "cause", "%.*s", VIEW_ARGS(s->rollout.cause));
    eval_detail(e, f, "fix", "deploy another template");
    eval_tell_start(e, f);
    tell_release(s->guard, e, f);
}

/* The version failed, and the object was paused before the guard could roll back. The guard rolls
 * back once it is resumed: kubectl cannot undo a paused object, so denying the resume would leave
 * no way out. */
static bool was_there(const struct eval *e)
{
    return e->deploy->starts && view_eq(e->deploy->hash, e->deploy->old_hash);
}

int quarantine_ask(struct eval *e)
{
    const struct guard_status *s = e->deploy->guard_status;

    if (s->guard_unknown)
        return eval_fail(e, "it is not known whether a RolloutGuard keeps it out: %s; try again",
                         s->guard_unknown);
    if (!s->guard || !quarantine_is_asked_by(s->guard))
        return 0;
    if (s->rollout.unknown)
        return eval_fail(e,
                         "it is not known yet whether this template is in quarantine: %s; try "
                         "again",
                         s->rollout.unknown);
    if (s->rollout.quarantined && !was_there(e) &&
        !guard_command_rule_releases(e, s->rollout.failed_at))
        deny(s, e);
    return 0;
}
