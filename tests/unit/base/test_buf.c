#include "base/buf.h"
#include "base/mem.h"
#include "cmocka_all.h"

static void text_is_appended(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b, 1000);
    assert_string_equal(buf_view(&b).p, "");
    buf_add(&b, VIEW("a"));
    buf_add_str(&b, "bc");
    buf_add_char(&b, 'd');
    buf_printf(&b, " %d", 42);
    assert_string_equal(buf_view(&b).p, "abcd 42");
    assert_int_equal(buf_view(&b).n, 7);
    buf_reset(&b);
    assert_int_equal(buf_view(&b).n, 0);
    buf_release(&b);
}

static void numbers_have_at_least_so_many_digits(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b, 100);
    buf_add_uint(&b, 0, 1);
    buf_add_uint(&b, 42, 6);
    buf_add_char(&b, ' ');
    buf_add_uint(&b, 1234, 3);
    buf_add_char(&b, ' ');
    buf_add_uint(&b, UINT64_MAX, 0);
    buf_add_char(&b, ' ');
    buf_add_uint(&b, 7, 99);
    assert_string_equal(b.p, "0000042 1234 18446744073709551615 00000000000000000007");
    buf_release(&b);
}

static void ceiling_is_exact(void **state)
{
    (void)state;
    for (int n = 299; n <= 301; n++) {
        struct buf b;

        buf_init(&b, 300);
        buf_printf(&b, "%*d", n, 1);
        assert_int_equal(b.failed, n > 300);
        assert_int_equal(buf_view(&b).n, n > 300 ? 0 : n);
        buf_release(&b);
    }
}

static void failure_stays_until_reset(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b, 3);
    buf_add_str(&b, "ab");
    buf_add_str(&b, "cd");
    buf_add_str(&b, "e");
    assert_true(b.failed);
    assert_string_equal(buf_view(&b).p, "ab");
    buf_reset(&b);
    buf_add_str(&b, "cde");
    assert_false(b.failed);
    assert_string_equal(buf_view(&b).p, "cde");
    buf_release(&b);
}

static void lost_memory_is_a_failure(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b, 1000);
    mem_fail_nth(1);
    buf_add_str(&b, "a");
    mem_fail_nth(0);
    assert_true(b.failed);
    assert_string_equal(buf_view(&b).p, "");
    buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_appended),
        cmocka_unit_test(numbers_have_at_least_so_many_digits),
        cmocka_unit_test(ceiling_is_exact),
        cmocka_unit_test(failure_stays_until_reset),
        cmocka_unit_test(lost_memory_is_a_failure),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
