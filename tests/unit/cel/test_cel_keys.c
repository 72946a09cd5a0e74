/* Callers choose the keys of maps, and how many long ones there are. */
#include "base/clock.h"
#include "cel_test.h"
#include "cmocka_all.h"

/* How many times as long the worst may take as what it is held against. */
enum { SLOWER = 8, TIMES = 3 };

/* Keys that all begin in the same small part of a table of `room` slots, were it one of FNV-1a; or,
 * without a room, any. */
static void add_keys(struct buf *out, size_t count, uint64_t room)
{
    size_t made = 0;

    for (uint64_t i = 0; made < count; i++) {
        uint64_t hash = UINT64_C(0xcbf29ce484222325), left = i;
        char key[] = "aaaaaaaa";

        for (size_t j = 0; j < 8; j++, left /= 26)
            key[j] = (char)('a' + left % 26);
        for (size_t j = 0; j < 8; j++)
            hash = (hash ^ (unsigned char)key[j]) * UINT64_C(0x100000001b3);
        hash ^= hash >> 32;
        if (room && (hash & (room - 1)) >= room / 128)
            continue;
        buf_printf(out, "%s\"%s\":0", made++ > 0 ? "," : "", key);
    }
}

/* The least processor time of a few evaluations, of each of which the value is true. */
static int64_t time_of(const char *expression, const struct buf *json)
{
    int64_t least = INT64_MAX;

    for (int i = 0; i < TIMES; i++) {
        int64_t began = clock_thread_ns();
        struct cel_test t;

        assert_string_equal(cel_test_eval(&t, 35, expression, json->p), "true");
        began = clock_thread_ns() - began;
        least = began < least ? began : least;
    }
    return least;
}

static int64_t time_of_keys(const char *expression, size_t count, uint64_t room)
{
    struct buf json;
    int64_t took;

    buf_init(&json, 1 << 22);
    buf_add_char(&json, '{');
    add_keys(&json, count, room);
    buf_add_char(&json, '}');
    assert_false(json.failed);
    took = time_of(expression, &json);
    buf_release(&json);
    return took;
}

static void keys_that_are_chosen_cost_no_more(void **state)
{
    enum { KEYS = 30000, ROOM = 65536 };
    static const char *const expressions[] = {
        "!('x' in object)",
        "object.transformMapEntry(k, v, {k: v}).size() == 30000",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(expressions) / sizeof(expressions[0]); i++) {
        int64_t chosen = time_of_keys(expressions[i], KEYS, ROOM);
        int64_t any = time_of_keys(expressions[i], KEYS, 0);

        if (chosen > SLOWER * any)
            fail_msg("%s: %lld ns and %lld ns", expressions[i], (long long)chosen, (long long)any);
    }
}

static int64_t time_of_maps(size_t count)
{
    enum { LONG_MAP = 33 };
    struct buf json;
    int64_t took;

    buf_init(&json, 1 << 24);
    for (size_t i = 0; i < count; i++) {
        buf_add_str(&json, i > 0 ? ",{" : "[{");
        add_keys(&json, LONG_MAP, 0);
        buf_add_char(&json, '}');
    }
    buf_add_char(&json, ']');
    assert_false(json.failed);
    took = time_of("object.all(m, !has(m.x) && !has(m.y)) && object.all(m, !has(m.z))", &json);
    buf_release(&json);
    return took;
}

/* Four times as many take about four times as long, and not sixteen times. */
static void many_long_maps_cost_what_they_hold(void **state)
{
    int64_t few = time_of_maps(4000), many = time_of_maps(16000);

    (void)state;
    if (many > SLOWER * few)
        fail_msg("%lld ns and %lld ns", (long long)many, (long long)few);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_that_are_chosen_cost_no_more),
        cmocka_unit_test(many_long_maps_cost_what_they_hold),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
