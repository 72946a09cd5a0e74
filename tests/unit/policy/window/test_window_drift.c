#include "policy/window/window.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/diag.h"
#include "base/parse_error.h"
#include "base/time/civil.h"
#include "base/time/timefmt.h"
#include "base/time/tzrule.h"
#include "base/time/zone.h"
#include "base/yaml/node.h"
#include "base/yaml/yaml.h"
#include "cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define JANUARY_2026 INT64_C(1767225600)

enum { QUARTER = 900, ROUNDS = 300 };

static const char *const zones[] = {"UTC",
                                    "Asia/Tokyo",
                                    "Europe/Paris",
                                    "America/New_York",
                                    "Australia/Lord_Howe", /* by half an hour */
                                    "America/Havana",      /* at midnight */
                                    "Africa/Cairo"};

struct fixture {
    struct arena arena;
    struct diags diags;
    struct zone_set zones;
    struct source source;
};

static void open_fixture(struct fixture *f)
{
    arena_init(&f->arena, 1 << 26);
    zone_set_init(&f->zones, NULL, &f->arena);
}

static const struct node *parse(struct fixture *f, const char *yaml)
{
    const struct node **documents;
    size_t count;

    diags_init(&f->diags, &f->arena);
    f->source = (struct source){.name = VIEW("w.yaml"),
                                .text = view_of(arena_str(&f->arena, view_of(yaml)))};
    if (yaml_parse(&f->source, YAML_RULES, &f->arena, &f->diags, &documents, &count) < 0 ||
        count != 1)
        fail_msg("%s", yaml);
    return documents[0];
}

static struct window compile(struct fixture *f, const struct node *node, const char *zone)
{
    struct parse_error none;
    struct window w;

    if (window_compile(node, &f->zones, zone_get(&f->zones, view_of(zone), &none), &f->diags, &w) <
        0)
        fail_msg("%s", f->diags.first->message.p);
    return w;
}

/* True where clocks are set within eight days. */
static bool is_near_change(const struct zone *zone, int64_t at)
{
    struct tz_span span;

    zone_span(zone, at, &span);
    return at - span.from < 8 * CIVIL_DAY || span.to - at < 8 * CIVIL_DAY;
}

/* By the clock: between a day's start and so much later on the clock. */
static bool is_open_by_clock(const struct window *w, int64_t minutes, int64_t at)
{
    int64_t start = __builtin_ctzll(w->cron.hours) * 3600 + __builtin_ctzll(w->cron.minutes) * 60;
    int64_t today = civil_day_of(at), from[2], to[2];

    for (int64_t day = today - 9; day <= today + 1; day++) {
        if (!(w->cron.weekdays >> civil_weekday(day) & 1))
            continue;
        zone_instants(w->zone, day * CIVIL_DAY + start, from);
        zone_instants(w->zone, day * CIVIL_DAY + start + minutes * 60, to);
        if (at >= from[0] && at < to[0])
            return true;
    }
    return false;
}

static void compare(struct fixture *f, const struct window *w, int64_t minutes, const char *zone)
{
    char yaml[1024];
    struct window pieces[4];
    const struct node *list;
    struct buf spelling;

    buf_init(&spelling, sizeof(yaml));
    assert_true(window_clock_spelling(w, &spelling));
    snprintf(yaml, sizeof(yaml), "[%s]", spelling.p);
    list = parse(f, yaml);
    assert_in_range(list->count, 1, 3);
    for (size_t i = 0; i < list->count; i++)
        pieces[i] = compile(f, list->items[i], zone);
    for (int64_t at = JANUARY_2026; at < JANUARY_2026 + 366 * CIVIL_DAY; at += QUARTER) {
        bool near = is_near_change(w->zone, at), open = false;

        if (!near && at % (3600 + QUARTER) != 0)
            continue;
        for (size_t i = 0; i < list->count; i++)
            open = open || window_active(&pieces[i], at);
        if (open != (near ? is_open_by_clock(w, minutes, at) : window_active(w, at)))
            fail_msg("%.*s for %d min in %s at %lld: %s", VIEW_ARGS(w->schedule), (int)minutes,
                     zone, (long long)at, yaml);
    }
    buf_release(&spelling);
}

/* Random windows on days of the week: what is written instead is the same on ordinary weeks, and
 * right by the clock where clocks are set. */
