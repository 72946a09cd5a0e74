#include "cli/command.h"
#include "cli/guard/command_annotation.h"
#include "cli/guard/status_row.h"
#include "cli/guard/workload_command.h"
#include "policy/object/guard_command.h"
#include "rollout/judge/states.h"
#include "rollout/record/record.h"

#include <stdio.h>

static const struct option_row options[] = {
    SESSION_ROW_NAMESPACE,
    {WORKLOAD_COMMAND_OPTION, "reason", "TEXT", "why, for those who are notified"},
    SESSION_ROW_KUBECONFIG,
    SESSION_ROW_CONTEXT,
    SESSION_ROW_OWN_NAMESPACE,
    {0, NULL, NULL, NULL},
};

/* The newest version that was healthy, as the guard will choose; NULL: there is none. */
static const struct record_good *find_target(struct record *record, struct view hash)
{
    for (size_t i = record->good_count; i-- > 0;)
        if (!view_eq(record->goods[i].hash, hash) && !record_failure(record, record->goods[i].hash))
            return &record->goods[i];
    return NULL;
}

/* Returns what it goes back to; NULL after a message when the guard would not. */
static const struct record_good *judge(struct workload_command *s, struct view hash)
{
    enum rollout_state state = s->record.state;
    const struct record_good *good = find_target(&s->record, hash);

    if (state == ROLLOUT_ROLLING_BACK && view_eq(s->record.hash, hash))
        session_tell(&s->session, "%.*s goes back already: %.*s", VIEW_ARGS(s->text),
                     VIEW_ARGS(s->record.message));
    else if (state == ROLLOUT_SUSPENDED)
        session_tell(&s->session, "%.*s is Suspended, and the guard leaves it alone: %.*s",
                     VIEW_ARGS(s->text), VIEW_ARGS(s->record.message));
    else if (!good)
        session_tell(&s->session,
                     "there is nothing healthy to go back to: no other version of %.*s is on "
                     "record as good",
                     VIEW_ARGS(s->text));
    else
        return good;
    return NULL;
}

static void print(struct workload_command *s, const struct record_good *good)
{
    struct arena *arena = &s->session.arena;

    printf("%.*s in namespace %.*s is asked to go back to %.*s\n"
           "watch it with %s status -n %.*s --watch %.*s\n",
           VIEW_ARGS(s->text), VIEW_ARGS(s->session.namespace_),
           VIEW_ARGS(status_row_plain(good->images, arena)), command_program(),
           VIEW_ARGS(s->session.namespace_), VIEW_ARGS(s->text));
}

static int give_order(struct workload_command *s)
{
    struct guard_command order = {.reason = view_of(s->own)};
    const struct record_good *good;
    int found = command_annotation_look(s, &order.hash), status;

    if (found == 0)
        session_tell(&s->session, "there is no %.*s in namespace %.*s", VIEW_ARGS(s->text),
                     VIEW_ARGS(s->session.namespace_));
    if (found <= 0)
        return found < 0 ? EXIT_USAGE : EXIT_DENIED;
    good = judge(s, order.hash);
    if (!good)
        return EXIT_DENIED;
    if (command_annotation_sign(s, &order) < 0)
        return EXIT_USAGE;
    status = command_annotation_write(s, GUARD_COMMAND_ROLLBACK, &order, true);
    if (status == EXIT_OK)
        print(s, good);
    return status;
}

static int run(const struct command *command, int argc, char **argv)
{
    return workload_command_run(command, argc, argv, give_order);
}

const struct command command_rollback = {
    .name = "rollback",
    .arguments = "KIND/NAME",
    .summary = "ask the guard to go back to the last healthy version",
    .example = "rollback -n shop deployment/api --reason \"checkout is slow\"",
    .options = options,
    .run = run,
};
