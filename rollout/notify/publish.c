#include "rollout/notify/publish.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/sys/log.h"
#include "kube/client.h"
#include "kube/events.h"
#include "kube/kube.h"
#include "policy/guard/guard.h"
#include "policy/object/guarded_kind.h"
#include "rollout/act/action.h"
#include "rollout/judge/rollout.h"
#include "rollout/limits.h"
#include "rollout/notify/event_text.h"
#include "rollout/notify/notifier.h"
#include "rollout/watch/snapshot.h"

#include <stdio.h>

/* One event in all the forms in which it is published. */
struct publication {
    struct event_text message;
    struct view line;    /* of the decision log */
    struct view key, id; /* of the Event and of the notifications */
    int64_t at;          /* of the Event */
};

/* Returns -1 when memory runs out. */
static int prepare(const struct snapshot *snapshot, const struct rollout_event *event,
                   struct view last, struct arena *arena, struct publication *out)
{
    event_text_of(snapshot, event, last, arena, &out->message);
    if (!out->message.note.p)
        return -1;
    out->line = event_text_line(snapshot, event, &out->message, arena);
    out->key = arena_printf(arena, "%.*s at %lld", VIEW_ARGS(event->hash), (long long)event->at);
    out->id =
        arena_printf(arena, "%.*s/%s/%.16s/%lld", VIEW_ARGS(snapshot->uid), out->message.reason,
                     event->hash.n >= 16 ? event->hash.p : "", (long long)event->at);
    return out->line.p && out->key.p && out->id.p ? 0 : -1;
}

/* The key contains the time of the decision, which is in the record. So a replica that publishes
 * the same event again, after a crash, makes no second Event. */
static void write_event(const struct publish *t, const struct snapshot *snapshot,
                        const struct publication *publication)
{
    const struct event_text *message = &publication->message;
    const struct guarded_kind *kind = snapshot->guarded_kind;
    char api_version[64];
    struct events_note note = {.kind = view_of(kind->kind),
                               .namespace_ = snapshot->namespace_,
                               .name = snapshot->name,
                               .uid = snapshot->uid,
                               .warning = message->warning,
                               .controller = "tidegate.dev/guard",
                               .reason = message->reason,
                               .action = message->action,
                               .note = message->note,
                               .at = publication->at,
                               .key = publication->key};
    struct client_answer answer;
    int64_t until = clock_monotonic_ns() + LIMIT_KUBE_TELL * INT64_C(1000000000);

    snprintf(api_version, sizeof(api_version), "%s/%s", kind->group, kind->version);
    note.api_version = view_of(api_version);
    if (events_write(t->client, &note, t->kube->identity, until, &answer) < 0)
        LOG(t->kube->log, LOG_LEVEL_WARNING, "event_fails",
            LOG_STR("kind", snapshot->guarded_kind->kind),
            LOG_VIEW("namespace", snapshot->namespace_), LOG_VIEW("name", snapshot->name),
            LOG_STR("error", answer.problem));
}

static void notify(const struct publish *t, const struct rollout_guard *guard,
                   const struct snapshot *snapshot, const struct rollout_event *event,
                   const struct publication *publication, int64_t now)
{
    const struct event_text *message = &publication->message;
    struct notification notification = {
        .id = publication->id,
        .at = now,
        .event = view_of(message->reason),
        .severity = message->warning ? VIEW("warning") : VIEW("info"),
        .kind = view_of(snapshot->guarded_kind->kind),
        .namespace_ = snapshot->namespace_,
        .name = snapshot->name,
        .images = event->images,
        .previous_images = event->target_images,
        .cause = event->cause.kind == CAUSE_NONE ? (struct view){NULL, 0}
                                                 : view_of(cause_name(event->cause.kind)),
        .headline = message->headline,
        .text = message->note};

    for (size_t i = 0; i < guard->notify_count; i++)
        notifier_send(t->notifier, guard->notify[i], &notification);
}

int publish_event(const struct publish *t, const struct rollout_guard *guard,
                  const struct snapshot *snapshot, const struct rollout_event *event,
                  const struct view *last_words, int64_t now, int64_t at, struct arena *arena)
{
    struct view last = last_words ? *last_words : (struct view){NULL, 0};
    struct publication publication = {.at = at};

    if (!last_words && !t->no_pod_logs && event->cause.pod.n > 0)
        last = action_last_words(t->client, snapshot, event->cause.pod, event->cause.container,
                                 event->cause.previous, arena);
    if (prepare(snapshot, event, last, arena, &publication) < 0)
        return -1;
    t->decided(t->ctx, publication.line);
    if (event->notify)
        notify(t, guard, snapshot, event, &publication, now);
    write_event(t, snapshot, &publication);
    return 0;
}
