#include "policy/window/window.h"

#include "base/diag.h"
#include "base/parse_error.h"
#include "base/time/civil.h"
#include "base/time/duration.h"
#include "base/time/timefmt.h"
#include "base/time/zone.h"
#include "base/yaml/node.h"
#include "policy/limits.h"

/* An instant without daylight saving near, so that a warning does not depend on when it is read. */
#define SOME_JANUARY INT64_C(1704067200)

enum { FORTNIGHT = 14 * CIVIL_DAY, NEVER_CLOSES = 400 * CIVIL_DAY };

const struct schema_field window_fields[] = {
    {"schedule", SCHEMA_STRING, .hint = "write five fields in quotes, as in \"0 8 * * 1-5\"",
     .doc = "when it opens: minute, hour, day of month, month, day of week"},
    {"duration", SCHEMA_DURATION, .min = 1, .max = LIMIT_WINDOW_DAYS * (int64_t)CIVIL_DAY,
     .doc = "how long it is open, in elapsed time"},
    {"until", SCHEMA_STRING, .hint = "write one like \"18:00\"",
     .doc = "the time of day at which it closes, instead of a duration"},
    {"from", SCHEMA_STRING, .hint = "write one like 2026-12-24",
     .doc = "a date or an instant, for a window that is there once"},
    {"to", SCHEMA_STRING, .hint = "write one like 2026-12-24",
     .doc = "its last date, or the instant at which it is over"},
    {"timeZone", SCHEMA_STRING, .hint = "write a name like Europe/Paris",
     .doc = "IANA name, as in Europe/Paris"},
    {0},
};

static int refuse(const struct node *node, const char *what, const struct parse_error *parse_error,
                  struct diags *diags)
{
    schema_flaw(node, what, parse_error, diags);
    return -1;
}

static int read_until(const struct node *node, struct diags *diags, struct window *out)
{
    if (timefmt_parse_clock(node->text, &out->until) == 0)
        return 0;
    diag_error(diags, node->place, "\"%.*s\" is not a time of day", VIEW_ARGS(node->text));
    diag_hint(diags, "write one like \"18:00\"");
    return -1;
}

static int read_length(const struct node *node, struct diags *diags, struct window *out)
{
    const struct node *duration = node_get(node, "duration"), *until = node_get(node, "until");
    struct parse_error parse_error;

    if (!duration == !until) {
        diag_error(diags, node->place, "a schedule needs either \"duration\" or \"until\"");
        return -1;
    }
    if (until)
        return read_until(until, diags, out);
    if (duration_parse(duration->text, 1, LIMIT_WINDOW_DAYS * (int64_t)CIVIL_DAY, &out->duration,
                       &parse_error) < 0)
        return refuse(duration, "duration", &parse_error, diags);
    return 0;
}

/* A start while the window is still open from the previous start. */
static bool overlaps_itself(const struct window *w)
{
    struct cron_start start, next;
    int64_t stop;

    if (cron_next(&w->cron, w->zone, SOME_JANUARY, &start) < 0)
        return false;
    for (stop = start.at + FORTNIGHT; start.at < stop; start = next) {
        if (cron_next(&w->cron, w->zone, start.at, &next) < 0)
            return false;
        if (next.at < window_end(w, &start))
            return true;
    }
    return false;
}

/* How long it is open at once; 0 where it never is. */
static int64_t open_for(const struct window *w)
{
    struct window_span span;
    struct cron_start start;

    if (cron_next(&w->cron, w->zone, SOME_JANUARY, &start) < 0)
        return 0;
    window_at(w, start.at, &span);
    return window_active(w, span.to) ? INT64_MAX : span.to - span.from;
}

/* Without an end that can be told there is no answer to "when does it open". Where only the hour
 * that a zone's clocks are set back by closes it, nobody meant that hour. */
static int check_length(const struct window *w, const struct zone *utc, const struct node *schedule,
                        struct diags *diags)
{
    struct window steady = *w;
    char length[DURATION_ROOM];

    steady.zone = utc;
    if (open_for(w) > NEVER_CLOSES || open_for(&steady) > NEVER_CLOSES) {
        diag_error(diags, schedule->place, "the window of \"%.*s\" never closes",
                   VIEW_ARGS(w->schedule));
        diag_hint(diags,
                  "for a time write {from: 2026-12-24, to: 2027-01-02}; a schedule must close "
                  "within 400 days and %d starts",
                  LIMIT_WINDOW_STEPS);
        return -1;
    }
    if (overlaps_itself(w))
        diag_warning(diags, schedule->place,
                     "\"%.*s\" starts again while it is open: it stays open for %s",
                     VIEW_ARGS(w->schedule), duration_go(open_for(w), length));
    return 0;
}

