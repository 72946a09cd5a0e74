#include "policy/window/window.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/diag.h"
#include "base/time/timefmt.h"
#include "base/time/zone.h"
#include "base/yaml/yaml.h"
#include "cmocka_all.h"
#include "policy/limits.h"

#include <stdio.h>
#include <string.h>

struct fixture {
    struct arena arena;
    struct diags diags;
    struct zone_set zones;
    struct source source;
};

static int make_fixture(void **state)
{
    static struct fixture f;

    arena_init(&f.arena, 1 << 22);
    zone_set_init(&f.zones, NULL, &f.arena);
    *state = &f;
    return 0;
}

static int drop_fixture(void **state)
{
    struct fixture *f = *state;

    arena_release(&f->arena);
    return 0;
}

/* Compiles a window from YAML; the problems are in f->diags. */
static int compile(struct fixture *f, const char *yaml, struct window *w)
{
    const struct node **documents;
    size_t count;

    diags_init(&f->diags, &f->arena);
    f->source = (struct source){.name = VIEW("w.yaml"), .text = view_of(yaml)};
    if (yaml_parse(&f->source, YAML_RULES, &f->arena, &f->diags, &documents, &count) < 0 ||
        count != 1)
        fail_msg("%s", yaml);
    return window_compile(documents[0], &f->zones, NULL, &f->diags, w);
}

static struct window window(struct fixture *f, const char *yaml)
{
    struct window w;

    if (compile(f, yaml, &w) < 0)
        fail_msg("%s: %s", yaml, f->diags.first->message.p);
    return w;
}

static int64_t instant(const char *text)
{
    int64_t at = 0;

    if (timefmt_parse(view_of(text), &at) < 0)
        fail_msg("%s", text);
    return at;
}

/* The rows of Argo CD's edge cases, with the answer that is right: the first period at or after
 * `at`, to the second. */