static void what_is_written_instead_ends_by_the_clock(void **state)
{
    size_t drifting = 0;

    (void)state;
    srand(7);
    for (int i = 0; i < ROUNDS; i++) {
        const char *zone = zones[(size_t)rand() % (sizeof(zones) / sizeof(zones[0]))];
        int64_t minutes = 15 * (1 + rand() % (rand() % 2 ? 95 : 500));
        int first = rand() % 7, second = minutes < 1440 ? rand() % 7 : first;
        struct fixture f;
        struct window w;
        char yaml[256];

        snprintf(yaml, sizeof(yaml), "{schedule: '%d %d * * %d,%d', duration: %dm}",
                 15 * (rand() % 4), rand() % 24, first, second, (int)minutes);
        open_fixture(&f);
        w = compile(&f, parse(&f, yaml), zone);
        if (w.drifts)
            compare(&f, &w, minutes, zone);
        drifting += w.drifts;
        arena_release(&f.arena);
    }
    assert_in_range(drifting, ROUNDS / 10, ROUNDS);
}

/* A window that does not drift ends, each time, when its start and length say on the clock. */
static void what_does_not_drift_has_one_end_on_the_clock(void **state)
{
    (void)state;
    srand(8);
    for (int i = 0; i < ROUNDS; i++) {
        const char *zone = zones[(size_t)rand() % (sizeof(zones) / sizeof(zones[0]))];
        struct cron_start start = {JANUARY_2026, 0};
        struct fixture f;
        struct window w;
        char yaml[256];
        bool drifted = false;

        snprintf(yaml, sizeof(yaml), "{schedule: '%d %d * * %d', duration: %dm}", 15 * (rand() % 4),
                 rand() % 24, rand() % 7, 15 * (1 + rand() % 300));
        open_fixture(&f);
        w = compile(&f, parse(&f, yaml), zone);
        for (int n = 0; n < 520; n++) {
            int64_t by_clock[2];

            assert_int_equal(cron_next(&w.cron, w.zone, start.at, &start), 0);
            zone_instants(w.zone, start.local + w.duration, by_clock);
            drifted |= by_clock[0] != start.at + w.duration;
        }
        if (drifted != w.drifts)
            fail_msg("%s in %s: %d", yaml, zone, drifted);
        arena_release(&f.arena);
    }
}

static void the_warning_has_both_ends_and_the_spelling(void **state)
{
    static const struct {
        const char *yaml, *zone, *warning;
    } cases[] = {
        {"{schedule: 0 15 * * 5, duration: 65h}", "Europe/Paris",
         "w.yaml:1:34: warning: \"65h\" is elapsed time: the clocks of Europe/Paris are set in it, "
         "so that it ends at Mon 26 Oct 2026 07:00 CET and Mon 29 Mar 2027 09:00 CEST\n"
         "  | {schedule: 0 15 * * 5, duration: 65h}\n"
         "  |                                  ^\n"
         "  = by the clock it is {schedule: \"0 15 * * 5\", until: \"00:00\"}, "
         "{schedule: \"0 0 * * 0,6\", until: \"00:00\"}, {schedule: \"0 0 * * 1\", until: "
         "\"08:00\"}\n"},
        {"{schedule: '0 2 * * *', duration: 2h}", "Europe/Paris",
         "w.yaml:1:35: warning: \"2h\" is elapsed time: the clocks of Europe/Paris are set in it, "
         "so that it ends at Sun 25 Oct 2026 03:00 CET and Sun 28 Mar 2027 05:00 CEST\n"
         "  | {schedule: '0 2 * * *', duration: 2h}\n"
         "  |                                   ^\n"
         "  = by the clock it is {schedule: \"0 2 * * *\", until: \"04:00\"}\n"},
        {"{schedule: '0 20 27 3 *', duration: 24h}", "Europe/Paris",
         "w.yaml:1:37: warning: \"24h\" is elapsed time: the clocks of Europe/Paris are set in it, "
         "so that it ends at Sun 28 Mar 2027 21:00 CEST\n"
         "  | {schedule: '0 20 27 3 *', duration: 24h}\n"
         "  |                                     ^\n"
         "  = by the clock it ends with \"until\", a window for each day\n"},
    };
    struct fixture f;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct node *node;
        struct window w;
        struct buf out;

        open_fixture(&f);
        node = parse(&f, cases[i].yaml);
        w = compile(&f, node, cases[i].zone);
        assert_true(w.drifts);
        window_warn_of_drift(&w, node, JANUARY_2026 + 180 * (int64_t)CIVIL_DAY, &f.diags);
        buf_init(&out, 4096);
        diag_write(f.diags.first, &out);
        assert_string_equal(out.p, cases[i].warning);
        buf_release(&out);
        arena_release(&f.arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_instead_ends_by_the_clock),
        cmocka_unit_test(what_does_not_drift_has_one_end_on_the_clock),
        cmocka_unit_test(the_warning_has_both_ends_and_the_spelling),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
