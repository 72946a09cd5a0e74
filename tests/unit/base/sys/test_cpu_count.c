#include "base/sys/cpu_count.h"

#include "cmocka_all.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/test-cores-XXXXXX";

static int set_up(void **state)
{
    (void)state;
    return mkdtemp(folder) && chdir(folder) == 0 ? mkdir("cpu", 0700) : -1;
}

static int tear_down(void **state)
{
    (void)state;
    unlink("cpu.max");
    unlink("cpu/cpu.cfs_quota_us");
    unlink("cpu/cpu.cfs_period_us");
    return rmdir("cpu") == 0 && chdir("/") == 0 ? rmdir(folder) : -1;
}

static void write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");

    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

/* Of the machine that runs the tests, which may have one only. */
static unsigned at_most(unsigned n)
{
    cpu_set_t set;

    assert_int_equal(sched_getaffinity(0, sizeof(set), &set), 0);
    return n < (unsigned)CPU_COUNT(&set) ? n : (unsigned)CPU_COUNT(&set);
}

static void without_a_quota_it_is_the_affinity(void **state)
{
    cpu_set_t all, one;
    int cpu = 0;

    (void)state;
    assert_int_equal(cpu_count("."), at_most(1024));
    assert_int_equal(sched_getaffinity(0, sizeof(all), &all), 0);
    while (!CPU_ISSET(cpu, &all))
        cpu++;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    assert_int_equal(sched_setaffinity(0, sizeof(one), &one), 0);
    assert_int_equal(cpu_count("."), 1);
    assert_int_equal(sched_setaffinity(0, sizeof(all), &all), 0);
}

static void a_quota_of_v1_is_rounded_up(void **state)
{
    static const struct {
        const char *quota, *period;
        unsigned cores;
    } cases[] = {{"-1\n", "100000\n", 1024},  {"50000\n", "100000\n", 1},
                 {"100000\n", "100000\n", 1}, {"100001\n", "100000\n", 2},
                 {"400000\n", "100000\n", 4}, {"100000\n", "0\n", 1024},
                 {"100000\n", "", 1024},      {"x", "100000\n", 1024}};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        write_file("cpu/cpu.cfs_quota_us", cases[i].quota);
        write_file("cpu/cpu.cfs_period_us", cases[i].period);
        assert_int_equal(cpu_count("."), at_most(cases[i].cores));
    }
}

/* With files of v1 there, too. */
static void a_quota_of_v2_is_rounded_up(void **state)
{
    static const struct {
        const char *text;
        unsigned cores;
    } cases[] = {{"max 100000\n", 1024}, {"1000 100000\n", 1},
                 {"100000 100000\n", 1}, {"150000 100000\n", 2},
                 {"99900 33300\n", 3},   {"100000 0\n", 1024},
                 {"100000\n", 1024},     {"0 100000\n", 1024},
                 {"garbage", 1024},      {"999999999999999999 1\n", 1024}};

    (void)state;
    write_file("cpu/cpu.cfs_quota_us", "100000\n");
    write_file("cpu/cpu.cfs_period_us", "100000\n");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        write_file("cpu.max", cases[i].text);
        assert_int_equal(cpu_count("."), at_most(cases[i].cores));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_quota_it_is_the_affinity),
        cmocka_unit_test(a_quota_of_v1_is_rounded_up),
        cmocka_unit_test(a_quota_of_v2_is_rounded_up),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
