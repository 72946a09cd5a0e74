#include "base/arena.h"
#include "base/clock.h"
#include "base/json/json.h"
#include "base/parse_error.h"
#include "base/time/duration.h"
#include "cli/command.h"
#include "cli/guard/record_client.h"
#include "cli/guard/status_row.h"
#include "cli/guard/wait_verdict.h"
#include "cli/guard/wait_version.h"
#include "cli/guard/workload_command.h"
#include "kube/client.h"
#include "kube/limits.h"
#include "policy/object/guarded_kind.h"
#include "policy/object/template_hash.h"
#include "policy/object/workload.h"
#include "rollout/record/record.h"

#include <stdio.h>
#include <string.h>
#include <yyjson.h>

/* Seconds, but for the period. */
enum {
    TIMEOUT = 15 * 60,
    MOST_TIMEOUT = 24 * 60 * 60,
    UNSEEN = 4,
    PERIOD_MS = 500,
    WAIT_MEMORY = 64 * 1024 * 1024
};

enum { FILE_OPTION = 'f', IMAGE = WORKLOAD_COMMAND_OPTION + 1, REVISION, FOR, TIMEOUT_OPTION };

static const struct option_row options[] = {
    SESSION_ROW_NAMESPACE,
    {FILE_OPTION, "file", "FILE", "the version that this manifest holds"},
    {IMAGE, "image", "IMAGE", "the version with this image"},
    {REVISION, "revision", "N", "the version of this revision"},
    {FOR, "for", "healthy|available", "what is waited for (healthy)"},
    {TIMEOUT_OPTION, "timeout", "DURATION", "how long (15m)"},
    SESSION_ROW_KUBECONFIG,
    SESSION_ROW_CONTEXT,
    SESSION_ROW_OWN_NAMESPACE,
    {0, NULL, NULL, NULL},
};

struct waiting {
    struct workload_command command;
    struct wait_question question;
    struct wait_version version;
    int64_t timeout;
    int64_t begun; /* by clock_monotonic_ns */
};

static int64_t passed(const struct waiting *w)
{
    return (clock_monotonic_ns() - w->begun) / INT64_C(1000000000);
}

/* --- the options ------------------------------------------------------------------------------ */

/* Returns -1 when it can be used; else the exit code, after a message. */
static int take_revision(struct waiting *w, const struct command *command, const char *value)
{
    int64_t n = 0;

    for (const char *p = value; *p; p++) {
        if (*p < '0' || *p > '9' || n > INT32_MAX)
            return command_misused(command, "--revision is \"%s\": it must be a number", value);
        n = 10 * n + (*p - '0');
    }
    w->version.revision = n;
    return n > 0 ? -1 : command_misused(command, "--revision must be 1 or more");
}

static int take_own(struct waiting *w, const struct command *command, int option, const char *value)
{
    struct parse_error problem;

    switch (option) {
    case FILE_OPTION: w->version.file = value; break;
    case IMAGE: w->version.image = value; break;
    case REVISION: return take_revision(w, command, value);
    case FOR:
        w->question.available = strcmp(value, "available") == 0;
        if (!w->question.available && strcmp(value, "healthy") != 0)
            return command_misused(command, "--for is \"%s\": write healthy or available", value);
        break;
    case TIMEOUT_OPTION:
        if (duration_parse(view_of(value), 1, MOST_TIMEOUT, &w->timeout, &problem) < 0)
            return command_misused(command, "--timeout is \"%s\": %s", value, problem.why);
        break;
    default: session_option(&w->command.session, option, value);
    }
    return -1;
}

static int take_options(struct waiting *w, const struct command *command, int argc, char **argv)
{
    const char *value;
    int option, rest, status = -1;

    while (status < 0 && (option = command_option(command, argc, argv, &value, &rest)) > 0)
        status = take_own(w, command, option, value);
    if (status >= 0)
        return status;
    if (option != OPTION_END)
        return option == OPTION_HELP ? EXIT_OK : EXIT_USAGE;
    if ((w->version.file != NULL) + (w->version.image != NULL) + (w->version.revision > 0) > 1)
        return command_misused(command, "the version is named by one of --file, --image and "
                                        "--revision");
    return workload_command_take(&w->command, argc - rest, argv + rest);
}

