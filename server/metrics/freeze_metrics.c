#include "server/metrics/freeze_metrics.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/quote.h"
#include "policy/freezes/freezes.h"
#include "policy/limits.h"
#include "policy/set.h"
#include "server/metrics/metrics.h"

#include <inttypes.h>

static void add_label(struct buf *out, const char *name, struct view value)
{
    if (value.n == 0)
        return;
    buf_printf(out, ",%s=", name);
    quote_json(out, value);
}

/* The labels of what is narrower than an environment are there for such places only. */
static void write_sample(struct buf *out, const char *name, const struct freeze_place *place,
                         int64_t value)
{
    struct buf text;

    buf_printf(out, "%s{environment=", name);
    quote_json(out, place->environment ? place->environment->name : VIEW(""));
    buf_init(&text, LIMIT_MESSAGE);
    freeze_place_namespaces(place, &text);
    add_label(out, "namespaces", buf_view(&text));
    buf_reset(&text);
    freeze_place_only(place, &text);
    add_label(out, "only", buf_view(&text));
    buf_release(&text);
    buf_printf(out, "} %" PRId64 "\n", value);
}

void freeze_metrics_write(const struct policy_set *set, int64_t now, struct buf *out)
{
    static const char frozen[] = "tidegate_freeze_active",
                      change[] = "tidegate_freeze_next_change_timestamp_seconds";
    struct freeze_place *places = NULL;
    struct arena arena;

    arena_init(&arena, LIMIT_ARENA);
    if (freezes_at(set, now, &arena, &places) < 0)
        places = NULL;
    metrics_head(out, frozen, "gauge",
                 "1 while deploys to the environment, or what the other labels leave, are frozen.");
    for (const struct freeze_place *p = places; p; p = p->next)
        write_sample(out, frozen, p, p->frozen);
    metrics_head(out, change, "gauge",
                 "When that changes next, in seconds since 1970; not there when it never does.");
    for (const struct freeze_place *p = places; p; p = p->next)
        if (p->next_change != WINDOW_NEVER)
            write_sample(out, change, p, p->next_change);
    arena_release(&arena);
}
