#include "rollout/notify/publish.h"

#include "base/arena.h"
#include "base/limits.h"
#include "base/sys/clock.h"
#include "base/sys/log.h"
#include "kube/client.h"
#include "kube/events.h"
#include "policy/guard/guard.h"
#include "rollout/act/action.h"
#include "rollout/controller.h"
#include "rollout/judge/rollout.h"
#include "rollout/notify/event_text.h"
#include "rollout/notify/notifier.h"
#include "rollout/watch/guarded_kind.h"
#include "rollout/watch/snapshot.h"

/* What is told of one piece of news, in all its forms. */
struct telling {
    struct words words;
    struct view line;    /* of the decision log */
    struct view key, id; /* of the Event and of the notifications */
};

/* Returns -1 when memory is out. */
static int word(const struct sight *sight, const struct news *news, struct view last,
                struct arena *arena, struct telling *out)
{
    words_of(sight, news, last, arena, &out->words);
    if (!out->words.note.p)
        return -1;
    out->line = words_line(sight, news, &out->words, arena);
    out->key = arena_printf(arena, "%.*s at %lld", VIEW_ARGS(news->hash), (long long)news->at);
    out->id = arena_printf(arena, "%.*s/%s/%.16s/%lld", VIEW_ARGS(sight->uid), out->words.reason,
                           news->hash.n >= 16 ? news->hash.p : "", (long long)news->at);
    return out->line.p && out->key.p && out->id.p ? 0 : -1;
}

/* A replica that tells it again, after the one that told it was killed, makes no second Event: when
 * it was decided is on record. What is decided of the template later is another one. */
static void write_event(const struct tell *t, const struct sight *sight,
                        const struct telling *telling)
{
    const struct words *words = &telling->words;
    struct events_note note = {.api_version = VIEW("apps/v1"),
                               .kind = view_of(sight->driver->kind),
                               .namespace_ = sight->namespace_,
                               .name = sight->name,
                               .uid = sight->uid,
                               .warning = words->warning,
                               .controller = "tidegate.dev/guard",
                               .reason = words->reason,
                               .action = words->action,
                               .note = words->note,
                               .key = telling->key};
    struct client_answer answer;
    int64_t until = clock_monotonic_ns() + LIMIT_KUBE_TELL * INT64_C(1000000000);

    if (events_write(t->client, &note, t->controller->identity, until, &answer) < 0)
        LOG(t->controller->log, LOG_LEVEL_WARNING, "event_fails",
            LOG_STR("kind", sight->driver->kind), LOG_VIEW("namespace", sight->namespace_),
            LOG_VIEW("name", sight->name), LOG_STR("error", answer.problem));
}

static void notify(const struct tell *t, const struct rollout_guard *guard,
                   const struct sight *sight, const struct news *news,
                   const struct telling *telling, int64_t now)
{
    const struct words *words = &telling->words;
    struct notice notice = {.id = telling->id,
                            .at = now,
                            .event = view_of(words->reason),
                            .severity = words->warning ? VIEW("warning") : VIEW("info"),
                            .kind = view_of(sight->driver->kind),
                            .namespace_ = sight->namespace_,
                            .name = sight->name,
                            .images = news->images,
                            .previous_images = news->target_images,
                            .cause = news->cause.kind == CAUSE_NONE
                                         ? (struct view){NULL, 0}
                                         : view_of(cause_name(news->cause.kind)),
                            .headline = words->headline,
                            .text = words->note};

    for (size_t i = 0; i < guard->notify_count; i++)
        notifier_send(t->notifier, guard->notify[i], &notice);
}

int tell_news(const struct tell *t, const struct rollout_guard *guard, const struct sight *sight,
              const struct news *news, const struct view *last_words, int64_t now,
              struct arena *arena)
{
    struct view last = last_words ? *last_words : (struct view){NULL, 0};
    struct telling telling;

    if (!last_words && news->cause.pod.n > 0)
        last = act_last_words(t->client, sight, news->cause.pod, news->cause.container,
                              news->cause.previous, arena);
    if (word(sight, news, last, arena, &telling) < 0)
        return -1;
    t->controller->decided(t->controller->ctx, telling.line);
    if (news->notify)
        notify(t, guard, sight, news, &telling, now);
    write_event(t, sight, &telling);
    return 0;
}