/* --- asking ----------------------------------------------------------------------------------- */

/* Returns the workload in the arena; NULL after a message. */
static yyjson_val *read_workload(struct waiting *w, struct arena *arena)
{
    struct workload_command *s = &w->command;
    const struct guarded_kind *kind = s->target.guarded_kind;
    struct view path =
        arena_printf(arena, "/apis/%s/%s/namespaces/%.*s/%s/%.*s", kind->group, kind->version,
                     VIEW_ARGS(s->session.namespace_), kind->resource, VIEW_ARGS(s->target.name));
    const struct client_call call = {.verb = "get", .resource = kind->resource, .path = path.p};
    struct client_answer answer = {.problem = "out of memory"};
    yyjson_val *object = path.p ? client_json(s->session.client, &call, arena, &answer) : NULL;

    if (object)
        return object;
    if (answer.status == 404)
        session_tell(&s->session, "there is no %.*s in namespace %.*s", VIEW_ARGS(s->text),
                     VIEW_ARGS(s->session.namespace_));
    else
        session_tell(&s->session, "%.*s cannot be read: %s", VIEW_ARGS(s->text), answer.problem);
    return NULL;
}

static bool is_scaled_to_zero(yyjson_val *workload)
{
    yyjson_val *replicas = yyjson_obj_get(yyjson_obj_get(workload, "spec"), "replicas");

    return replicas && yyjson_get_int(replicas) == 0;
}

/* Returns 0, or -1 after a message. */
static int see(struct waiting *w, yyjson_val *object, struct arena *arena, struct wait_sight *out)
{
    const struct guarded_kind *kind = w->command.target.guarded_kind;
    struct workload workload =
        workload_of(workload_kind_of(view_of(kind->group), view_of(kind->kind)), object);
    yyjson_val *metadata = yyjson_obj_get(object, "metadata"),
               *spec = yyjson_obj_get(object, "spec");
    int is = 0;

    *out =
        (struct wait_sight){.uid = json_text(metadata, "uid"),
                            .hash = template_hash(&workload, arena, NULL),
                            .generation = yyjson_get_sint(yyjson_obj_get(metadata, "generation")),
                            .paused = yyjson_is_true(yyjson_obj_get(spec, "paused")),
                            .scaled_to_zero = is_scaled_to_zero(object)};
    if (w->version.text.n > 0)
        is = wait_version_is(&w->version, &w->command, object, out->hash, arena);
    out->is_version = is > 0;
    return out->hash.p && is >= 0 ? 0 : -1;
}

/* --- telling ---------------------------------------------------------------------------------- */

/* What the container of the failed version said last, as the Event has it; it comes some instants
 * after the failure. */
static struct view find_last_words(struct waiting *w, struct view uid, struct arena *arena)
{
    struct session *s = &w->command.session;
    struct view path = arena_printf(
        arena,
        "/api/v1/namespaces/%.*s/events?fieldSelector=involvedObject.uid=%.*s,reason=RolloutFailed",
        VIEW_ARGS(s->namespace_), VIEW_ARGS(uid));
    const struct client_call call = {.verb = "list", .resource = "events", .path = path.p};
    struct client_answer answer;
    yyjson_val *list = path.p ? client_json(s->client, &call, arena, &answer) : NULL, *event;
    yyjson_arr_iter iter = yyjson_arr_iter_with(yyjson_obj_get(list, "items"));
    struct view newest = {NULL, 0}, note = {NULL, 0}, at;
    const char *ruler;

    while ((event = yyjson_arr_iter_next(&iter))) {
        at = json_text(event, "eventTime");
        if (view_cmp(at, newest) <= 0)
            continue;
        newest = at;
        note = json_text(event, "message");
    }
    ruler = note.p ? strstr(note.p, "\n----\n") : NULL;
    return ruler ? view_of(ruler + strlen("\n----\n")) : (struct view){NULL, 0};
}

