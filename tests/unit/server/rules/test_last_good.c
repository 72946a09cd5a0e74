#include "server/rules/last_good.h"

#include "base/arena.h"
#include "base/buf.h"
#include "cmocka_all.h"
#include "policy/limits.h"
#include "server/limits.h"

#include <stdlib.h>
#include <string.h>
#include <yyjson.h>

static yyjson_doc *parsed(const struct buf *text)
{
    yyjson_doc *doc = yyjson_read(text->p, text->n, 0);

    assert_non_null(doc);
    return doc;
}

static void what_is_written_is_read(void **state)
{
    const struct last_good good = {VIEW("policy/shop"), VIEW("uid-1"),
                                   VIEW("kind: Policy\n\"\\\n")};
    struct last_good back;
    struct arena arena;
    yyjson_doc *doc;
    struct buf text;

    (void)state;
    arena_init(&arena, LIMIT_ARENA);
    buf_init(&text, LIMIT_BODY);
    assert_int_equal(last_good_write(&good, &text), 0);
    doc = parsed(&text);
    assert_int_equal(last_good_read(yyjson_doc_get_root(doc), &arena, &back), 0);
    assert_true(view_eq(back.object, good.object));
    assert_true(view_eq(back.definition, good.definition));
    assert_true(view_eq(back.text, good.text));
    yyjson_doc_free(doc);
    buf_release(&text);
    arena_release(&arena);
}

static void another_configmap_is_none(void **state)
{
    static const char *const cases[] = {
        "{}",
        "{\"data\":{\"object\":\"policy/shop\",\"definition\":\"u\"}}",
        "{\"data\":{\"object\":\"policy/"
        "shop\",\"definition\":\"u\"},\"binaryData\":{\"text\":\"?\"}}",
        "{\"data\":{\"object\":\"policy/"
        "shop\",\"definition\":\"u\"},\"binaryData\":{\"text\":\"YWJj\"}}",
        "{\"data\":{\"object\":\"shop\",\"definition\":\"u\"},\"binaryData\":{\"text\":"
        "\"eNorSS0uAQAEXQHB\"}}",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        yyjson_doc *doc = yyjson_read(cases[i], strlen(cases[i]), 0);
        struct last_good good;
        struct arena arena;

        arena_init(&arena, LIMIT_ARENA);
        if (last_good_read(yyjson_doc_get_root(doc), &arena, &good) == 0)
            fail_msg("%s", cases[i]);
        arena_release(&arena);
        yyjson_doc_free(doc);
    }
}

static void a_name_has_room(void **state)
{
    struct arena arena;
    char object[512];

    (void)state;
    arena_init(&arena, LIMIT_ARENA);
    assert_true(
        view_eq(last_good_name(VIEW("policy/shop"), &arena), VIEW("tidegate-rules.policy.shop")));
    memset(object, 'a', sizeof(object));
    memcpy(object, "policy/", 7);
    for (size_t n = 238; n <= 260; n++) {
        struct view name = last_good_name((struct view){object, n}, &arena);

        assert_int_equal(name.n, n + strlen("tidegate-rules.") <= 253 ? n + 15 : 253);
    }
    arena_release(&arena);
}

/* A label of a name begins and ends with a letter or a digit, wherever the name is cut. */
static void a_name_is_cut_into_a_name(void **state)
{
    struct arena arena;
    char object[260];

    (void)state;
    arena_init(&arena, LIMIT_ARENA);
    for (size_t at = 200; at < sizeof(object) - 1; at++) {
        struct view name;

        memset(object, 'a', sizeof(object));
        memcpy(object, "policy/", 7);
        object[at] = '.';
        object[at - 3] = object[at - 2] = '-';
        name = last_good_name((struct view){object, sizeof(object)}, &arena);
        assert_in_range(name.n, 1, 253);
        for (size_t i = 0; i + 1 < name.n; i++)
            if (strchr(".-", name.p[i]) && strchr(".-", name.p[i + 1]) &&
                (name.p[i] != '-' || name.p[i + 1] != '-'))
                fail_msg("%.*s", VIEW_ARGS(name));
    }
    arena_release(&arena);
}

/* Bytes that do not become smaller. */
static void make_noise(struct buf *out, size_t n)
{
    uint64_t x = 88172645463325252;

    buf_reset(out);
    while (out->n < n) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        buf_add_char(out, (char)(x >> 32));
    }
}

static int write_noise(struct buf *noise, size_t n, size_t *size)
{
    const struct last_good good = {VIEW("policy/shop"), VIEW("u"),
                                   (make_noise(noise, n), buf_view(noise))};
    struct buf text;
    int status;

    buf_init(&text, LIMIT_BODY);
    status = last_good_write(&good, &text);
    *size = text.n;
    buf_release(&text);
    return status;
}

/* One below LIMIT_LAST_GOOD or at it, and above: base64 goes by threes. */
static void its_size_has_a_limit(void **state)
{
    size_t low = 0, high = LIMIT_RULE_OBJECT, size;
    struct buf noise;

    (void)state;
    buf_init(&noise, LIMIT_BODY);
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;

        if (write_noise(&noise, middle, &size) == 0)
            low = middle;
        else
            high = middle;
    }
    assert_int_equal(write_noise(&noise, low, &size), 0);
    assert_in_range(size, LIMIT_LAST_GOOD - 4, LIMIT_LAST_GOOD);
    assert_int_equal(write_noise(&noise, high, &size), -1);
    assert_in_range(size, LIMIT_LAST_GOOD + 1, LIMIT_LAST_GOOD + 4);
    buf_release(&noise);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read), cmocka_unit_test(another_configmap_is_none),
        cmocka_unit_test(a_name_has_room),         cmocka_unit_test(a_name_is_cut_into_a_name),
        cmocka_unit_test(its_size_has_a_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
