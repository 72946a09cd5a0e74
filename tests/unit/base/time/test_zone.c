#include "base/arena.h"
#include "base/limits.h"
#include "base/parse_error.h"
#include "base/time/tzif.h"
#include "base/time/zone.h"
#include "unit/base/time/zones_fixture.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Rules of the north and the south, half hours, odd offsets, days left out, no daylight saving,
 * daylight saving that is negative or moves with the moon. */
static const char *const names[] = {
    "Europe/Paris",        "Europe/London",    "Europe/Dublin",
    "America/New_York",    "America/St_Johns", "America/Sao_Paulo",
    "Australia/Lord_Howe", "Australia/Sydney", "Asia/Tokyo",
    "Asia/Kathmandu",      "Pacific/Apia",     "Pacific/Chatham",
    "Africa/Casablanca",   "Africa/Cairo",     "America/Scoresbysund",
    "Antarctica/Troll",    "Etc/GMT+5",        "UTC",
};

/* The C library reads the same files by its own code. */
static void offsets_agree_with_the_c_library(void **state)
{
    const int64_t end = 4102444800; /* 2100-01-01 */

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const struct zone *zone = zones_get(state, names[i]);

        assert_int_equal(setenv("TZ", names[i], 1), 0);
        tzset();
        for (int64_t t = 0; t < end; t += 9 * 3600 + 1799) {
            const char *abbreviation;
            time_t time = (time_t)t;
            struct tm tm;

            localtime_r(&time, &tm);
            if (zone_offset(zone, t, &abbreviation) != tm.tm_gmtoff ||
                strcmp(abbreviation, tm.tm_zone) != 0)
                fail_msg("%s at %lld: %d %s, not %ld %s", names[i], (long long)t,
                         zone_offset(zone, t, NULL), abbreviation, tm.tm_gmtoff, tm.tm_zone);
        }
    }
    unsetenv("TZ");
}

/* To the second around every change, forth and back. */
static void instants_and_local_times_agree(void **state)
{
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const struct zone *zone = zones_get(state, names[i]);
        struct tz_span span;

        for (int64_t t = 0; t < 4102444800; t = span.to) {
            zone_span(zone, t, &span);
            assert_true(span.from <= t && t < span.to);
            if (span.to == INT64_MAX)
                break;
            for (int64_t near = span.to - 7300; near <= span.to + 7300; near += 100) {
                int64_t at[2] = {0, 0};
                int n = zone_instants(zone, near + zone_offset(zone, near, NULL), at);

                assert_true(n >= 1 && (at[0] == near || (n == 2 && at[1] == near)));
                assert_true(n == 1 || at[0] < at[1]);
            }
        }
    }
}

static int64_t local(int64_t year, unsigned month, unsigned day, unsigned hour, unsigned minute)
{
    return civil_seconds(&(struct civil){year, month, day, hour, minute, 0});
}

static void skipped_and_repeated_times_are_told(void **state)
{
    const struct zone *paris = zones_get(state, "Europe/Paris");
    const struct zone *apia = zones_get(state, "Pacific/Apia");
    int64_t at[2];

    assert_int_equal(zone_instants(paris, local(2026, 3, 29, 1, 59), at), 1);
    assert_int_equal(at[0], local(2026, 3, 29, 0, 59));
    assert_int_equal(zone_instants(paris, local(2026, 3, 29, 2, 0), at), 0);
    assert_int_equal(at[0], local(2026, 3, 29, 1, 0));
    assert_int_equal(zone_instants(paris, local(2026, 3, 29, 2, 59), at), 0);
    assert_int_equal(at[0], local(2026, 3, 29, 1, 0));
    assert_int_equal(zone_instants(paris, local(2026, 3, 29, 3, 0), at), 1);
    assert_int_equal(zone_instants(paris, local(2026, 10, 25, 2, 0), at), 2);
    assert_int_equal(at[0], local(2026, 10, 25, 0, 0));
    assert_int_equal(at[1], local(2026, 10, 25, 1, 0));
    assert_int_equal(zone_instants(paris, local(2026, 10, 25, 3, 0), at), 1);
    /* far beyond the table of any file */
    assert_int_equal(zone_instants(paris, local(2199, 3, 31, 2, 30), at), 0);
    assert_int_equal(zone_instants(paris, local(2199, 10, 27, 2, 30), at), 2);
    /* 30 December 2011 did not take place */
    assert_int_equal(zone_instants(apia, local(2011, 12, 30, 12, 0), at), 0);
    assert_int_equal(at[0], local(2011, 12, 30, 10, 0));
}

