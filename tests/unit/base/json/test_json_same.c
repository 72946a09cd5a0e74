#include "base/json/json_same.h"

#include "base/arena.h"
#include "base/budget.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/limits.h"
#include "cmocka_all.h"
#include "policy/limits.h"
#include "slower.h"

#include <string.h>
#include <yyjson.h>

static int compare(const char *a, const char *b, struct budget *budget)
{
    yyjson_doc *as = yyjson_read(a, strlen(a), 0), *bs = yyjson_read(b, strlen(b), 0);
    struct arena arena;
    int same;

    assert_true(as && bs);
    arena_init(&arena, LIMIT_ARENA);
    same = json_same(yyjson_doc_get_root(as), yyjson_doc_get_root(bs), &arena, budget);
    arena_release(&arena);
    yyjson_doc_free(as);
    yyjson_doc_free(bs);
    return same;
}

static void values(void **state)
{
    static const struct {
        const char *a, *b;
        int same;
    } table[] = {
        {"{}", "{}", 1},
        {"{}", "[]", 0},
        {"[]", "[null]", 0},
        {"[1,2]", "[1,2]", 1},
        {"[1,2]", "[2,1]", 0},
        {"\"a\"", "\"a\"", 1},
        {"\"a\\u0000b\"", "\"a\\u0000c\"", 0},
        {"true", "false", 0},
        {"null", "false", 0},
        {"1", "\"1\"", 0},
        {"-1", "18446744073709551615", 0},
        {"{\"a\":1,\"b\":2}", "{\"b\":2,\"a\":1}", 1},
        {"{\"a\":1,\"b\":2}", "{\"b\":1,\"a\":2}", 0},
        {"{\"a\":1,\"b\":2}", "{\"a\":1,\"c\":2}", 0},
        {"{\"a\":1}", "{\"a\":1,\"b\":2}", 0},
        {"{\"a\":null}", "{}", 0},
        {"{\"ab\":1,\"a\":2,\"\":3}", "{\"\":3,\"a\":2,\"ab\":1}", 1},
        {"{\"prefix/aaaaaaaa1\":1,\"prefix/aaaaaaaa2\":2}",
         "{\"prefix/aaaaaaaa2\":2,\"prefix/aaaaaaaa1\":1}", 1},
        {"{\"a\":1,\"a\\u0000\":2}", "{\"a\\u0000\":2,\"a\":1}", 1},
        {"{\"x\":[{\"a\":{},\"b\":[]}]}", "{\"x\":[{\"b\":[],\"a\":{}}]}", 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        if (compare(table[i].a, table[i].b, NULL) != table[i].same ||
            compare(table[i].b, table[i].a, NULL) != table[i].same)
            fail_msg("%s and %s", table[i].a, table[i].b);
    assert_int_equal(json_same(NULL, NULL, NULL, NULL), 1);
}

static void absent_is_not_null(void **state)
{
    yyjson_doc *doc = yyjson_read("null", 4, 0);

    (void)state;
    assert_int_equal(json_same(NULL, yyjson_doc_get_root(doc), NULL, NULL), 0);
    assert_int_equal(json_same(yyjson_doc_get_root(doc), NULL, NULL, NULL), 0);
    yyjson_doc_free(doc);
}

static char *repeat(const char *open, const char *close, size_t times)
{
    struct buf out;

    buf_init(&out, LIMIT_BODY);
    for (size_t i = 0; i < times; i++)
        buf_add_str(&out, open);
    buf_add_str(&out, "1");
    for (size_t i = 0; i < times; i++)
        buf_add_str(&out, close);
    assert_false(out.failed);
    return out.p;
}

/* A thread of the server has a stack of 8 MiB at most. */
static void nesting_has_a_limit(void **state)
{
    static const struct {
        size_t depth;
        int same;
    } table[] = {
        {LIMIT_JSON_DEPTH - 1, 1}, {LIMIT_JSON_DEPTH, 1}, {LIMIT_JSON_DEPTH + 1, -1}, {500000, -1}};

    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        char *lists = repeat("[", "]", table[i].depth);
        char *maps = repeat("{\"a\":", "}", table[i].depth);

        assert_int_equal(compare(lists, lists, NULL), table[i].same);
        assert_int_equal(compare(maps, maps, NULL), table[i].same);
        free(lists);
        free(maps);
    }
}

static void what_the_budget_has_no_room_for(void **state)
{
    struct budget over = {.cpu_deadline = 1};

    (void)state;
    assert_int_equal(compare("[1]", "[1]", &over), -1);
}

/* {"k0":0,"k1":1,...}, from the last to the first when it is reversed. */
static char *map_of(size_t count, bool reversed)
{
    struct buf out;

    buf_init(&out, LIMIT_BODY);
    for (size_t i = 0; i < count; i++) {
        size_t n = reversed ? count - 1 - i : i;

        buf_printf(&out, "%s\"app.example.com/key-%zu\":%zu", i ? "," : "{", n, n);
    }
    buf_add_char(&out, '}');
    assert_false(out.failed);
    return out.p;
}

/* 60,000 keys from the last to the first once took 38 s. */
static void steps_grow_with_the_keys(void **state)
{
    (void)state;
    for (size_t count = 1000; count <= 64000; count *= 4) {
        char *a = map_of(count, false), *b = map_of(count, true);
        struct budget budget = {0};
        int64_t began = clock_thread_ns(), took;
        int same = compare(a, b, &budget);

        took = (clock_thread_ns() - began) / (1000 * 1000);
        free(a);
        free(b);
        assert_int_equal(same, 1);
        assert_in_range(budget.steps, count, 3 * count);
        assert_in_range(took, 0, 500 * SLOWER);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values),
        cmocka_unit_test(absent_is_not_null),
        cmocka_unit_test(nesting_has_a_limit),
        cmocka_unit_test(what_the_budget_has_no_room_for),
        cmocka_unit_test(steps_grow_with_the_keys),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
