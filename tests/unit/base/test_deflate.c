#include "base/deflate.h"

#include "base/buf.h"
#include "cmocka_all.h"

enum { ROOM = 1 << 20 };

static void round_trip(struct view text)
{
    struct buf packed, back;

    buf_init(&packed, ROOM);
    buf_init(&back, ROOM);
    deflate_add(text, &packed);
    assert_false(packed.failed);
    deflate_undo(buf_view(&packed), &back);
    assert_false(back.failed);
    assert_true(view_eq(buf_view(&back), text));
    buf_release(&packed);
    buf_release(&back);
}

static void comes_back(void **state)
{
    struct buf large;

    (void)state;
    round_trip(VIEW(""));
    round_trip(VIEW("a"));
    buf_init(&large, ROOM);
    for (int i = 0; i < 20000; i++)
        buf_printf(&large, "%d ", i * 7919);
    round_trip(buf_view(&large));
    buf_release(&large);
}

static void stops_at_the_limit(void **state)
{
    struct buf zeros, packed, back;

    (void)state;
    buf_init(&zeros, ROOM);
    buf_init(&packed, ROOM);
    for (int i = 0; i < 10000; i++)
        buf_add_char(&zeros, '0');
    deflate_add(buf_view(&zeros), &packed);
    assert_true(packed.n < 100);
    buf_init(&back, 9999);
    deflate_undo(buf_view(&packed), &back);
    assert_true(back.failed);
    buf_release(&back);
    buf_init(&back, 10000);
    deflate_undo(buf_view(&packed), &back);
    assert_false(back.failed);
    buf_release(&packed);
    buf_init(&packed, 5);
    deflate_add(buf_view(&zeros), &packed);
    assert_true(packed.failed);
    buf_release(&packed);
    buf_release(&back);
    buf_release(&zeros);
}

static void refuses_what_is_cut_or_foreign(void **state)
{
    struct buf packed, back;

    (void)state;
    buf_init(&packed, ROOM);
    deflate_add(VIEW("some text that is long enough"), &packed);
    for (size_t n = 0; n < packed.n; n++) {
        buf_init(&back, ROOM);
        deflate_undo(view_first(buf_view(&packed), n), &back);
        assert_true(back.failed);
        buf_release(&back);
    }
    buf_init(&back, ROOM);
    deflate_undo(VIEW("{\"hash\":\"a\"}"), &back);
    assert_true(back.failed);
    buf_release(&back);
    buf_release(&packed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comes_back),
        cmocka_unit_test(stops_at_the_limit),
        cmocka_unit_test(refuses_what_is_cut_or_foreign),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