static void unknown_names_are_refused_with_a_near_one(void **state)
{
    static const struct {
        const char *name, *hint;
    } cases[] = {
        {"Europe/Pari", "did you mean \"Europe/Paris\"?"},
        {"europe/paris", "did you mean \"Europe/Paris\"?"},
        {"Europe/Pariss", "did you mean \"Europe/Paris\"?"},
        {"America/NewYork", "did you mean \"America/New_York\"?"},
        {"PARIS", "write a name of the IANA time zone database, like \"Europe/Paris\""},
        {"CEST", "write a name of the IANA time zone database, like \"Europe/Paris\""},
        {"", "write a name of the IANA time zone database, like \"Europe/Paris\""},
        {"Europe", "write a name of the IANA time zone database, like \"Europe/Paris\""},
        {"Europe/", NULL},
        {"Europe//Paris", NULL},
        {"/Europe/Paris", NULL},
        {"Europe/../Europe/Paris", NULL},
        {"../zoneinfo/Europe/Paris", NULL},
        {"localtime", NULL},
        {"posix/Europe/Paris", NULL},
        {"tzdata.zi", NULL},
        {"Europe/Paris\n", NULL},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct parse_error parse_error;

        if (zone_get(*state, view_of(cases[i].name), &parse_error))
            fail_msg("%s is accepted", cases[i].name);
        assert_string_equal(parse_error.why, "it is not in \"/usr/share/zoneinfo\"");
        if (cases[i].hint)
            assert_string_equal(parse_error.hint, cases[i].hint);
    }
}

static void a_zone_is_read_once(void **state)
{
    assert_ptr_equal(zones_get(state, "Europe/Paris"), zones_get(state, "Europe/Paris"));
}

static void a_machine_without_zones_says_so_and_knows_utc(void **state)
{
    struct zone_set *zones = *state;
    struct zone_set none;
    struct parse_error parse_error;

    zone_set_init(&none, "/nonexistent", zones->arena);
    assert_null(zone_get(&none, VIEW("Europe/Paris"), &parse_error));
    assert_string_equal(parse_error.why, "it is not in \"/nonexistent\"");
    assert_string_equal(parse_error.hint, "no time zone is there; install the package tzdata");
    assert_non_null(zone_get(&none, VIEW("UTC"), &parse_error));
}

