/* A duration is elapsed time, but people read windows as times of the clock: the two differ when
 * clocks change between start and end. */
#include "policy/window/window.h"

#include "base/buf.h"
#include "base/diag.h"
#include "base/time/civil.h"
#include "base/time/timefmt.h"
#include "base/time/tzrule.h"
#include "base/time/zone.h"
#include "base/yaml/node.h"
#include "policy/limits.h"

/* An instant like any other, so that what a window is called does not depend on when it is read. */
#define SOME_JANUARY INT64_C(1704067200)

enum { TEN_YEARS = 3653, WEEK = 7, EVERY_DAY = 0x7f, MINUTES_OF_DAY = 1440 };

/* How much later than by the clock that start's window ends; 0: clocks agree, or are set over it.
 */
static int64_t lateness(const struct window *w, const struct cron_start *start)
{
    int64_t end = start->at + w->duration, by_clock[2];
    int count = zone_instants(w->zone, start->local + w->duration, by_clock);

    if (count == 2 && end == by_clock[1])
        return 0;
    return end - by_clock[0];
}

/* The first start after `at` whose window ends early (sign < 0) or late on the clock; false when
 * none does within ten years. */
static bool find_drift(const struct window *w, int64_t at, int sign, struct cron_start *start)
{
    int64_t last = at + TEN_YEARS * (int64_t)CIVIL_DAY;
    struct tz_span span;

    for (zone_span(w->zone, at, &span); span.to < last; zone_span(w->zone, span.to, &span)) {
        int64_t late;

        if (cron_prev(&w->cron, w->zone, span.to, start) < 0)
            continue;
        late = lateness(w, start);
        if (late == 0 && cron_prev(&w->cron, w->zone, span.to - 1, start) == 0)
            late = lateness(w, start);
        if (sign < 0 ? late < 0 : late > 0)
            return true;
    }
    return false;
}

bool window_find_drift(const struct window *w)
{
    struct cron_start start;

    if (w->once || w->duration == 0 || w->cron.elapsed)
        return false;
    return find_drift(w, SOME_JANUARY, -1, &start) || find_drift(w, SOME_JANUARY, 1, &start);
}

/* --- what to write instead -------------------------------------------------------------------- */

static bool has_one(uint64_t set)
{
    return (set & (set - 1)) == 0;
}

static void add_piece(struct buf *out, int64_t start, unsigned weekdays, int64_t until)
{
    const char *comma = "";

    buf_printf(out, "%s{schedule: \"%d %d * * %s", out->n > 0 ? ", " : "", (int)(start % 60),
               (int)(start / 60), weekdays == EVERY_DAY ? "*" : "");
    for (unsigned day = 0; day < WEEK && weekdays != EVERY_DAY; day++) {
        if (!(weekdays >> day & 1))
            continue;
        buf_printf(out, "%s%u", comma, day);
        comma = ",";
    }
    buf_printf(out, "\", until: \"%02d:%02d\"}", (int)(until / 60), (int)(until % 60));
}

static unsigned later(unsigned weekdays, unsigned days)
{
    return (weekdays << days | weekdays >> (WEEK - days)) & EVERY_DAY;
}

bool window_clock_spelling(const struct window *w, struct buf *out)
{
    const struct cron *c = &w->cron;
    int64_t start, end;
    unsigned days, whole = 0;

    if (w->once || w->duration % 60 != 0 || !has_one(c->minutes) || !has_one(c->hours) ||
        c->elapsed || c->months != 0x1ffe || !c->any_day || c->last_day)
        return false;
    start = __builtin_ctzll(c->hours) * 60 + __builtin_ctzll(c->minutes);
    end = start + w->duration / 60;
    days = (unsigned)(end / MINUTES_OF_DAY);
    if (days >= WEEK)
        return false;
    end %= MINUTES_OF_DAY;
    if (w->duration <= CIVIL_DAY) {
        add_piece(out, start, c->weekdays, end);
        return true;
    }
    add_piece(out, start, c->weekdays, 0);
    for (unsigned n = 1; n < days; n++)
        whole |= later(c->weekdays, n);
    if (whole)
        add_piece(out, 0, whole, 0);
    if (end > 0)
        add_piece(out, 0, later(c->weekdays, days), end);
    return true;
}

/* --- the warning ------------------------------------------------------------------------------ */

/* Appends the next early and the next late end after an instant, in their order. */
static void add_ends(const struct window *w, int64_t now, struct buf *out)
{
    struct cron_start early = {0}, late = {0};
    bool is_early = find_drift(w, now, -1, &early), is_late = find_drift(w, now, 1, &late);
    int64_t ends[2] = {early.at + w->duration, late.at + w->duration};
    char when[TIMEFMT_ROOM];
    bool swap = is_early && is_late && ends[1] < ends[0];

    for (int i = 0; i < 2; i++) {
        int at = swap ? 1 - i : i;

        if (at == 0 ? is_early : is_late)
            buf_printf(out, "%s%s", out->n > 0 ? " and " : "",
                       timefmt_text(ends[at], 0, w->zone, when));
    }
}

void window_warn_of_drift(const struct window *w, const struct node *node, int64_t now,
                          struct diags *diags)
{
    const struct node *duration = node_get(node, "duration");
    struct buf ends, spelling;

    buf_init(&ends, LIMIT_MESSAGE);
    buf_init(&spelling, LIMIT_MESSAGE);
    add_ends(w, now, &ends);
    if (ends.n > 0) {
        diag_warning(diags, duration->place,
                     "\"%.*s\" is elapsed time: the clocks of %.*s are set in it, so that it ends "
                     "at %.*s",
                     VIEW_ARGS(duration->text), VIEW_ARGS(zone_name(w->zone)),
                     VIEW_ARGS(buf_view(&ends)));
        if (window_clock_spelling(w, &spelling))
            diag_hint(diags, "by the clock it is %.*s", VIEW_ARGS(buf_view(&spelling)));
        else
            diag_hint(diags, "by the clock it ends with \"until\", a window for each day");
    }
    buf_release(&ends);
    buf_release(&spelling);
}
