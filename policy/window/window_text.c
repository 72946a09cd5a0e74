#include "policy/window/window.h"

#include "base/buf.h"
#include "base/time/civil.h"
#include "base/time/duration.h"
#include "base/time/zone.h"

#include <inttypes.h>

enum { WEEK = 7, EVERY_DAY = 0x7f, MINUTES_OF_DAY = 1440 };

static void add_clock(struct buf *out, int64_t minute)
{
    buf_printf(out, "%02d:%02d", (int)(minute / 60), (int)(minute % 60));
}

static bool has_one(uint64_t set)
{
    return (set & (set - 1)) == 0;
}

/* One start a day, on days of the week only, and whole minutes long: what a week's plan can show.
 */
static bool is_weekly(const struct window *w)
{
    const struct cron *c = &w->cron;

    return has_one(c->minutes) && has_one(c->hours) && !c->elapsed && c->months == 0x1ffe &&
           c->any_day && !c->last_day && w->duration % 60 == 0;
}

/* Weeks begin on Monday here: bit 0 is Monday. */
static unsigned from_monday(const struct cron *c)
{
    return (c->weekdays >> 1 | (c->weekdays & 1u) << 6) & EVERY_DAY;
}

static const char *day_name(unsigned from_monday)
{
    return civil_weekday_name((from_monday + 1) % WEEK);
}

/* "daily", "Mon-Fri", "Mon, Wed-Thu". */
static void add_days(struct buf *out, unsigned days)
{
    const char *comma = "";

    if (days == EVERY_DAY) {
        buf_add_str(out, "daily");
        return;
    }
    for (unsigned first = 0; first < WEEK; first++) {
        unsigned last = first;

        if (!(days >> first & 1))
            continue;
        while (last + 1 < WEEK && days >> (last + 1) & 1)
            last++;
        buf_printf(out, "%s%s", comma, day_name(first));
        if (last > first)
            buf_printf(out, "-%s", day_name(last));
        comma = ", ";
        first = last;
    }
}

/* "Fri 15:00 for 65h" */
static void add_drifting(const struct window *w, unsigned days, int64_t start, struct buf *out)
{
    char length[DURATION_ROOM];

    add_days(out, days);
    buf_add_char(out, ' ');
    add_clock(out, start);
    buf_printf(out, " for %s", duration_go(w->duration, length));
}

/* "Mon-Fri 08:00-18:00", or "Fri 18:00-Mon 08:00"; false when a week's plan cannot say it. */
static bool add_weekly(const struct window *w, struct buf *out)
{
    unsigned days = from_monday(&w->cron);
    int64_t start, length, end;

    if (!is_weekly(w))
        return false;
    start = __builtin_ctzll(w->cron.hours) * 60 + __builtin_ctzll(w->cron.minutes);
    if (w->drifts) {
        add_drifting(w, days, start, out);
        return true;
    }
    length = w->duration > 0 ? w->duration / 60
                             : (w->until / 60 - start + MINUTES_OF_DAY - 1) % MINUTES_OF_DAY + 1;
    end = start + length;
    if (length < MINUTES_OF_DAY || end == MINUTES_OF_DAY) {
        add_days(out, days);
        buf_add_char(out, ' ');
        add_clock(out, start);
        buf_add_char(out, '-');
        add_clock(out, end > MINUTES_OF_DAY ? end - MINUTES_OF_DAY : end);
        return true;
    }
    if (!has_one(days) || length >= WEEK * MINUTES_OF_DAY)
        return false;
    add_days(out, days);
    buf_add_char(out, ' ');
    add_clock(out, start);
    buf_printf(out, "-%s ",
               day_name(((unsigned)__builtin_ctz(days) + (unsigned)(end / MINUTES_OF_DAY)) % WEEK));
    add_clock(out, end % MINUTES_OF_DAY);
    return true;
}

static void add_schedule(const struct window *w, struct buf *out)
{
    char length[DURATION_ROOM];

    buf_printf(out, "\"%.*s\" ", VIEW_ARGS(w->schedule));
    if (w->duration > 0) {
        buf_printf(out, "for %s", duration_go(w->duration, length));
        return;
    }
    buf_add_str(out, "until ");
    add_clock(out, w->until / 60);
}

/* Whole days are named by the first and the last of them. */
static void add_once(const struct window *w, struct buf *out)
{
    struct civil from = zone_civil(w->zone, w->from), to = zone_civil(w->zone, w->to);
    bool whole = from.hour + from.minute + from.second + to.hour + to.minute + to.second == 0;

    if (whole)
        to = zone_civil(w->zone, w->to - 1);
    buf_printf(out, "%u %s %" PRId64, from.day, civil_month_name(from.month), from.year);
    if (!whole)
        buf_printf(out, " %02u:%02u", from.hour, from.minute);
    buf_printf(out, " to %u %s %" PRId64, to.day, civil_month_name(to.month), to.year);
    if (!whole)
        buf_printf(out, " %02u:%02u", to.hour, to.minute);
}

void window_text(const struct window *w, struct buf *out)
{
    if (w->once)
        add_once(w, out);
    else if (!add_weekly(w, out))
        add_schedule(w, out);
    buf_printf(out, " %.*s", VIEW_ARGS(zone_name(w->zone)));
}