static void rules_of_posix_are_read(void **state)
{
    static const struct {
        const char *text;
        int64_t at;
        int32_t offset; /* -1: the text is refused */
    } cases[] = {
        {"UTC0", 0, 0},
        {"<+0330>-3:30", 0, 12600},
        {"CET-1CEST,M3.5.0,M10.5.0/3", 1774745999, 3600},
        {"CET-1CEST,M3.5.0,M10.5.0/3", 1774746000, 7200},
        {"CET-1CEST,M3.5.0,M10.5.0/3", 1792889999, 7200},
        {"CET-1CEST,M3.5.0,M10.5.0/3", 1792890000, 3600},
        {"IST-1GMT0,M10.5.0,M3.5.0/1", 1767225600, 0},          /* negative saving */
        {"<-02>2<-01>,M3.5.0/-1,M10.5.0/0", 1774745999, -7200}, /* a time before midnight */
        {"XXX3EDT4,0/0,J365/23", 1774745999, -14400},           /* daylight time all year */
        {"XXX3EDT4,0/0,J365/23", 1767225600 + 3 * 3600, -14400},
        {"AAA0BBB,J60,J300", 1709258399, 0}, /* J60 is 1 March in leap years too */
        {"AAA0BBB,J60,J300", 1709258400, 3600},
        {"AAA0BBB,59,299", 1709172000, 3600}, /* 59 is 29 February then */
        {"", 0, -1},
        {"AB1", 0, -1},
        {"ABC", 0, -1},
        {"ABC25", 0, -1},
        {"ABC1DEF", 0, -1},
        {"ABC1DEF,M3.5.0", 0, -1},
        {"ABC1DEF,M13.5.0,M10.5.0", 0, -1},
        {"ABC1DEF,M3.6.0,M10.5.0", 0, -1},
        {"ABC1DEF,M3.5.7,M10.5.0", 0, -1},
        {"ABC1DEF,J0,J1", 0, -1},
        {"ABC1DEF,M3.5.0/168,M10.5.0", 0, -1},
        {"UTC0 ", 0, -1},
        {"<ABC0", 0, -1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct tzrule rule;
        struct tz_span span;

        if (tzrule_parse(view_of(cases[i].text), &rule) < 0) {
            if (cases[i].offset != -1)
                fail_msg("%s is refused", cases[i].text);
            continue;
        }
        tzrule_span(&rule, cases[i].at, &span);
        if (span.type->offset != cases[i].offset)
            fail_msg("%s at %lld: %d", cases[i].text, (long long)cases[i].at, span.type->offset);
    }
}

/* A version 1 file: one change at second 100 from +0 to +3600. */
static const char version_1[] = "TZif\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
                                "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\2\0\0\0\10"
                                "\0\0\0\144\1"
                                "\0\0\0\0\0\0\0\0\16\20\1\4"
                                "ABC\0DEF";

static void damaged_files_are_refused(void **state)
{
    static const struct {
        const char *name;
        size_t at;
        char byte;
        const char *problem;
    } cases[] = {
        {"magic", 0, 't', "is not a time zone file"},
        {"leap seconds", 31, 1, "is cut short"},
        {"no types", 39, 0, "is damaged"},
        {"type of a change", 48, 2, "is damaged"},
        {"offset", 55, 0x7f, "is damaged"},
        {"abbreviation", 60, 8, "is damaged"},
        {"end of an abbreviation", 68, 'X', "is damaged"},
    };
    struct zone_set *zones = *state;
    char bytes[sizeof(version_1)];
    struct tz_span span;
    struct tzif tz;

    assert_null(tzif_parse((struct view){version_1, sizeof(version_1)}, zones->arena, &tz));
    tzif_span(&tz, 99, &span);
    assert_string_equal(span.type->abbreviation, "ABC");
    tzif_span(&tz, 100, &span);
    assert_string_equal(span.type->abbreviation, "DEF");
    assert_int_equal(span.type->offset, 3600);
    for (size_t n = 0; n < sizeof(version_1); n++)
        assert_non_null(tzif_parse((struct view){version_1, n}, zones->arena, &tz));
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *problem;

        memcpy(bytes, version_1, sizeof(bytes));
        bytes[cases[i].at] = cases[i].byte;
        problem = tzif_parse((struct view){bytes, sizeof(bytes)}, zones->arena, &tz);
        if (!problem || strcmp(problem, cases[i].problem) != 0)
            fail_msg("%s: %s", cases[i].name, problem ? problem : "accepted");
    }
}

/* A folder of zones for the limits. */
struct folder {
    char path[64];
    struct arena arena;
    struct zone_set zones;
};

static void folder_open(struct folder *f)
{
    strcpy(f->path, "/tmp/tidegate-zones-XXXXXX");
    assert_non_null(mkdtemp(f->path));
    arena_init(&f->arena, 1 << 20);
    zone_set_init(&f->zones, f->path, &f->arena);
}

