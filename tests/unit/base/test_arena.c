#include "base/arena.h"
#include "base/mem.h"
#include "cli/limits.h"
#include "cmocka_all.h"
#include "policy/limits.h"

#include <string.h>

enum { CEILING = 64 * 1024 };

/* The most that one allocation can have of a fresh arena: sanitizers take a little. Growing does
 * not write to the memory, so that a large one costs nothing. */
static size_t most(size_t ceiling)
{
    struct arena a;
    size_t n = ceiling;

    arena_init(&a, ceiling);
    while (!arena_grow(&a, NULL, 0, n))
        n--;
    arena_release(&a);
    return n;
}

static void ceiling_is_exact(void **state)
{
    static const size_t ceilings[] = {CEILING, LIMIT_ARENA, LIMIT_RULES_MEMORY, LIMIT_EVAL_MEMORY};

    (void)state;
    for (size_t i = 0; i < sizeof(ceilings) / sizeof(ceilings[0]); i++) {
        size_t n = most(ceilings[i]);
        struct arena a;

        assert_in_range(n, ceilings[i] - 16, ceilings[i]);
        arena_init(&a, ceilings[i]);
        assert_null(arena_grow(&a, NULL, 0, n + 1));
        assert_non_null(arena_grow(&a, NULL, 0, n));
        assert_null(arena_alloc(&a, 1));
        arena_release(&a);
        assert_non_null(arena_grow(&a, NULL, 0, n - 1));
        arena_release(&a);
    }
}

static void memory_is_zeroed_and_aligned(void **state)
{
    struct arena a;

    (void)state;
    arena_init(&a, CEILING);
    for (size_t n = 0; n < 100; n++) {
        char *p = arena_alloc(&a, n);

        assert_non_null(p);
        assert_int_equal((uintptr_t)p % 16, 0);
        for (size_t i = 0; i < n; i++)
            assert_int_equal(p[i], 0);
        memset(p, 'x', n);
    }
    arena_release(&a);
}

static void products_do_not_overflow(void **state)
{
    struct arena a;

    (void)state;
    arena_init(&a, SIZE_MAX);
    assert_null(arena_array(&a, SIZE_MAX / 2, 3));
    assert_null(arena_alloc(&a, SIZE_MAX));
    assert_null(arena_grow(&a, NULL, 0, SIZE_MAX));
    assert_non_null(arena_array(&a, 3, 5));
    arena_release(&a);
}

static void growing_keeps_the_bytes(void **state)
{
    struct arena a;
    char *p, *q, *moved;

    (void)state;
    arena_init(&a, CEILING);
    p = arena_grow(&a, NULL, 0, 4);
    strcpy(p, "abc");
    assert_ptr_equal(arena_grow(&a, p, 4, 4000), p);
    assert_ptr_equal(arena_grow(&a, p, 4000, 4), p);
    q = arena_alloc(&a, 8);
    moved = arena_grow(&a, p, 4, 4000);
    assert_ptr_not_equal(moved, p);
    assert_string_equal(moved, "abc");
    assert_null(arena_grow(&a, moved, 4000, CEILING));
    assert_string_equal(moved, "abc");
    assert_int_equal(q[0], 0);
    arena_release(&a);
}

static void text_is_copied_and_printed(void **state)
{
    struct arena a;
    struct view v;

    (void)state;
    arena_init(&a, CEILING);
    v = arena_copy(&a, VIEW("a\0b"));
    assert_int_equal(v.n, 3);
    assert_memory_equal(v.p, "a\0b", 4);
    assert_string_equal(arena_str(&a, view_of(NULL)), "");
    v = arena_printf(&a, "%s is %d", "x", 5);
    assert_string_equal(v.p, "x is 5");
    assert_int_equal(v.n, 6);
    assert_null(arena_printf(&a, "%*d", 2 * CEILING, 5).p);
    assert_null(arena_copy(&a, (struct view){v.p, 2 * CEILING}).p);
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ceiling_is_exact),
        cmocka_unit_test(memory_is_zeroed_and_aligned),
        cmocka_unit_test(products_do_not_overflow),
        cmocka_unit_test(growing_keeps_the_bytes),
        cmocka_unit_test(text_is_copied_and_printed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
