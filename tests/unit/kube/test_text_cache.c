#include "kube/text_cache.h"

#include "base/arena.h"
#include "base/mem.h"
#include "cmocka_all.h"
#include "policy/limits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What namespaces show is in test_namespace_cache.c: here is what they do not need. */

static struct text_cache *filled(size_t limit)
{
    struct text_cache *c = text_cache_create(limit, 100);

    assert_non_null(c);
    text_cache_begin(c);
    text_cache_end(c, 0);
    return c;
}

static enum text_answer answer(struct text_cache *c, const char *name, int64_t now)
{
    struct arena arena;
    struct view text;
    enum text_answer found;

    arena_init(&arena, LIMIT_ARENA);
    found = text_cache_find(c, view_of(name), now, &arena, &text);
    if (found == TEXT_FOUND)
        assert_true(view_eq_str(text, name));
    arena_release(&arena);
    return found;
}

/* Each text is its name. */
static void put(struct text_cache *c, const char *name)
{
    text_cache_put(c, view_of(name), view_of(name));
}

static void none_is_told_from_unknown(void **state)
{
    struct text_cache *c = text_cache_create(1 << 20, 100);

    (void)state;
    assert_int_equal(answer(c, "a", 0), TEXT_UNKNOWN);
    text_cache_begin(c);
    put(c, "a");
    assert_int_equal(answer(c, "a", 0), TEXT_UNKNOWN);
    text_cache_end(c, 0);
    assert_int_equal(answer(c, "a", 0), TEXT_FOUND);
    assert_int_equal(answer(c, "b", 0), TEXT_NONE);
    assert_int_equal(answer(c, "a", 100), TEXT_FOUND);
    assert_int_equal(answer(c, "a", 101), TEXT_UNKNOWN);
    assert_int_equal(answer(c, "b", 101), TEXT_UNKNOWN);
    text_cache_alive(c, 100);
    assert_int_equal(answer(c, "b", 101), TEXT_NONE);
    text_cache_free(c);
}

/* Until a list was whole and there was room for each of it. */
static void what_had_no_room_is_unknown(void **state)
{
    struct text_cache *c = filled(700);

    (void)state;
    put(c, "first");
    assert_int_equal(answer(c, "second", 0), TEXT_NONE);
    text_cache_put(c, VIEW("second"), (struct view){NULL, 0});
    assert_int_equal(answer(c, "second", 0), TEXT_UNKNOWN);
    assert_int_equal(answer(c, "first", 0), TEXT_FOUND);
    assert_int_equal(answer(c, "third", 0), TEXT_NONE);
    put(c, "second");
    assert_int_equal(answer(c, "second", 0), TEXT_FOUND);
    text_cache_put(c, VIEW("second"), (struct view){NULL, 0});
    text_cache_drop(c, VIEW("second"));
    assert_int_equal(answer(c, "second", 0), TEXT_NONE);
    text_cache_skip(c, NULL);
    assert_int_equal(answer(c, "second", 0), TEXT_UNKNOWN);
    assert_int_equal(answer(c, "first", 0), TEXT_FOUND);
    text_cache_begin(c);
    put(c, "first");
    for (unsigned i = 0; i < 10; i++) {
        char name[16];

        snprintf(name, sizeof(name), "name-%u", i);
        put(c, name);
        assert_true(text_cache_held(c) <= 700);
    }
    assert_in_range(text_cache_count(c), 2, 9);
    text_cache_end(c, 0);
    assert_int_equal(answer(c, "first", 0), TEXT_FOUND);
    assert_int_equal(answer(c, "name-9", 0), TEXT_UNKNOWN);
    text_cache_begin(c);
    put(c, "first");
    text_cache_end(c, 0);
    assert_int_equal(answer(c, "first", 0), TEXT_FOUND);
    assert_int_equal(answer(c, "name-9", 0), TEXT_NONE);
    text_cache_free(c);
}

struct counters {
    struct text_cache *cache;
    unsigned seen[200];
};

static void count_one(void *ctx, struct view name, struct view text)
{
    struct counters *counters = ctx;
    unsigned i;

    assert_true(view_eq(name, text));
    i = (unsigned)(name.p[0] - '0') * 100 + (unsigned)(name.p[1] - '0') * 10 +
        (unsigned)(name.p[2] - '0');
    counters->seen[i]++;
    if (counters->cache)
        text_cache_drop(counters->cache, name);
}

static void each_is_told_of_and_may_go_meanwhile(void **state)
{
    struct text_cache *c = filled(1 << 20);
    struct counters counters = {0};
    char name[16];

    (void)state;
    for (unsigned i = 0; i < 200; i++) {
        snprintf(name, sizeof(name), "%03u", i);
        put(c, name);
    }
    assert_int_equal(text_cache_each(c, count_one, &counters), 0);
    counters.cache = c;
    assert_int_equal(text_cache_each(c, count_one, &counters), 0);
    for (unsigned i = 0; i < 200; i++)
        assert_int_equal(counters.seen[i], 2);
    assert_int_equal(text_cache_count(c), 0);
    assert_int_equal(text_cache_each(c, count_one, &counters), 0);
    text_cache_put(c, VIEW("007"), (struct view){NULL, 0});
    assert_int_equal(text_cache_each(c, count_one, &counters), -1);
    text_cache_drop(c, VIEW("007"));
    assert_int_equal(text_cache_each(c, count_one, &counters), 0);
    text_cache_skip(c, NULL);
    assert_int_equal(text_cache_each(c, count_one, &counters), -1);
    text_cache_free(c);
}

static void memory_runs_out(void **state)
{
    struct text_cache *c = filled(1 << 20);
    struct counters counters = {0};

    (void)state;
    put(c, "001");
    mem_fail_nth(1);
    assert_int_equal(text_cache_each(c, count_one, &counters), -1);
    mem_fail_nth(1);
    assert_int_equal(answer(c, "001", 0), TEXT_UNKNOWN);
    mem_fail_nth(1);
    put(c, "001");
    mem_fail_nth(0);
    assert_int_equal(answer(c, "001", 0), TEXT_UNKNOWN);
    text_cache_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(none_is_told_from_unknown),
        cmocka_unit_test(what_had_no_room_is_unknown),
        cmocka_unit_test(each_is_told_of_and_may_go_meanwhile),
        cmocka_unit_test(memory_runs_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