static void folder_close(struct folder *f)
{
    assert_int_equal(rmdir(f->path), 0);
    arena_release(&f->arena);
}

/* Writes a zone of that size (0: no file at all, but remove it). */
static void folder_put(const struct folder *f, const char *name, size_t size)
{
    char path[256];
    int fd;

    snprintf(path, sizeof(path), "%s/%s", f->path, name);
    if (size == 0) {
        assert_int_equal(unlink(path), 0);
        return;
    }
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, version_1, sizeof(version_1)), sizeof(version_1));
    assert_int_equal(ftruncate(fd, (off_t)size), 0);
    close(fd);
}

static void names_have_a_limit(void **state)
{
    struct folder f;

    (void)state;
    folder_open(&f);
    for (size_t n = LIMIT_ZONE_NAME - 1; n <= LIMIT_ZONE_NAME + 1; n++) {
        char name[LIMIT_ZONE_NAME + 2] = "";
        struct parse_error parse_error;

        memset(name, 'A', n);
        folder_put(&f, name, sizeof(version_1));
        assert_int_equal(!zone_get(&f.zones, view_of(name), &parse_error), n > LIMIT_ZONE_NAME);
        folder_put(&f, name, 0);
    }
    folder_close(&f);
}

static void files_have_a_limit(void **state)
{
    struct folder f;

    (void)state;
    folder_open(&f);
    for (size_t n = LIMIT_ZONE_FILE - 1; n <= LIMIT_ZONE_FILE + 1; n++) {
        struct parse_error parse_error;
        char name[32];

        snprintf(name, sizeof(name), "A%zu", n);
        folder_put(&f, name, n);
        assert_int_equal(!zone_get(&f.zones, view_of(name), &parse_error), n > LIMIT_ZONE_FILE);
        if (n > LIMIT_ZONE_FILE)
            assert_string_equal(parse_error.why, "its file cannot be read: File too large");
        folder_put(&f, name, 0);
    }
    folder_close(&f);
}

/* Beyond the limit the near name may be among those that are left out. */
static void near_names_are_looked_for_up_to_a_limit(void **state)
{
    struct folder f;
    struct parse_error parse_error;
    char name[32];

    (void)state;
    folder_open(&f);
    for (int n = 1; n <= LIMIT_ZONE_NAMES + 1; n++) {
        snprintf(name, sizeof(name), n == 1 ? "Europe-Paris" : "A%d", n);
        folder_put(&f, name, sizeof(version_1));
        if (n < LIMIT_ZONE_NAMES - 1)
            continue;
        assert_null(zone_get(&f.zones, VIEW("Europe-Pari"), &parse_error));
        if (n <= LIMIT_ZONE_NAMES)
            assert_string_equal(parse_error.hint, "did you mean \"Europe-Paris\"?");
    }
    for (int n = 1; n <= LIMIT_ZONE_NAMES + 1; n++) {
        snprintf(name, sizeof(name), n == 1 ? "Europe-Paris" : "A%d", n);
        folder_put(&f, name, 0);
    }
    folder_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(offsets_agree_with_the_c_library),
        cmocka_unit_test(instants_and_local_times_agree),
        cmocka_unit_test(skipped_and_repeated_times_are_told),
        cmocka_unit_test(unknown_names_are_refused_with_a_near_one),
        cmocka_unit_test(a_zone_is_read_once),
        cmocka_unit_test(a_machine_without_zones_says_so_and_knows_utc),
        cmocka_unit_test(names_have_a_limit),
        cmocka_unit_test(files_have_a_limit),
        cmocka_unit_test(near_names_are_looked_for_up_to_a_limit),
        cmocka_unit_test(rules_of_posix_are_read),
        cmocka_unit_test(damaged_files_are_refused),
    };

    return cmocka_run_group_tests(tests, zones_make, zones_drop);
}