static bool is_told(const struct record *record, const struct record_failure *failure)
{
    for (size_t i = 0; i < record->history_count; i++)
        if (view_eq(record->history[i].hash, failure->hash) &&
            view_eq_str(record->history[i].what, "Failed") && record->history[i].untold)
            return false;
    return true;
}

static void tell_failure(struct waiting *w, struct view message, struct view uid,
                         struct arena *arena)
{
    struct view last = find_last_words(w, uid, arena), line;

    session_tell(&w->command.session, "%.*s: %.*s", VIEW_ARGS(w->command.text), VIEW_ARGS(message));
    while (last.n > 0) {
        view_cut(last, '\n', &line, &last);
        fprintf(stderr, "  %.*s\n", VIEW_ARGS(status_row_plain(line, arena)));
    }
}

/* --- waiting ---------------------------------------------------------------------------------- */

/* Without an answer yet: whether to go on, and what to say when not. */
static int go_on(struct waiting *w, const struct record *record, struct view message)
{
    bool unseen = !record && passed(w) >= UNSEEN;

    if (!unseen && passed(w) < w->timeout)
        return -1;
    session_tell(&w->command.session, "%.*s: %s%.*s", VIEW_ARGS(w->command.text),
                 unseen ? "" : "the time is over: ", VIEW_ARGS(message));
    return EXIT_USAGE;
}

/* Returns -1 to go on, or the exit code. */
static int ask(struct waiting *w, struct record *record, struct arena *arena)
{
    struct workload_command *s = &w->command;
    const struct record_failure *failure;
    struct wait_sight sight;
    struct view message;
    yyjson_val *object = read_workload(w, arena);
    int found = object ? record_client_find(&s->session, &s->target, arena, record) : -1;

    if (found < 0 || see(w, object, arena, &sight) < 0)
        return EXIT_USAGE;
    switch (wait_verdict(&w->question, &sight, w->version.hash, found ? record : NULL, arena,
                         &message, &failure)) {
    case WAIT_YES:
        printf("%.*s in namespace %.*s: %.*s\n", VIEW_ARGS(s->text),
               VIEW_ARGS(s->session.namespace_), VIEW_ARGS(status_row_plain(message, arena)));
        return EXIT_OK;
    case WAIT_NO:
        if (failure && !is_told(record, failure) && passed(w) < w->timeout)
            return -1;
        tell_failure(w, message, sight.uid, arena);
        return EXIT_DENIED;
    case WAIT_UNKNOWN:
        session_tell(&s->session, "%.*s: %.*s", VIEW_ARGS(s->text), VIEW_ARGS(message));
        return EXIT_USAGE;
    case WAIT_ON: break;
    }
    return go_on(w, found ? record : NULL, message);
}

static int wait_for_it(struct waiting *w)
{
    int status = -1;

    w->begun = clock_monotonic_ns();
    if (session_open(&w->command.session) < 0 || wait_version_open(&w->version, &w->command) < 0)
        return EXIT_USAGE;
    w->question.version = w->version.text;
    while (status < 0) {
        struct record record;
        struct arena arena;

        record_init(&record);
        arena_init(&arena, WAIT_MEMORY);
        status = ask(w, &record, &arena);
        record_release(&record);
        arena_release(&arena);
        if (status < 0)
            client_wait(w->command.session.client, PERIOD_MS);
    }
    return status;
}

static int run(const struct command *command, int argc, char **argv)
{
    struct waiting w = {.timeout = TIMEOUT};
    int status;

    workload_command_begin(&w.command, command);
    status = take_options(&w, command, argc, argv);
    if (status < 0)
        status = wait_for_it(&w);
    workload_command_release(&w.command);
    return status;
}

const struct command command_wait = {
    .name = "wait",
    .arguments = "KIND/NAME",
    .summary = "wait until a version has proved healthy, or has failed",
    .example = "wait -n shop deployment/api --image api:v2",
    .options = options,
    .run = run,
};
