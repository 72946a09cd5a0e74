#include "base/text/packed.h"

#include "base/arena.h"
#include "base/buf.h"
#include "cmocka_all.h"

#define TEXT "a text, a text, a text, a text, a text, a text"

static void comes_back(void **state)
{
    struct arena arena;
    struct buf packed;

    (void)state;
    arena_init(&arena, 1 << 16);
    buf_init(&packed, 1 << 16);
    packed_add(VIEW(TEXT), 100, &packed);
    assert_false(packed.failed);
    assert_true(view_eq(packed_text(buf_view(&packed), sizeof(TEXT) - 1, &arena), VIEW(TEXT)));
    assert_null(packed_text(buf_view(&packed), sizeof(TEXT) - 2, &arena).p);
    buf_release(&packed);
    arena_release(&arena);
}

static void is_not_written_beyond_the_limit(void **state)
{
    struct buf packed;

    (void)state;
    buf_init(&packed, 1 << 16);
    packed_add(VIEW(TEXT), 5, &packed);
    assert_true(packed.failed);
    assert_int_equal(packed.n, 0);
    buf_release(&packed);
}

static void is_refused(void **state)
{
    static const char *const bad[] = {"", "no base64!", "bm8gemxpYg=="};
    struct arena arena;

    (void)state;
    arena_init(&arena, 1 << 16);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_null(packed_text(view_of(bad[i]), 100, &arena).p);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comes_back),
        cmocka_unit_test(is_not_written_beyond_the_limit),
        cmocka_unit_test(is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
