#include "policy/window/window.h"

#include "base/time/civil.h"
#include "base/time/zone.h"
#include "policy/limits.h"

/* The first instant after `start` at which clocks show the end. */
static int64_t clock_end(const struct window *w, const struct cron_start *start)
{
    int64_t local = civil_day_of(start->local) * CIVIL_DAY + w->until, at[2];
    int count;

    if (local <= start->local)
        local += CIVIL_DAY;
    count = zone_instants(w->zone, local, at);
    return count == 2 && at[0] <= start->at ? at[1] : at[0];
}

int64_t window_end(const struct window *w, const struct cron_start *start)
{
    return w->duration > 0 ? start->at + w->duration : clock_end(w, start);
}

/* The latest start at or before an instant reaches farthest, so it alone tells whether the window
 * is open then. */
bool window_active(const struct window *w, int64_t at)
{
    struct cron_start start;

    if (w->once)
        return at >= w->from && at < w->to;
    return cron_prev(&w->cron, w->zone, at, &start) == 0 && at < window_end(w, &start);
}

static int64_t reach_forward(const struct window *w, int64_t end)
{
    struct cron_start start;

    for (unsigned i = 0; i < LIMIT_WINDOW_STEPS; i++) {
        int64_t reached;

        if (cron_prev(&w->cron, w->zone, end, &start) < 0)
            return end;
        reached = window_end(w, &start);
        if (reached <= end)
            return end;
        end = reached;
    }
    return end;
}

static int64_t reach_back(const struct window *w, int64_t from)
{
    struct cron_start start;

    for (unsigned i = 0; i < LIMIT_WINDOW_STEPS; i++) {
        if (cron_prev(&w->cron, w->zone, from - 1, &start) < 0 || window_end(w, &start) < from)
            return from;
        from = start.at;
    }
    return from;
}

static bool once_at(const struct window *w, int64_t at, struct window_span *span)
{
    *span = at < w->to ? (struct window_span){w->from, w->to}
                       : (struct window_span){WINDOW_NEVER, WINDOW_NEVER};
    return at >= w->from && at < w->to;
}

bool window_at(const struct window *w, int64_t at, struct window_span *span)
{
    struct cron_start start;

    if (w->once)
        return once_at(w, at, span);
    if (cron_prev(&w->cron, w->zone, at, &start) == 0 && at < window_end(w, &start)) {
        span->from = reach_back(w, start.at);
        span->to = reach_forward(w, window_end(w, &start));
        return true;
    }
    *span = (struct window_span){WINDOW_NEVER, WINDOW_NEVER};
    /* When daylight saving skips the end, a period can be empty. */
    for (unsigned i = 0; i < LIMIT_WINDOW_STEPS; i++) {
        if (cron_next(&w->cron, w->zone, at, &start) < 0)
            break;
        at = start.at;
        if (window_end(w, &start) <= at)
            continue;
        *span = (struct window_span){at, reach_forward(w, window_end(w, &start))};
        break;
    }
    return false;
}