static void periods_are_what_was_meant(void **state)
{
    static const struct {
        const char *yaml, *at, *from, *to;
    } cases[] = {
        {"{schedule: 0 8 * * 1-5, duration: 10h, timeZone: Europe/Paris}",
         "2026-11-24T12:00:00+01:00", "2026-11-24T08:00:00+01:00", "2026-11-24T18:00:00+01:00"},
        /* a night at daylight saving: elapsed time, or the clock */
        {"{schedule: 0 22 * * *, duration: 8h, timeZone: Europe/Amsterdam}",
         "2026-10-24T23:00:00+02:00", "2026-10-24T22:00:00+02:00", "2026-10-25T05:00:00+01:00"},
        {"{schedule: 0 22 * * *, until: '06:00', timeZone: Europe/Amsterdam}",
         "2026-10-24T23:00:00+02:00", "2026-10-24T22:00:00+02:00", "2026-10-25T06:00:00+01:00"},
        {"{schedule: 0 22 * * *, duration: 8h, timeZone: Europe/Amsterdam}",
         "2026-03-28T23:00:00+01:00", "2026-03-28T22:00:00+01:00", "2026-03-29T07:00:00+02:00"},
        {"{schedule: 0 22 * * *, until: '06:00', timeZone: Europe/Amsterdam}",
         "2026-03-28T23:00:00+01:00", "2026-03-28T22:00:00+01:00", "2026-03-29T06:00:00+02:00"},
        {"{schedule: 30 2 * * *, duration: 1h, timeZone: America/New_York}",
         "2026-03-08T01:00:00-05:00", "2026-03-08T03:00:00-04:00", "2026-03-08T04:00:00-04:00"},
        {"{schedule: 30 1 * * *, duration: 1h, timeZone: America/New_York}",
         "2026-11-01T00:00:00-04:00", "2026-11-01T01:30:00-04:00", "2026-11-01T01:30:00-05:00"},
        {"{schedule: 30 1 * * *, duration: 1h, timeZone: America/New_York}",
         "2026-11-01T01:30:00-05:00", "2026-11-02T01:30:00-05:00", "2026-11-02T02:30:00-05:00"},
        {"{schedule: '* 10 * * *', duration: 2h, timeZone: UTC}", "2026-11-24T12:30:00Z",
         "2026-11-24T10:00:00+00:00", "2026-11-24T12:59:00+00:00"},
        {"{schedule: 0 * 15 JAN *, duration: 24h, timeZone: UTC}", "2026-01-16T12:00:00Z",
         "2026-01-15T00:00:00+00:00", "2026-01-16T23:00:00+00:00"},
        {"{schedule: 0 22 31 * *, duration: 4h, timeZone: UTC}", "2026-04-01T01:59:59Z",
         "2026-03-31T22:00:00+00:00", "2026-04-01T02:00:00+00:00"},
        {"{schedule: 0 22 31 * *, duration: 4h, timeZone: UTC}", "2026-04-30T23:00:00Z",
         "2026-05-31T22:00:00+00:00", "2026-06-01T02:00:00+00:00"},
        {"{schedule: 0 22 L * *, duration: 4h, timeZone: UTC}", "2026-04-30T23:00:00Z",
         "2026-04-30T22:00:00+00:00", "2026-05-01T02:00:00+00:00"},
        {"{schedule: 0 0 1 * 1, duration: 24h, timeZone: UTC}", "2026-12-01T12:00:00Z",
         "2026-11-30T00:00:00+00:00", "2026-12-02T00:00:00+00:00"},
        {"{schedule: 0 18 * * 5, duration: 62h, timeZone: UTC}", "2026-11-23T07:59:59Z",
         "2026-11-20T18:00:00+00:00", "2026-11-23T08:00:00+00:00"},
        /* both edges */
        {"{schedule: 0 8 * * 1-5, duration: 10h, timeZone: UTC}", "2026-11-24T08:00:00Z",
         "2026-11-24T08:00:00+00:00", "2026-11-24T18:00:00+00:00"},
        {"{schedule: 0 8 * * 1-5, duration: 10h, timeZone: UTC}", "2026-11-24T18:00:00Z",
         "2026-11-25T08:00:00+00:00", "2026-11-25T18:00:00+00:00"},
        /* each instant has its own offset, whatever the season of the one who asks */
        {"{schedule: 0 8 * * *, duration: 1h, timeZone: Europe/Paris}", "2026-07-01T00:00:00+02:00",
         "2026-07-01T08:00:00+02:00", "2026-07-01T09:00:00+02:00"},
        /* periods that touch are one */
        {"{schedule: 0 0 * * 6-7, until: '24:00', timeZone: UTC}", "2026-11-22T12:00:00Z",
         "2026-11-21T00:00:00+00:00", "2026-11-23T00:00:00+00:00"},
        /* an end on the clock in the repeated hour, and one that is skipped */
        {"{schedule: 0 1 * * *, until: '02:30', timeZone: Europe/Paris}",
         "2026-10-25T01:00:00+02:00", "2026-10-25T01:00:00+02:00", "2026-10-25T02:30:00+02:00"},
        {"{schedule: 30 * * * *, until: '02:45', timeZone: Europe/Paris}",
         "2026-10-25T02:50:00+02:00", "2026-10-25T02:30:00+01:00", "2026-10-25T02:45:00+01:00"},
        {"{schedule: 15 2 * * *, until: '02:45', timeZone: Europe/Paris}",
         "2026-03-28T12:00:00+01:00", "2026-03-30T02:15:00+02:00", "2026-03-30T02:45:00+02:00"},
        /* once */
        {"{from: 2026-12-24, to: 2027-01-02, timeZone: Europe/Paris}", "2026-11-24T00:00:00+01:00",
         "2026-12-24T00:00:00+01:00", "2027-01-03T00:00:00+01:00"},
        {"{from: '2026-12-24T18:00:00+01:00', to: '2026-12-24T20:00:00Z', timeZone: UTC}",
         "2026-12-24T17:00:00Z", "2026-12-24T17:00:00+00:00", "2026-12-24T20:00:00+00:00"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct window w = window(*state, cases[i].yaml);
        char from[TIMEFMT_ROOM], to[TIMEFMT_ROOM];
        int64_t at = instant(cases[i].at);
        struct window_span span;
        bool active = window_at(&w, at, &span);

        assert_int_equal(active, window_active(&w, at));
        assert_int_equal(active, span.from <= at);
        if (strcmp(timefmt_rfc3339(span.from, w.zone, from), cases[i].from) != 0 ||
            strcmp(timefmt_rfc3339(span.to, w.zone, to), cases[i].to) != 0)
            fail_msg("%s at %s: %s to %s", cases[i].yaml, cases[i].at, from, to);
        assert_false(window_active(&w, span.from - 1));
        assert_true(window_active(&w, span.from));
        assert_true(window_active(&w, span.to - 1));
        assert_false(window_active(&w, span.to));
    }
}

static void a_window_that_is_over_does_not_come_again(void **state)
{
    struct window w = window(*state, "{from: 2026-12-24, to: 2026-12-24, timeZone: UTC}");
    struct window_span span;

    assert_false(window_at(&w, instant("2026-12-25T00:00:00Z"), &span));
    assert_true(span.from == WINDOW_NEVER && span.to == WINDOW_NEVER);
}

static void mistakes_are_told(void **state)
{
    static const struct {
        const char *yaml, *expected;
    } cases[] = {
        {"{schedule: 0 8 * * 1-5, timeZone: UTC}",
         "w.yaml:1:1: error: a schedule needs either \"duration\" or \"until\""},
        {"{schedule: 0 8 * * 1-5, duration: 1h, until: '18:00', timeZone: UTC}",
         "w.yaml:1:1: error: a schedule needs either \"duration\" or \"until\""},
        {"{duration: 1h, timeZone: UTC}",
         "w.yaml:1:1: error: a window has either a schedule or both from and to"},
        {"{from: 2026-12-24, timeZone: UTC}",
         "w.yaml:1:1: error: a window has either a schedule or both from and to"},
        {"{schedule: 0 8 * * *, duration: 1h, from: 2026-12-24, timeZone: UTC}",
         "w.yaml:1:1: error: a window has either a schedule or both from and to"},
        {"{from: 2026-12-24, to: 2026-12-25, duration: 1h, timeZone: UTC}",
         "w.yaml:1:46: error: \"duration\" belongs to a schedule"},
        {"{schedule: 0 8 * * 1-5, duration: 1h}", "w.yaml:1:1: error: the window has no time zone"},
        {"{schedule: 0 8 * * 1-5, duration: 1h, timeZone: Europe/Pari}",
         "w.yaml:1:49: error: \"Europe/Pari\" is not a valid time zone: it is not in "
         "\"/usr/share/zoneinfo\""},
        {"{schedule: 0 25 * * 1-5, duration: 1h, timeZone: UTC}",
         "w.yaml:1:14: error: \"0 25 * * 1-5\" is not a valid schedule: \"25\" is not a valid "
         "hour"},
        {"{schedule: '0 8 * * 1-5 *', duration: 1h, timeZone: UTC}",
         "w.yaml:1:13: error: \"0 8 * * 1-5 *\" is not a valid schedule: it has 6 fields, not 5"},
        {"{schedule: '0 0 30 2 *', duration: 1h, timeZone: UTC}",
         "w.yaml:1:17: error: \"0 0 30 2 *\" is not a valid schedule: it never comes, no month of "
         "it has "
         "such a day"},
        {"{schedule: CRON_TZ=Asia/Tokyo 0 9 * * *, duration: 1h, timeZone: UTC}",
         "w.yaml:1:12: error: \"CRON_TZ=Asia/Tokyo 0 9 * * *\" is not a valid schedule: it names a "
         "time "
         "zone"},
        {"{schedule: 0 8 * * 1-5, duration: 2d, timeZone: UTC}",
         "w.yaml:1:36: error: \"2d\" is not a valid duration: \"d\" is not a unit"},
        {"{schedule: 0 8 * * 1-5, duration: 0s, timeZone: UTC}",
         "w.yaml:1:35: error: \"0s\" is not a valid duration: it is not between 1s and 8784h"},
        {"{schedule: 0 8 * * 1-5, until: 6pm, timeZone: UTC}",
         "w.yaml:1:32: error: \"6pm\" is not a time of day"},
        {"{from: 2026-12-24, to: 2026-02-30, timeZone: UTC}",
         "w.yaml:1:24: error: \"2026-02-30\" is neither a date nor an instant"},
        {"{from: 2026-12-24, to: 2026-12-23, timeZone: UTC}",
         "w.yaml:1:24: error: the window never opens: it ends before it begins"},
        {"{schedule: '* 10 * * *', duration: 2h, timeZone: UTC}",
         "w.yaml:1:12: warning: \"* 10 * * *\" starts again while it is open: it stays open for "
         "2h59m"},
        {"{schedule: 0 * 15 JAN *, duration: 24h, timeZone: UTC}",
         "w.yaml:1:12: warning: \"0 * 15 JAN *\" starts again while it is open: it stays open for "
         "47h"},
        {"{schedule: 0 0 1 * 1, duration: 23h, timeZone: UTC}",
         "w.yaml:1:12: warning: \"0 0 1 * 1\" starts on its days of the month and also on its "
         "days of the week"},
        {"{schedule: '0 0 * * *', duration: 24h, timeZone: UTC}",
         "w.yaml:1:12: error: the window of \"0 0 * * *\" never closes"},
        {"{schedule: '0 0 * * *', until: '00:00', timeZone: UTC}",
         "w.yaml:1:12: error: the window of \"0 0 * * *\" never closes"},
        {"{schedule: '0 0 * * *', duration: 24h, timeZone: Europe/Paris}",
         "w.yaml:1:12: error: the window of \"0 0 * * *\" never closes"},
        {"{schedule: '0 0 * * *', until: '00:00', timeZone: Europe/Paris}",
         "w.yaml:1:12: error: the window of \"0 0 * * *\" never closes"},
        {"{schedule: '0 8,20 * * *', duration: 12h, timeZone: Australia/Lord_Howe}",
         "w.yaml:1:12: error: the window of \"0 8,20 * * *\" never closes"},
        {"{schedule: '0 0 * * *', duration: 23h, timeZone: Europe/Paris}", NULL},
        {"{schedule: '* * * * *', duration: 1m, timeZone: UTC}",
         "w.yaml:1:12: error: the window of \"* * * * *\" never closes"},
        {"{schedule: 0 0 * * 6-7, duration: 24h, timeZone: UTC}", NULL},
        {"{schedule: 0 18 * * 5, duration: 62h, timeZone: UTC}", NULL},
        {"{schedule: 0 8 * * 1-5, until: '18:00', timeZone: Europe/Paris}", NULL},
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct window w;
        int result = compile(f, cases[i].yaml, &w);
        struct buf out;

        assert_int_equal(result, f->diags.errors > 0 ? -1 : 0);
        assert_int_equal(f->diags.errors + f->diags.warnings, cases[i].expected ? 1 : 0);
        if (!cases[i].expected)
            continue;
        buf_init(&out, 4096);
        diag_write(f->diags.first, &out);
        if (strncmp(out.p, cases[i].expected, strlen(cases[i].expected)) != 0 ||
            out.p[strlen(cases[i].expected)] != '\n')
            fail_msg("%s:\n%s", cases[i].yaml, out.p);
        buf_release(&out);
    }
}

static void windows_have_names_for_people(void **state)
{
    static const struct {
        const char *yaml, *text;
    } cases[] = {
        {"{schedule: 0 8 * * 1-5, duration: 10h, timeZone: Europe/Paris}",
         "Mon-Fri 08:00-18:00 Europe/Paris"},
        {"{schedule: 0 8 * * 1-5, until: '18:00', timeZone: Europe/Paris}",
         "Mon-Fri 08:00-18:00 Europe/Paris"},
        {"{schedule: '0 2 * * *', duration: 2h, timeZone: UTC}", "daily 02:00-04:00 UTC"},
        {"{schedule: 30 22 * * 0, duration: 8h, timeZone: UTC}", "Sun 22:30-06:30 UTC"},
        {"{schedule: '0 8 * * 1,3,5-7', duration: 90m, timeZone: UTC}",
         "Mon, Wed, Fri-Sun 08:00-09:30 UTC"},
        {"{schedule: 0 0 * * 6-7, duration: 24h, timeZone: UTC}", "Sat-Sun 00:00-24:00 UTC"},
        {"{schedule: 0 0 * * 6, until: '24:00', timeZone: UTC}", "Sat 00:00-24:00 UTC"},
        {"{schedule: 0 18 * * 5, duration: 62h, timeZone: UTC}", "Fri 18:00-Mon 08:00 UTC"},
        {"{schedule: 0 18 * * 5, until: '18:00', timeZone: UTC}", "Fri 18:00-Sat 18:00 UTC"},
        {"{schedule: 0 22 31 * *, duration: 4h, timeZone: UTC}", "\"0 22 31 * *\" for 4h UTC"},
        {"{schedule: 0 8 * 12 1-5, until: '18:00', timeZone: UTC}",
         "\"0 8 * 12 1-5\" until 18:00 UTC"},
        {"{schedule: '0 8,12 * * 1-5', duration: 90s, timeZone: UTC}",
         "\"0 8,12 * * 1-5\" for 1m30s UTC"},
        {"{schedule: 0 8 * * 1-5, duration: 25h, timeZone: UTC}", "\"0 8 * * 1-5\" for 25h UTC"},
        {"{schedule: 0 15 * * 5, duration: 65h, timeZone: Europe/Paris}",
         "Fri 15:00 for 65h Europe/Paris"},
        {"{schedule: '0 22 * * *', duration: 8h, timeZone: Europe/Paris}",
         "daily 22:00 for 8h Europe/Paris"},
        {"{schedule: '0 22 * * *', until: '06:00', timeZone: Europe/Paris}",
         "daily 22:00-06:00 Europe/Paris"},
        {"{schedule: 0 15 * * 5, duration: 65h, timeZone: Asia/Tokyo}",
         "Fri 15:00-Mon 08:00 Asia/Tokyo"},
        {"{schedule: 0 22 * * 1-4, duration: 8h, timeZone: Europe/Paris}",
         "Mon-Thu 22:00-06:00 Europe/Paris"},
        {"{from: 2026-12-24, to: 2027-01-02, timeZone: Europe/Paris}",
         "24 Dec 2026 to 2 Jan 2027 Europe/Paris"},
        {"{from: '2026-12-24T18:00:00Z', to: 2026-12-26, timeZone: UTC}",
         "24 Dec 2026 18:00 to 27 Dec 2026 00:00 UTC"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct window w = window(*state, cases[i].yaml);
        struct buf out;

        buf_init(&out, 256);
        window_text(&w, &out);
        assert_string_equal(out.p, cases[i].text);
        buf_release(&out);
    }
}

/* A period of so many starts that touch, seen from the first and from the last of them. */
static void long_periods_are_told_up_to_a_limit(void **state)
{
    struct window w = window(*state, "{schedule: '* * 1 * *', duration: 1m, timeZone: UTC}");
    int64_t from = instant("2026-05-01T00:00:00Z"), to = instant("2026-05-04T00:00:00Z");

    w.cron.days = 1 << 1 | 1 << 2 | 1 << 3; /* more than a rule file may ask for */
    for (int64_t n = LIMIT_WINDOW_STEPS - 1; n <= LIMIT_WINDOW_STEPS + 1; n++) {
        int64_t missing = n > LIMIT_WINDOW_STEPS ? 60 : 0;
        struct window_span span;

        assert_true(window_at(&w, to - 60 - n * 60, &span));
        assert_int_equal(span.to, to - missing);
        assert_true(window_at(&w, from + n * 60, &span));
        assert_int_equal(span.from, from + missing);
    }
}

static void a_duration_has_a_limit(void **state)
{
    struct fixture *f = *state;

    for (int64_t hours = LIMIT_WINDOW_DAYS * 24 - 1; hours <= LIMIT_WINDOW_DAYS * 24 + 1; hours++) {
        char yaml[128];
        struct window w;

        snprintf(yaml, sizeof(yaml), "{schedule: '0 0 29 2 *', duration: %dh, timeZone: UTC}",
                 (int)hours);
        assert_int_equal(compile(f, yaml, &w), hours > LIMIT_WINDOW_DAYS * 24 ? -1 : 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(periods_are_what_was_meant),
        cmocka_unit_test(a_window_that_is_over_does_not_come_again),
        cmocka_unit_test(mistakes_are_told),
        cmocka_unit_test(long_periods_are_told_up_to_a_limit),
        cmocka_unit_test(a_duration_has_a_limit),
        cmocka_unit_test(windows_have_names_for_people),
    };

    return cmocka_run_group_tests(tests, make_fixture, drop_fixture);
}
