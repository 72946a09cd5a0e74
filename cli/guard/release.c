#include "base/time/timefmt.h"
#include "cli/command.h"
#include "cli/guard/command_annotation.h"
#include "cli/guard/status_row.h"
#include "cli/guard/workload_command.h"
#include "policy/object/guard_command.h"
#include "rollout/record/record.h"

#include <stdio.h>

enum { SHORT = 12 }; /* digits of a hash that people are shown */

static const struct option_row options[] = {
    SESSION_ROW_NAMESPACE,
    {WORKLOAD_COMMAND_OPTION, "template", "HASH", "which one, by the first digits of its hash"},
    SESSION_ROW_KUBECONFIG,
    SESSION_ROW_CONTEXT,
    SESSION_ROW_OWN_NAMESPACE,
    {0, NULL, NULL, NULL},
};

/* --- which template --------------------------------------------------------------------------- */

static bool is_meant(const struct workload_command *s, const struct record_failure *failure)
{
    return failure->quarantined && (!s->own || view_starts(failure->hash, s->own));
}

static void list(struct workload_command *s)
{
    for (size_t i = 0; i < s->record.failure_count; i++) {
        const struct record_failure *f = &s->record.failures[i];
        char at[TIMEFMT_ROOM];

        if (f->quarantined)
            fprintf(stderr, "  --template %.*s   %.*s, failed at %s: %.*s\n", SHORT, f->hash.p,
                    VIEW_ARGS(status_row_plain(f->images, &s->session.arena)),
                    timefmt_rfc3339(f->at, NULL, at),
                    VIEW_ARGS(status_row_plain(f->message, &s->session.arena)));
    }
}

/* The one that is meant; NULL after a message. */
static const struct record_failure *choose(struct workload_command *s)
{
    const struct record_failure *found = NULL;
    size_t quarantined = 0, meant = 0;

    for (size_t i = 0; i < s->record.failure_count; i++) {
        quarantined += s->record.failures[i].quarantined;
        if (is_meant(s, &s->record.failures[i])) {
            found = &s->record.failures[i];
            meant++;
        }
    }
    if (meant == 1)
        return found;
    if (quarantined == 0)
        session_tell(&s->session, "no version of %.*s is in quarantine", VIEW_ARGS(s->text));
    else if (meant == 0)
        session_tell(&s->session, "no template in quarantine has a hash that begins with \"%s\"",
                     s->own);
    else
        session_tell(&s->session, "several versions of %.*s are in quarantine, choose one",
                     VIEW_ARGS(s->text));
    if (quarantined > 0)
        list(s);
    return NULL;
}

/* --- how -------------------------------------------------------------------------------------- */

/* An object that does not exist has no annotation; the manifest that creates it can have one. */
static int tell_how_else(struct workload_command *s, const struct guard_command *order)
{
    struct arena *arena = &s->session.arena;
    struct view value = guard_command_print(order, arena);
    struct view name = record_name(s->record.kind, s->record.namespace_, s->record.name, arena);

    session_tell(&s->session, "there is no %.*s in namespace %.*s to write the release on",
                 VIEW_ARGS(s->text), VIEW_ARGS(s->session.namespace_));
    fprintf(stderr,
            "  create it, within %d minutes, with the annotation\n"
            "    " GUARD_COMMAND_RELEASE ": \"%.*s\"\n"
            "  or, who may edit Tidegate's records, forget all that is known of it\n"
            "    kubectl delete -n %s configmap %.*s\n",
            GUARD_COMMAND_TOLERANCE / 60, VIEW_ARGS(status_row_plain(value, arena)),
            s->session.own_namespace, VIEW_ARGS(name));
    return EXIT_DENIED;
}

static int give_order(struct workload_command *s)
{
    const struct record_failure *failure = choose(s);
    struct guard_command order = {.hash = failure ? failure->hash : (struct view){NULL, 0}};
    struct view now;
    int found, status;

    if (!failure)
        return EXIT_DENIED;
    if (command_annotation_sign(s, &order) < 0)
        return EXIT_USAGE;
    found = command_annotation_look(s, &now);
    if (found <= 0)
        return found < 0 ? EXIT_USAGE : tell_how_else(s, &order);
    status = command_annotation_write(s, GUARD_COMMAND_RELEASE, &order, false);
    if (status == EXIT_OK)
        printf("%.*s of %.*s in namespace %.*s is released: it may be deployed again\n",
               VIEW_ARGS(status_row_plain(failure->images, &s->session.arena)), VIEW_ARGS(s->text),
               VIEW_ARGS(s->session.namespace_));
    return status;
}

static int run(const struct command *command, int argc, char **argv)
{
    return workload_command_run(command, argc, argv, give_order);
}

const struct command command_release = {
    .name = "release",
    .arguments = "KIND/NAME",
    .summary = "release a failed version from quarantine",
    .example = "release -n shop deployment/api",
    .options = options,
    .run = run,
};
