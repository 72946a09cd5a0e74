#include "rollout/notify/event_text.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/limits.h"
#include "base/text/quote.h"
#include "base/text/tail.h"
#include "base/time/timefmt.h"
#include "base/time/timestamp.h"
#include "kube/limits.h"
#include "policy/limits.h"
#include "policy/object/guarded_kind.h"
#include "rollout/limits.h"
#include "rollout/watch/snapshot.h"

#include <ctype.h>
#include <inttypes.h>

#define MORE  "..."
#define RULER "\n----\n"

/* What is underway: one text about one piece of news. */
struct text {
    const struct snapshot *snapshot;
    const struct rollout_event *event;
    struct buf out;
};

/* --- parts ------------------------------------------------------------------------------------ */

/* What somebody else wrote. */
static void add_shown(struct buf *out, struct view v)
{
    struct view shown = quote_first(v, LIMIT_SHOWN);

    quote_line(out, shown);
    if (shown.n < v.n)
        buf_add_str(out, MORE);
}

static int64_t number_of(const struct snapshot *snapshot, struct view hash)
{
    for (size_t i = 0; i < snapshot->revision_count; i++)
        if (hash.n > 0 && view_eq(snapshot->revisions[i].hash, hash))
            return snapshot->revisions[i].number;
    return 0;
}

/* "api:v2 (revision 4)": images alone do not tell versions apart. */
static void add_version(struct buf *out, struct view images, int64_t number)
{
    add_shown(out, images.n > 0 ? images : VIEW("this version"));
    if (number > 0)
        buf_printf(out, " (revision %" PRId64 ")", number);
}

static void add_subject(struct text *t)
{
    add_version(&t->out, t->event->images, number_of(t->snapshot, t->event->hash));
}

static void add_target(struct text *t)
{
    add_version(&t->out, t->event->target_images, t->event->target_revision);
}

/* What led to what was done; the message of a failure and of a release is in its sentence. */
static struct view cause_of(const struct rollout_event *event)
{
    if (event->kind == ROLLOUT_EVENT_RELEASED)
        return VIEW("");
    return event->cause.message.n > 0 || event->kind == ROLLOUT_EVENT_FAILED ? event->cause.message
                                                                             : event->message;
}

/* --- what was done: one sentence a kind of news ----------------------------------------------- */

static void say_healthy(struct text *t)
{
    add_subject(t);
    buf_add_str(&t->out, t->event->returning ? " is healthy again" : " is healthy");
    buf_add_str(&t->out, ", a later one that fails goes back to it");
}

/* What is not undone is told as it was decided: "is not rolled back: ...". */
static void say_failed(struct text *t)
{
    add_subject(t);
    if (t->event->target_images.n > 0) {
        buf_add_str(&t->out, " failed and is rolled back to ");
        add_target(t);
        buf_add_str(&t->out, t->event->quarantined ? ", and in quarantine until released" : "");
    } else {
        buf_add_str(&t->out, " failed and ");
        add_shown(&t->out, t->event->message.n > 0 ? t->event->message : VIEW("is left as it is"));
    }
}

static void say_rolled_back(struct text *t)
{
    add_subject(t);
    buf_add_str(&t->out, " was rolled back to ");
    add_target(t);
    buf_add_str(&t->out, t->event->quarantined ? ", and is in quarantine until released" : "");
}

static void say_refused(struct text *t)
{
    buf_add_str(&t->out, "the rollback of ");
    add_subject(t);
    if (t->event->target_images.n > 0) {
        buf_add_str(&t->out, " to ");
        add_target(t);
    }
    buf_add_str(&t->out, " was refused, and a person has to act");
}

static void say_degraded(struct text *t)
{
    add_subject(t);
    buf_add_str(&t->out,
                " was healthy and broke without a new template, so nothing is rolled back");
}

static void say_recovered(struct text *t)
{
    add_subject(t);
    buf_add_str(&t->out, " is healthy again");
}

static void say_released(struct text *t)
{
    add_subject(t);
    buf_add_str(&t->out, " was released ");
    add_shown(&t->out, t->event->message);
    buf_add_str(&t->out, ", and may be deployed again");
}

/* --- what to type next ------------------------------------------------------------------------ */

