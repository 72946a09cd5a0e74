#include "rollout/limits.h"
#include "rollout/record/record.h"

#include "base/buf.h"
#include "cmocka_all.h"

#include <stdio.h>

static char *text_of(const struct record *r, struct buf *buf)
{
    buf_init(buf, LIMIT_RECORD);
    record_write(r, buf);
    assert_false(buf->failed);
    return buf->p;
}

static void fill(struct record *r)
{
    const struct record_good good = {VIEW("aa"), VIEW("api:v1"), 50, 2};
    const struct record_failure failure = {VIEW("bb"),
                                           VIEW("api:v2"),
                                           VIEW("CrashLoop"),
                                           VIEW("container api\nended"),
                                           120,
                                           VIEW("aa"),
                                           VIEW("api:v1"),
                                           true,
                                           true,
                                           true,
                                           true,
                                           VIEW("shop/web")};
    const struct record_step step = {.at = 120,
                                     .what = VIEW("Failed"),
                                     .hash = VIEW("bb"),
                                     .images = VIEW("api:v2"),
                                     .message = VIEW("container api ended"),
                                     .done = VIEW("goes back"),
                                     .cause = VIEW("CrashLoop"),
                                     .pod = VIEW("api-1"),
                                     .container = VIEW("api"),
                                     .previous = true,
                                     .untold = true};

    record_init(r);
    r->kind = VIEW("Deployment");
    r->namespace_ = VIEW("shop");
    r->name = VIEW("api");
    r->uid = VIEW("u-1");
    r->guard = VIEW("all");
    r->hash = VIEW("bb");
    r->images = VIEW("api:v2");
    r->restarted = VIEW("2026-01-01T00:00:00Z");
    r->generation = 9;
    r->restart = true;
    r->state = ROLLOUT_ROLLING_BACK;
    r->since = 120;
    r->begun = 100;
    r->need = 3;
    r->obeyed = 7;
    r->message = VIEW("container \"api\" ended");
    assert_int_equal(record_add_good(r, &good), 0);
    assert_int_equal(record_add_failure(r, &failure), 0);
    assert_int_equal(record_add_step(r, &step), 0);
}

#define FILLED                                                                                     \
    "{\"version\":1,\"kind\":\"Deployment\",\"namespace\":\"shop\",\"name\":\"api\","              \
    "\"uid\":\"u-1\",\"guard\":\"all\",\"hash\":\"bb\",\"images\":\"api:v2\","                     \
    "\"restarted\":\"2026-01-01T00:00:00Z\",\"generation\":9,"                                     \
    "\"state\":\"RollingBack\",\"since\":120,\"begun\":100,\"restart\":true,\"need\":3,"           \
    "\"obeyed\":7,"                                                                                \
    "\"words\":\"container \\\"api\\\" ended\","                                                   \
    "\"healthy\":[{\"hash\":\"aa\",\"images\":\"api:v1\",\"at\":50,\"owners\":2}],"                \
    "\"failed\":[{\"hash\":\"bb\",\"images\":\"api:v2\",\"cause\":\"CrashLoop\","                  \
    "\"words\":\"container api\\nended\",\"at\":120,\"target\":\"aa\","                            \
    "\"targetImages\":\"api:v1\",\"undone\":true,\"again\":true,\"quarantined\":true,"             \
    "\"owed\":true,\"release\":\"shop/web\"}],"                                                    \
    "\"history\":[{\"at\":120,\"what\":\"Failed\",\"hash\":\"bb\",\"images\":\"api:v2\","          \
    "\"words\":\"container api ended\",\"done\":\"goes "                                           \
    "back\",\"cause\":\"CrashLoop\",\"pod\":\"api-1\","                                            \
    "\"container\":\"api\",\"previous\":true,\"untold\":true}]}"

