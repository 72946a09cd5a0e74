#include "base/sys/subprocess.h"

#include "base/buf.h"
#include "base/mem.h"
#include "cmocka_all.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum { ROOM = 16 };

static const char *const no_env[] = {NULL};

static int run(const char *script, const char *const *env, int seconds, struct buf *out)
{
    const char *const argv[] = {"sh", "-c", script, NULL};
    const struct subprocess p = {argv, env, false, seconds};

    buf_init(out, ROOM);
    return subprocess_run(&p, out);
}

static void what_comes_of_it(void **state)
{
    static const struct {
        const char *script, *out;
        int status;
    } table[] = {
        {"printf hello", "hello", 0},
        {"printf no; exit 3", "no", 3},
        {"kill -TERM $$", "", 128 + SIGTERM},
        {"cat", "", 0}, /* standard input is empty */
        {"sleep 100 & printf early", "early", 0},
        {"exec >&-; exit 4", "", 4},
        {"printf 0123456789abcdef", "0123456789abcdef", 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct buf out;

        assert_int_equal(run(table[i].script, no_env, 60, &out), table[i].status);
        assert_true(view_eq_str(buf_view(&out), table[i].out));
        buf_release(&out);
    }
}

static void what_ends_it(void **state)
{
    const char *const gone[] = {"/nowhere/at-all", NULL};
    const struct subprocess p = {gone, no_env, false, 60};
    struct buf out;

    (void)state;
    assert_int_equal(run("printf 0123456789abcdefg; sleep 100", no_env, 60, &out), -1);
    assert_int_equal(errno, EFBIG);
    buf_release(&out);
    assert_int_equal(run("exec sleep 100", no_env, 1, &out), -1);
    assert_int_equal(errno, ETIMEDOUT);
    buf_release(&out);
    buf_init(&out, ROOM);
    assert_int_equal(subprocess_run(&p, &out), -1);
    assert_int_equal(errno, ENOENT);
    buf_release(&out);
}

static void its_environment(void **state)
{
    const char *const env[] = {"ABC=ours", "NEW=1", NULL};
    struct buf out;

    (void)state;
    setenv("ABC", "theirs", 1);
    setenv("ABCD", "kept", 1);
    assert_int_equal(run("printf %s,%s,%s \"$ABC\" \"$ABCD\" \"$NEW\"", env, 60, &out), 0);
    assert_string_equal(out.p, "ours,kept,1");
    buf_release(&out);
}

/* A signal that we ignore ends others. */
static void a_closed_pipe_ends_it(void **state)
{
    struct buf out;

    (void)state;
    signal(SIGPIPE, SIG_IGN);
    assert_int_equal(run("kill -PIPE $$; printf alive", no_env, 60, &out), 128 + SIGPIPE);
    buf_release(&out);
}

static void memory_runs_out(void **state)
{
    struct buf out;

    (void)state;
    buf_init(&out, ROOM);
    mem_fail_nth(1);
    assert_int_equal(run("true", no_env, 60, &out), -1);
    assert_int_equal(errno, ENOMEM);
    mem_fail_nth(0);
    buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_comes_of_it), cmocka_unit_test(what_ends_it),
        cmocka_unit_test(its_environment),  cmocka_unit_test(a_closed_pipe_ends_it),
        cmocka_unit_test(memory_runs_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