/* "\n  LABEL  COMMAND -n shop deployment/api" */
static void add_command(struct text *t, const char *label, const char *command)
{
    buf_printf(&t->out, "\n  %-13s %s -n %.*s ", label, command,
               VIEW_ARGS(t->snapshot->namespace_));
    for (const char *p = t->snapshot->guarded_kind->kind; *p; p++)
        buf_add_char(&t->out, (char)tolower((unsigned char)*p));
    buf_printf(&t->out, "/%.*s", VIEW_ARGS(t->snapshot->name));
}

static void add_log_command(struct text *t)
{
    const struct cause *cause = &t->event->cause;

    if (cause->pod.n > 0 && cause->container.n > 0)
        buf_printf(&t->out, "\n  %-13s kubectl logs -n %.*s %.*s -c %.*s%s",
                   "its log:", VIEW_ARGS(t->snapshot->namespace_), VIEW_ARGS(cause->pod),
                   VIEW_ARGS(cause->container), cause->previous ? " --previous" : "");
}

/* The release of a client-side Helm still is the failed version, which no patch of the workload
 * changes: the next upgrade would leave over what that version had dropped. */
static void add_helm_command(struct text *t)
{
    struct view namespace_, name;

    if (t->event->kind == ROLLOUT_EVENT_ROLLED_BACK && t->event->release.n > 0 &&
        view_cut(t->event->release, '/', &namespace_, &name))
        buf_printf(&t->out,
                   "\n  %-13s helm rollback -n %.*s %.*s  (its release is still the failed one)",
                   "for Helm:", VIEW_ARGS(namespace_), VIEW_ARGS(name));
}

/* The log of a pod that is about to go is in the last words. */
static void add_commands(struct text *t)
{
    const struct rollout_event *event = t->event;
    switch (event->kind) {
    case ROLLOUT_EVENT_FAILED:
    case ROLLOUT_EVENT_ROLLED_BACK:
        if (event->quarantined)
            add_command(t, "to release:", "tidegate release");
        if (event->target_images.n == 0)
            add_log_command(t);
        add_helm_command(t);
        break;
    case ROLLOUT_EVENT_REFUSED:
        if (event->target_revision > 0) {
            add_command(t, "by hand:", "kubectl rollout undo");
            buf_printf(&t->out, " --to-revision=%" PRId64, event->target_revision);
        }
        break;
    case ROLLOUT_EVENT_DEGRADED:
        add_log_command(t);
        add_command(t, "to roll back:", "tidegate rollback");
        break;
    case ROLLOUT_EVENT_HEALTHY:
    case ROLLOUT_EVENT_RECOVERED:
    case ROLLOUT_EVENT_RELEASED:
    case ROLLOUT_EVENT_KINDS: return;
    }
    add_command(t, "history:", "tidegate history");
}

/* --- the whole -------------------------------------------------------------------------------- */

static const struct {
    bool warning;
    const char *reason, *action;
    void (*say)(struct text *t);
} kinds[ROLLOUT_EVENT_KINDS] = {
    [ROLLOUT_EVENT_HEALTHY] = {false, "Healthy", "Judge", say_healthy},
    [ROLLOUT_EVENT_FAILED] = {true, "RolloutFailed", "Judge", say_failed},
    [ROLLOUT_EVENT_ROLLED_BACK] = {false, "RolledBack", "Rollback", say_rolled_back},
    [ROLLOUT_EVENT_REFUSED] = {true, "RollbackRefused", "Rollback", say_refused},
    [ROLLOUT_EVENT_DEGRADED] = {true, "Degraded", "Judge", say_degraded},
    [ROLLOUT_EVENT_RECOVERED] = {false, "Recovered", "Judge", say_recovered},
    [ROLLOUT_EVENT_RELEASED] = {false, "Released", "Release", say_released},
};

static void add_headline(struct text *t)
{
    buf_printf(&t->out, "%s %.*s/%.*s: ", t->snapshot->guarded_kind->kind,
               VIEW_ARGS(t->snapshot->namespace_), VIEW_ARGS(t->snapshot->name));
    kinds[t->event->kind].say(t);
    if (cause_of(t->event).n > 0) {
        buf_add_str(&t->out, "; ");
        add_shown(&t->out, cause_of(t->event));
    }
}

