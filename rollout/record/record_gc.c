#include "rollout/record/record_gc.h"

#include "base/arena.h"
#include "kube/cache.h"
#include "policy/limits.h"
#include "rollout/limits.h"
#include "rollout/record/owners_api.h"
#include "rollout/record/record.h"
#include "rollout/record/record_api.h"
#include "rollout/record/record_cache.h"
#include "rollout/watch/store.h"

enum { DAY = 24 * 60 * 60 };

/* Those that are to go. */
struct sweep {
    struct cache *store;
    struct arena arena;
    struct {
        struct view name, version, text;
    } old[LIMIT_RECORD_SWEEP];
    size_t count;
    int64_t now;
};

static int64_t last_noted(const struct record *r)
{
    return r->history_count > 0 ? r->history[r->history_count - 1].at : r->since;
}

static bool is_over(struct sweep *s, const struct record_cache_entry *entry)
{
    struct record record;
    const char *problem;
    bool over;

    record_init(&record);
    if (record_read(entry->text, &record, &problem) != 0)
        return false;
    over = s->now - last_noted(&record) > LIMIT_RECORD_DAYS * (int64_t)DAY &&
           !store_has(s->store, record.kind, record.namespace_, record.name);
    record_release(&record);
    return over;
}

static void take(void *ctx, const struct record_cache_entry *entry)
{
    struct sweep *s = ctx;
    struct view name, version, text;

    if (s->count == LIMIT_RECORD_SWEEP || !is_over(s, entry))
        return;
    name = arena_copy(&s->arena, entry->name);
    version = arena_copy(&s->arena, entry->version);
    text = arena_copy(&s->arena, entry->text);
    if (!name.p || !version.p || !text.p)
        return;
    s->old[s->count].text = text;
    s->old[s->count].name = name;
    s->old[s->count++].version = version;
}

/* What the record knows goes before it, so that a stop in between leaves nothing behind. */
static void collect(struct sweep *s, struct client *c, struct view namespace_, size_t i)
{
    struct record record;
    const char *problem;

    record_init(&record);
    if (record_read(s->old[i].text, &record, &problem) == 0) {
        owners_api_delete(c, namespace_, &record, &s->arena);
        record_api_delete(c, namespace_, s->old[i].name, s->old[i].version.p, &s->arena);
    }
    record_release(&record);
}

void record_gc(struct client *c, struct view namespace_, struct cache *records, struct cache *store,
               int64_t now)
{
    struct sweep s = {.store = store, .now = now};

    if (cache_refused(store) > 0)
        return;
    arena_init(&s.arena, LIMIT_ARENA);
    record_cache_each(records, take, &s);
    for (size_t i = 0; i < s.count; i++)
        collect(&s, c, namespace_, i);
    arena_release(&s.arena);
}
