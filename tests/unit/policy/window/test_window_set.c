#include "policy/window/window_set.h"

#include "base/arena.h"
#include "base/diag.h"
#include "base/time/timefmt.h"
#include "base/time/zone.h"
#include "base/yaml/yaml.h"
#include "cmocka_all.h"

#include <string.h>

enum { MOST = 4 };

struct fixture {
    struct arena arena;
    struct zone_set zones;
    struct window windows[MOST];
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

/* Windows in Paris, one a line; '+' before an allow window. */
static struct window_set windows(struct fixture *f, const char *text)
{
    struct window_set set = {f->windows, 0};
    struct view rest = view_of(text), line;
    bool more;

    do {
        const struct node **documents;
        struct diags diags;
        struct source source = {.name = VIEW("w.yaml")};
        struct window *w = &f->windows[set.count];
        struct zone_set *zones = &f->zones;
        size_t count;

        more = view_cut(rest, '\n', &line, &rest);
        source.text = view_from(line, 1);
        diags_init(&diags, &f->arena);
        assert_true(set.count < MOST);
        assert_int_equal(yaml_parse(&source, YAML_RULES, &f->arena, &diags, &documents, &count), 0);
        assert_int_equal(window_compile(documents[0], zones,
                                        zone_get(zones, VIEW("Europe/Paris"), NULL), &diags, w),
                         0);
        w->allow = line.p[0] == '+';
        set.count++;
    } while (more);
    return set;
}

#define BUSINESS "-{schedule: 0 8 * * 1-5, duration: 10h}"
#define NIGHTS   "+{schedule: '0 2 * * *', duration: 2h}"
#define HOLIDAYS "-{from: 2026-12-24, to: 2027-01-02}"
#define WEEKENDS "+{schedule: 0 18 * * 5, duration: 62h}"

static const char *when(int64_t at, const struct window_set *set, char out[static TIMEFMT_ROOM])
{
    return at == WINDOW_NEVER ? "never" : timefmt_rfc3339(at, set->windows[0].zone, out);
}

/* Tells what holds at an instant: closed, by which window, when it opens, when it changes. */
static void freezes_open_and_close(void **state)
{
    static const struct {
        const char *name, *windows, *at;
        bool closed;
        int by; /* the window; -1: none */
        const char *opens, *changes;
    } cases[] = {
        {"in a deny window", BUSINESS, "2026-11-24T12:00:00+01:00", true, 0,
         "2026-11-24T18:00:00+01:00", "2026-11-24T18:00:00+01:00"},
        {"out of a deny window", BUSINESS, "2026-11-20T18:00:00+01:00", false, -1,
         "2026-11-20T18:00:00+01:00", "2026-11-23T08:00:00+01:00"},
        {"out of an allow window", NIGHTS, "2026-11-24T12:00:00+01:00", true, -1,
         "2026-11-25T02:00:00+01:00", "2026-11-25T02:00:00+01:00"},
        {"in an allow window", NIGHTS, "2026-11-24T02:00:00+01:00", false, -1,
         "2026-11-24T02:00:00+01:00", "2026-11-24T04:00:00+01:00"},
        {"deny beats allow", BUSINESS "\n" WEEKENDS, "2026-11-24T09:00:00+01:00", true, 0,
         "2026-11-27T18:00:00+01:00", "2026-11-27T18:00:00+01:00"},
        {"a holiday in a weekend", HOLIDAYS "\n" WEEKENDS, "2026-12-23T09:00:00+01:00", true, -1,
         "2027-01-03T00:00:00+01:00", "2027-01-03T00:00:00+01:00"},
        {"the pipeline that says both", NIGHTS "\n" BUSINESS, "2026-11-24T12:00:00+01:00", true, 1,
         "2026-11-25T02:00:00+01:00", "2026-11-25T02:00:00+01:00"},
        {"the longer of two", BUSINESS "\n" HOLIDAYS, "2026-12-24T12:00:00+01:00", true, 1,
         "2027-01-03T00:00:00+01:00", "2027-01-03T00:00:00+01:00"},
        {"one into the other",
         "-{schedule: '0 6 * * *', duration: 6h}\n"
         "-{schedule: '0 12 * * *', duration: 6h}",
         "2026-11-24T07:00:00+01:00", true, 0, "2026-11-24T18:00:00+01:00",
         "2026-11-24T18:00:00+01:00"},
        {"allow into allow",
         "+{schedule: '0 6 * * *', duration: 6h}\n"
         "+{schedule: '0 12 * * *', duration: 6h}",
         "2026-11-24T07:00:00+01:00", false, -1, "2026-11-24T07:00:00+01:00",
         "2026-11-24T18:00:00+01:00"},
        {"an allow that deny always covers", BUSINESS "\n+{schedule: 0 9 * * 1, duration: 1h}",
         "2026-11-24T07:00:00+01:00", true, -1, "never", "never"},
        {"an allow that is over", "+{from: 2026-01-01, to: 2026-01-02}",
         "2026-11-24T07:00:00+01:00", true, -1, "never", "never"},
        {"a deny that is over", "-{from: 2026-01-01, to: 2026-01-02}", "2026-11-24T07:00:00+01:00",
         false, -1, "2026-11-24T07:00:00+01:00", "never"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct window_set set = windows(*state, cases[i].windows);
        const struct window_set *sets[] = {&set};
        const struct window *by = NULL;
        char opens[TIMEFMT_ROOM], changes[TIMEFMT_ROOM];
        int64_t at = 0;

        assert_int_equal(timefmt_parse(view_of(cases[i].at), &at), 0);
        if (window_set_closed(&set, at, &by) != cases[i].closed ||
            window_set_closed(&set, at, NULL) != cases[i].closed ||
            by != (cases[i].by < 0 ? NULL : &set.windows[cases[i].by]) ||
            strcmp(when(window_set_opens(&set, at), &set, opens), cases[i].opens) != 0 ||
            strcmp(when(window_sets_change(sets, 1, at), &set, changes), cases[i].changes) != 0)
            fail_msg("%s: opens %s, changes %s", cases[i].name,
                     when(window_set_opens(&set, at), &set, opens),
                     when(window_sets_change(sets, 1, at), &set, changes));
    }
}

static void several_freezes_must_all_be_open(void **state)
{
    struct window_set all = windows(*state, BUSINESS "\n" HOLIDAYS "\n" NIGHTS);
    struct window_set one = {all.windows, 1}, two = {all.windows + 1, 1},
                      three = {all.windows + 2, 1};
    const struct window_set *sets[] = {&one, &two, &three};
    char out[TIMEFMT_ROOM];
    int64_t at = 0;

    assert_int_equal(timefmt_parse(VIEW("2026-12-23T12:00:00+01:00"), &at), 0);
    at = window_sets_change(sets, 3, at);
    assert_string_equal(when(at, &all, out), "2027-01-03T02:00:00+01:00");
    at = window_sets_change(sets, 3, at);
    assert_string_equal(when(at, &all, out), "2027-01-03T04:00:00+01:00");
}

static void a_deny_that_no_allow_meets_is_pointless(void **state)
{
    static const struct {
        const char *windows;
        int pointless;
    } cases[] = {
        {BUSINESS, -1},
        {NIGHTS, -1},
        {NIGHTS "\n" BUSINESS, 1},
        {"+{schedule: 0 18 * * 5, duration: 61h}\n" BUSINESS, 1},
        {WEEKENDS "\n" BUSINESS, -1}, /* it lasts until 09:00 when the clocks go forward */
        {"+{schedule: 0 0 29 2 *, duration: 24h}\n" BUSINESS, -1},
        {"+{from: 2026-11-21, to: 2026-11-22}\n" BUSINESS, -1},
        {NIGHTS "\n" HOLIDAYS, -1},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct window_set set = windows(*state, cases[i].windows);

        if (window_set_pointless(&set) !=
            (cases[i].pointless < 0 ? NULL : &set.windows[cases[i].pointless]))
            fail_msg("%s", cases[i].windows);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(freezes_open_and_close),
        cmocka_unit_test(several_freezes_must_all_be_open),
        cmocka_unit_test(a_deny_that_no_allow_meets_is_pointless),
    };

    return cmocka_run_group_tests(tests, make_fixture, drop_fixture);
}
