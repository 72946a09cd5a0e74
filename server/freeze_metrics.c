#include "server/freeze_metrics.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/limits.h"
#include "base/quote.h"
#include "policy/freezes.h"
#include "policy/set.h"
#include "server/metrics.h"

#include <inttypes.h>

static void write_sample(struct buf *out, const char *name, const struct environment *environment,
                         int64_t value)
{
    buf_printf(out, "%s{environment=", name);
    quote_json(out, environment->name);
    buf_printf(out, "} %" PRId64 "\n", value);
}

void freeze_metrics_write(const struct policy_set *set, int64_t now, struct buf *out)
{
    static const char frozen[] = "tidegate_freeze_active",
                      change[] = "tidegate_freeze_next_change_timestamp_seconds";
    struct arena arena;
    struct freeze_state *states;

    arena_init(&arena, LIMIT_ARENA);
    states = arena_array(&arena, set->environment_count, sizeof(*states));
    for (size_t i = 0; states && i < set->environment_count; i++)
        if (freezes_at(set, &set->environments[i], now, &arena, &states[i]) < 0)
            states = NULL;
    metrics_head(out, frozen, "gauge", "1 while deploys to the environment are frozen.");
    for (size_t i = 0; states && i < set->environment_count; i++)
        write_sample(out, frozen, &set->environments[i], states[i].frozen);
    metrics_head(out, change, "gauge",
                 "When that changes next, in seconds since 1970; not there when it never does.");
    for (size_t i = 0; states && i < set->environment_count; i++)
        if (states[i].next_change != WINDOW_NEVER)
            write_sample(out, change, &set->environments[i], states[i].next_change);
    arena_release(&arena);
}