static void a_record_is_read_as_it_was_written(void **state)
{
    struct record r, again;
    struct buf first, second;
    const char *problem;

    (void)state;
    fill(&r);
    assert_string_equal(text_of(&r, &first), FILLED);
    record_init(&again);
    assert_int_equal(record_read(buf_view(&first), &again, &problem), 0);
    assert_string_equal(text_of(&again, &second), FILLED);
    record_release(&again);
    record_release(&r);
    buf_release(&first);
    buf_release(&second);
}

static void bad_texts_are_refused(void **state)
{
    static const struct {
        const char *text, *problem;
    } cases[] = {
        {"", "is not JSON"},
        {"{", "is not JSON"},
        {"[]", "is not a JSON object"},
        {"{}", "is of another version"},
        {"{\"version\":2}", "is of another version"},
        {"{\"version\":\"1\"}", "is of another version"},
        {"{\"version\":1,\"state\":\"Odd\"}", "has no known state"},
        {"{\"version\":1,\"kind\":\"Deployment\"}", "has no known state"},
        {"{\"version\":1,\"state\":\"Healthy\",\"kind\":\"Deployment\",\"name\":\"api\"}",
         "names no workload"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct record r;
        const char *problem = NULL;

        record_init(&r);
        if (record_read(view_of(cases[i].text), &r, &problem) != 1 ||
            strcmp(problem, cases[i].problem) != 0 || r.arena.held != 0 || r.kind.n != 0)
            fail_msg("%s: %s", cases[i].text, problem);
    }
}

static void what_is_of_another_type_is_left_out(void **state)
{
    static const char text[] =
        "{\"version\":1,\"kind\":\"Deployment\",\"namespace\":\"shop\",\"name\":\"api\","
        "\"state\":\"Healthy\",\"since\":-4,\"begun\":1.5,\"hash\":7,\"returning\":\"true\","
        "\"obeyed\":18446744073709551615,\"more\":1,\"healthy\":{},\"failed\":[3,{\"hash\":\"b\"}]"
        "}";
    struct record r;
    const char *problem;

    (void)state;
    record_init(&r);
    assert_int_equal(record_read(view_of(text), &r, &problem), 0);
    assert_int_equal(r.since + r.begun + r.obeyed, 0);
    assert_null(r.hash.p);
    assert_false(r.returning);
    assert_int_equal(r.good_count, 0);
    assert_int_equal(r.failure_count, 2);
    assert_non_null(record_failure(&r, VIEW("b")));
    record_release(&r);
}

static struct view number(char room[8], size_t i)
{
    snprintf(room, 8, "h%zu", i);
    return view_of(room);
}

static void the_oldest_entry_makes_room(void **state)
{
    struct record r;
    char room[8];

    (void)state;
    record_init(&r);
    for (size_t i = 1; i <= LIMIT_RECORD_GOODS + 1; i++) {
        struct record_good good = {.hash = number(room, i)};

        assert_int_equal(record_add_good(&r, &good), 0);
        assert_int_equal(r.good_count, i < LIMIT_RECORD_GOODS ? i : LIMIT_RECORD_GOODS);
        assert_int_equal(record_good(&r, VIEW("h1")) == NULL, i > LIMIT_RECORD_GOODS);
    }
    for (size_t i = 1; i <= LIMIT_RECORD_FAILURES + 1; i++) {
        struct record_failure failure = {.hash = number(room, i)};

        assert_int_equal(record_add_failure(&r, &failure), 0);
        assert_int_equal(r.failure_count, i < LIMIT_RECORD_FAILURES ? i : LIMIT_RECORD_FAILURES);
        assert_int_equal(record_failure(&r, VIEW("h1")) == NULL, i > LIMIT_RECORD_FAILURES);
    }
    for (size_t i = 1; i <= LIMIT_RECORD_HISTORY + 1; i++) {
        struct record_step step = {.what = number(room, i)};

        assert_int_equal(record_add_step(&r, &step), 0);
        assert_int_equal(r.history_count, i < LIMIT_RECORD_HISTORY ? i : LIMIT_RECORD_HISTORY);
        assert_int_equal(view_eq_str(r.history[0].what, "h1"), i <= LIMIT_RECORD_HISTORY);
    }
    record_release(&r);
}

static void an_entry_of_the_same_template_is_renewed(void **state)
{
    struct record r;

    (void)state;
    record_init(&r);
    record_add_good(&r, &(struct record_good){.hash = VIEW("a"), .at = 1});
    record_add_good(&r, &(struct record_good){.hash = VIEW("b"), .at = 2});
    record_add_good(&r, &(struct record_good){.hash = VIEW("a"), .at = 3});
    assert_int_equal(r.good_count, 2);
    assert_true(view_eq_str(r.goods[1].hash, "a"));
    assert_int_equal(r.goods[1].at, 3);
    record_add_failure(&r, &(struct record_failure){.hash = VIEW("a")});
    record_add_failure(&r, &(struct record_failure){.hash = VIEW("b")});
    record_forgive(&r, VIEW("a"));
    assert_int_equal(r.failure_count, 1);
    assert_true(view_eq_str(r.failures[0].hash, "b"));
    record_release(&r);
}

/* Of too many entries of a text the newest are kept. */
static void too_many_entries_are_left_out(void **state)
{
    struct buf text;
    struct record r;
    const char *problem;

    (void)state;
    buf_init(&text, LIMIT_RECORD);
    buf_add_str(&text, "{\"version\":1,\"kind\":\"Deployment\",\"namespace\":\"shop\","
                       "\"name\":\"api\",\"state\":\"Healthy\",\"healthy\":[{\"hash\":\"h0\"}");
    for (int i = 1; i <= LIMIT_RECORD_GOODS; i++)
        buf_printf(&text, ",{\"hash\":\"h%d\"}", i);
    buf_add_str(&text, "]}");
    record_init(&r);
    assert_int_equal(record_read(buf_view(&text), &r, &problem), 0);
    assert_int_equal(r.good_count, LIMIT_RECORD_GOODS);
    assert_null(record_good(&r, VIEW("h0")));
    assert_non_null(record_good(&r, VIEW("h1")));
    record_release(&r);
    buf_release(&text);
}

static void long_texts_are_cut(void **state)
{
    static char text[LIMIT_RECORD_TEXT + 2];
    struct record r;

    (void)state;
    memset(text, 'a', sizeof(text));
    record_init(&r);
    for (int i = -1; i <= 1; i++) {
        struct record_step step = {.message = {text, (size_t)(LIMIT_RECORD_STEP + i)}};

        assert_int_equal(record_keep(&r, &r.message, (struct view){text, LIMIT_RECORD_TEXT + i}),
                         0);
        assert_int_equal(r.message.n, LIMIT_RECORD_TEXT - (i < 0));
        assert_int_equal(record_add_step(&r, &step), 0);
        assert_int_equal(r.history[i + 1].message.n, LIMIT_RECORD_STEP - (i < 0));
    }
    memcpy(text + LIMIT_RECORD_TEXT - 1, "\xc3\xa9", 2); /* no half of a character */
    assert_int_equal(record_keep(&r, &r.message, (struct view){text, sizeof(text)}), 0);
    assert_int_equal(r.message.n, LIMIT_RECORD_TEXT - 1);
    record_release(&r);
}

/* The fullest record that there can be, of the longest texts in their longest spelling, is within
 * the limit of a text that is read. */
static void the_fullest_record_can_be_written(void **state)
{
    static char text[LIMIT_RECORD_TEXT];
    const struct view v = {text, sizeof(text)};
    struct record r, again;
    struct buf buf;
    const char *problem;
    char room[8];

    (void)state;
    memset(text, '\x01', sizeof(text));
    record_init(&r);
    record_keep(&r, &r.message, v);
    for (size_t i = 0; i < LIMIT_RECORD_HISTORY; i++) {
        struct record_good good = {number(room, i), v, INT64_MAX, INT64_MAX};
        struct record_failure failure = {
            number(room, i), v, v, v, INT64_MAX, v, v, true, true, true, true, v};
        struct record_step step = {INT64_MAX, v, v, v, v, v, v, v, v, true, true, true};

        assert_int_equal(record_add_good(&r, &good), 0);
        assert_int_equal(record_add_failure(&r, &failure), 0);
        assert_int_equal(record_add_step(&r, &step), 0);
    }
    r.kind = r.namespace_ = r.name = r.uid = r.guard = (struct view){text, 253};
    text_of(&r, &buf);
    assert_in_range(buf.n, LIMIT_RECORD / 4, LIMIT_RECORD);
    record_init(&again);
    assert_int_equal(record_read(buf_view(&buf), &again, &problem), 0);
    assert_int_equal(again.history_count, LIMIT_RECORD_HISTORY);
    record_release(&again);
    record_release(&r);
    buf_release(&buf);
}

static void a_text_past_the_limit_is_refused(void **state)
{
    static char text[LIMIT_RECORD + 2];

    (void)state;
    for (int i = -1; i <= 1; i++) {
        const size_t n = (size_t)(LIMIT_RECORD + i);
        struct record r;
        const char *problem;

        memset(text, ' ', sizeof(text));
        memcpy(text, FILLED, sizeof(FILLED) - 1);
        record_init(&r);
        assert_int_equal(record_read((struct view){text, n}, &r, &problem), i > 0);
        if (i > 0)
            assert_string_equal(problem, "is too large");
        record_release(&r);
    }
}

/* What is replaced again and again does not fill the memory. */
static void compacting_keeps_all_but_the_waste(void **state)
{
    struct record r;
    struct buf buf;

    (void)state;
    fill(&r);
    for (int i = 0; i < 100000; i++) {
        assert_int_equal(record_keep(&r, &r.message, VIEW("container \"api\" ended")), 0);
        if (i % 100 == 0)
            record_compact(&r);
    }
    assert_string_equal(text_of(&r, &buf), FILLED);
    record_release(&r);
    buf_release(&buf);
}

static void the_name_follows_from_the_workload(void **state)
{
    static char name[300];
    struct arena arena;
    struct view edge, over, other;

    (void)state;
    arena_init(&arena, 1 << 20);
    memset(name, 'x', sizeof(name));
    assert_string_equal(record_name(VIEW("StatefulSet"), VIEW("shop"), VIEW("db.a"), &arena).p,
                        "rollout.statefulset.shop.db.a");
    edge = record_name(VIEW("DaemonSet"), VIEW("n"), (struct view){name, 233}, &arena);
    assert_int_equal(edge.n, 253);
    assert_true(view_ends(edge, "xxx"));
    over = record_name(VIEW("DaemonSet"), VIEW("n"), (struct view){name, 234}, &arena);
    other = record_name(VIEW("DaemonSet"), VIEW("n"), (struct view){name, 235}, &arena);
    assert_int_equal(over.n, 253);
    assert_int_equal(other.n, 253);
    assert_false(view_eq(over, other));
    memset(name + 205, '.', 12); /* where it is cut: no part of a DNS name begins with '-' */
    over = record_name(VIEW("DaemonSet"), VIEW("n"), (struct view){name, 234}, &arena);
    assert_true(view_ends(view_first(over, over.n - 17), "x"));
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_is_read_as_it_was_written),
        cmocka_unit_test(bad_texts_are_refused),
        cmocka_unit_test(what_is_of_another_type_is_left_out),
        cmocka_unit_test(the_oldest_entry_makes_room),
        cmocka_unit_test(an_entry_of_the_same_template_is_renewed),
        cmocka_unit_test(too_many_entries_are_left_out),
        cmocka_unit_test(long_texts_are_cut),
        cmocka_unit_test(the_fullest_record_can_be_written),
        cmocka_unit_test(a_text_past_the_limit_is_refused),
        cmocka_unit_test(compacting_keeps_all_but_the_waste),
        cmocka_unit_test(the_name_follows_from_the_workload),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