/* What was done comes first: of a list of Events people read the first lines. */
static void add_note(struct text *t)
{
    kinds[t->event->kind].say(t);
    if (cause_of(t->event).n > 0) {
        buf_add_char(&t->out, '\n');
        add_shown(&t->out, cause_of(t->event));
    }
    add_commands(t);
}

/* As many of the last lines as there is room for, and half a line is none. */
static void add_last_words(struct text *t, struct view last_words, struct arena *arena)
{
    size_t used = t->out.n + sizeof(RULER) - 1;
    struct view tail = {NULL, 0};

    if (used < LIMIT_EVENT_NOTE)
        tail = tail_of(last_words, LIMIT_EVENT_NOTE - used, arena);
    if (tail.n > 0)
        buf_printf(&t->out, RULER "%.*s", VIEW_ARGS(tail));
}

/* Names can be so long that not even the commands fit. */
static struct view cut(struct view note, struct arena *arena)
{
    if (note.n <= LIMIT_EVENT_NOTE)
        return arena_copy(arena, note);
    note = quote_first(note, LIMIT_EVENT_NOTE - (sizeof(MORE) - 1));
    return arena_printf(arena, "%.*s" MORE, VIEW_ARGS(note));
}

const char *event_text_reason(enum rollout_event_kind kind)
{
    return kinds[kind].reason;
}

void event_text_of(const struct snapshot *snapshot, const struct rollout_event *event,
                   struct view last_words, struct arena *arena, struct event_text *out)
{
    struct text t = {.snapshot = snapshot, .event = event};

    *out = (struct event_text){.warning = kinds[event->kind].warning,
                               .reason = kinds[event->kind].reason,
                               .action = kinds[event->kind].action};
    buf_init(&t.out, LIMIT_MESSAGE);
    add_headline(&t);
    out->headline = arena_copy(arena, buf_view(&t.out));
    buf_reset(&t.out);
    add_note(&t);
    add_last_words(&t, last_words, arena);
    if (!t.out.failed && out->headline.p)
        out->note = cut(buf_view(&t.out), arena);
    buf_release(&t.out);
}

/* --- the decision log ------------------------------------------------------------------------- */

static void write_text(struct buf *line, const char *name, struct view value)
{
    if (value.n == 0)
        return;
    buf_printf(line, ",\"%s\":", name);
    quote_json(line, quote_first(value, LIMIT_LOG_VALUE));
}

static void write_line(const struct snapshot *snapshot, const struct rollout_event *event,
                       const struct event_text *message, struct buf *line)
{
    char time[TIMESTAMP_TEXT], at[TIMEFMT_ROOM];

    timestamp_now(time);
    buf_printf(line, "{\"time\":\"%s\",\"event\":\"rollout\",\"news\":\"%s\",\"at\":\"%s\"", time,
               message->reason, timefmt_rfc3339(event->at, NULL, at));
    write_text(line, "kind", view_of(snapshot->guarded_kind->kind));
    write_text(line, "namespace", snapshot->namespace_);
    write_text(line, "name", snapshot->name);
    write_text(line, "cause", view_of(cause_name(event->cause.kind)));
    write_text(line, "templateHash", event->hash);
    write_text(line, "images", event->images);
    write_text(line, "targetImages", event->target_images);
    if (event->target_revision > 0)
        buf_printf(line, ",\"targetRevision\":%" PRId64, event->target_revision);
    buf_printf(line, ",\"quarantined\":%s,\"audit\":%s,\"message\":",
               event->quarantined ? "true" : "false", event->audit ? "true" : "false");
    quote_json(line, message->headline);
    buf_add_str(line, "}\n");
}

struct view event_text_line(const struct snapshot *snapshot, const struct rollout_event *event,
                            const struct event_text *message, struct arena *arena)
{
    struct view text = {NULL, 0};
    struct buf line;

    buf_init(&line, LIMIT_LOG_LINE);
    write_line(snapshot, event, message, &line);
    if (!line.failed)
        text = arena_copy(arena, buf_view(&line));
    buf_release(&line);
    return text;
}
