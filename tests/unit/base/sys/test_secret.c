#include "base/sys/secret.h"

#include "base/buf.h"
#include "base/limits.h"
#include "cmocka_all.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char file[] = "/tmp/test-secret-XXXXXX";

static int make_file(void **state)
{
    int fd = mkstemp(file);

    (void)state;
    return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(file);
}

static void write_file(const char *text, size_t n)
{
    FILE *f = fopen(file, "w");

    assert_non_null(f);
    fwrite(text, 1, n, f);
    fclose(f);
}

static void line_ends_are_left_out(void **state)
{
    static const char *const cases[][2] = {
        {"key", "key"}, {"key\n", "key"}, {"key\r\n\n", "key"}, {"a\nb ", "a\nb "}, {"\n", ""}};
    struct buf b;

    (void)state;
    buf_init(&b, LIMIT_TOKEN);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        write_file(cases[i][0], strlen(cases[i][0]));
        assert_int_equal(secret_read(file, &b), 0);
        assert_true(view_eq_str(buf_view(&b), cases[i][1]));
        secret_wipe(&b);
    }
    buf_release(&b);
}

static void a_file_has_a_limit(void **state)
{
    static char text[LIMIT_TOKEN + 1];
    struct buf b;

    (void)state;
    memset(text, 'x', sizeof(text));
    buf_init(&b, LIMIT_TOKEN);
    for (size_t n = LIMIT_TOKEN - 1; n <= LIMIT_TOKEN + 1; n++) {
        write_file(text, n);
        assert_int_equal(secret_read(file, &b), n > LIMIT_TOKEN ? EFBIG : 0);
        assert_int_equal(b.n, n > LIMIT_TOKEN ? 0 : n);
        secret_wipe(&b);
    }
    buf_release(&b);
}

static void nothing_is_left(void **state)
{
    struct buf b;

    (void)state;
    write_file("s3cret", 6);
    buf_init(&b, LIMIT_TOKEN);
    assert_int_equal(secret_read(file, &b), 0);
    secret_wipe(&b);
    assert_int_equal(b.n, 0);
    for (size_t i = 0; i < b.room; i++)
        assert_int_equal(b.p[i], 0);
    buf_release(&b);
}

static void there_is_no_file(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b, LIMIT_TOKEN);
    assert_int_equal(secret_read("/nowhere/at/all", &b), ENOENT);
    assert_int_equal(secret_read("/tmp", &b), EISDIR);
    buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(line_ends_are_left_out),
        cmocka_unit_test(a_file_has_a_limit),
        cmocka_unit_test(nothing_is_left),
        cmocka_unit_test(there_is_no_file),
    };

    return cmocka_run_group_tests(tests, make_file, remove_file);
}