static void warn_of_days(const struct window *w, const struct node *schedule, struct diags *diags)
{
    if (w->cron.any_day || w->cron.any_weekday)
        return;
    diag_warning(diags, schedule->place,
                 "\"%.*s\" starts on its days of the month and also on its days of the week",
                 VIEW_ARGS(w->schedule));
    diag_hint(diags, "when both are restricted, either will do; write * for one of them");
}

static int read_schedule(const struct node *node, struct zone_set *zones, struct diags *diags,
                         struct window *out)
{
    const struct node *schedule = node_get(node, "schedule");
    struct parse_error parse_error;
    const struct zone *utc = zone_get(zones, VIEW("UTC"), &parse_error);

    out->schedule = schedule->text;
    if (cron_parse(schedule->text, &out->cron, &parse_error) < 0) {
        read_length(node, diags, out);
        return refuse(schedule, "schedule", &parse_error, diags);
    }
    if (read_length(node, diags, out) < 0)
        return -1;
    warn_of_days(out, schedule, diags);
    out->drifts = window_find_drift(out);
    return check_length(out, utc ? utc : out->zone, schedule, diags);
}

/* A date or an instant; a date is its midnight, or with `last` the midnight behind it. */
static int read_end(const struct node *node, const struct zone *zone, bool last,
                    struct diags *diags, int64_t *out)
{
    int64_t days, at[2];

    if (timefmt_parse(node->text, out) == 0)
        return 0;
    if (timefmt_parse_date(node->text, &days) < 0) {
        diag_error(diags, node->place, "\"%.*s\" is neither a date nor an instant",
                   VIEW_ARGS(node->text));
        diag_hint(diags, "write one like 2026-12-24 or 2026-12-24T18:00:00+01:00");
        return -1;
    }
    zone_instants(zone, (days + last) * CIVIL_DAY, at);
    *out = at[0];
    return 0;
}

static int read_once(const struct node *node, struct diags *diags, struct window *out)
{
    const struct node *from = node_get(node, "from"), *to = node_get(node, "to");

    out->once = true;
    if ((read_end(from, out->zone, false, diags, &out->from) |
         read_end(to, out->zone, true, diags, &out->to)) < 0)
        return -1;
    if (out->from < out->to)
        return 0;
    diag_error(diags, to->place, "the window never opens: it ends before it begins");
    return -1;
}

static int read_zone(const struct node *node, struct zone_set *zones, const struct zone *zone,
                     struct diags *diags, struct window *out)
{
    const struct node *name = node_get(node, "timeZone");
    struct parse_error parse_error, unheard;

    out->zone = name ? zone_get(zones, name->text, &parse_error) : zone;
    if (out->zone)
        return 0;
    out->zone = zone_get(zones, VIEW("UTC"), &unheard); /* to find with it what else is wrong */
    if (name)
        return refuse(name, "time zone", &parse_error, diags);
    diag_error(diags, node->place, "the window has no time zone");
    diag_hint(diags, "write timeZone here, in the freeze, or in the environment");
    return -1;
}

/* Which of the two forms it is; keys of the other form are errors. */
static int check_form(const struct node *node, struct diags *diags)
{
    static const char *const of_schedule[] = {"duration", "until"};
    bool schedule = node_get(node, "schedule"), from = node_get(node, "from"),
         to = node_get(node, "to");

    if (schedule ? from || to : !from || !to) {
        diag_error(diags, node->place, "a window has either a schedule or both from and to");
        return -1;
    }
    for (unsigned i = 0; i < 2 && !schedule; i++) {
        const struct node *key = node_get(node, of_schedule[i]);

        if (!key)
            continue;
        diag_error(diags, key->place, "\"%s\" belongs to a schedule", of_schedule[i]);
        return -1;
    }
    return 0;
}

int window_compile(const struct node *node, struct zone_set *zones, const struct zone *zone,
                   struct diags *diags, struct window *out)
{
    int result;

    *out = (struct window){0};
    result = read_zone(node, zones, zone, diags, out);
    if (check_form(node, diags) < 0 || !out->zone)
        return -1;
    return result | (node_get(node, "schedule") ? read_schedule(node, zones, diags, out)
                                                : read_once(node, diags, out));
}
