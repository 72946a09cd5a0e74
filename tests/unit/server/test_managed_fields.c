#include "server/managed_fields.h"

#include "base/arena.h"
#include "base/buf.h"
#include "cmocka_all.h"
#include "server/http/body.h"
#include "server/limits.h"

#include <stdlib.h>
#include <yyjson.h>

#define REVIEW(object, old)                                                                        \
    "{\"request\":{\"object\":{\"metadata\":{" object "}},\"oldObject\":{\"metadata\":{" old "}}}" \
    "}"
#define FIELDS(value) "\"managedFields\":" value
#define ENTRY                                                                                      \
    "[{\"manager\":\"kubectl\",\"fieldsV1\":{\"f:a\":{\".\":{},\"k:{\\\"name\\\":\\\"b\\\"}\":{}," \
    "\"v:\\\\\":{}}},\"l\":[]},{}]"

enum { PAD = MANAGED_FIELDS_BODY };

/* Of the review with spaces behind it, and a NUL. */
static void cut_padded(struct view review, struct arena *arena, struct managed_fields *cut)
{
    char *body = arena_alloc(arena, review.n + PAD + 1);

    memcpy(body, review.p, review.n);
    memset(body + review.n, ' ', PAD);
    managed_fields_cut((struct view){body, review.n + PAD}, arena, cut);
}

/* What is cut of a review, how much is left of it, and whether it was what it seemed. */
static void values_are_cut_at_their_place_alone(void **state)
{
    static const struct {
        const char *review, *text; /* NULL: nothing is cut */
        bool at_place;
    } cases[] = {
        {REVIEW("\"a\":1", ""), NULL, false},
        {REVIEW(FIELDS(ENTRY), ""), REVIEW(FIELDS("\"\""), ""), true},
        {REVIEW("", FIELDS(ENTRY)), REVIEW("", FIELDS("\"\"")), true},
        {REVIEW("\"a\":1," FIELDS(ENTRY) ",\"b\":2", FIELDS("[]")),
         REVIEW("\"a\":1," FIELDS("\"\"") ",\"b\":2", FIELDS("\"\"")), true},
        {REVIEW("\"labels\":{" FIELDS(ENTRY) "}", ""),
         REVIEW("\"labels\":{" FIELDS("\"\"") "}", ""), false},
        {REVIEW("\"a\":{" FIELDS("[]") "}," FIELDS("[]"), ""),
         REVIEW("\"a\":{" FIELDS("\"\"") "}," FIELDS("\"\""), ""), false},
        {REVIEW(FIELDS("[]") "," FIELDS("[]"), ""), REVIEW(FIELDS("\"\"") "," FIELDS("\"\""), ""),
         false},
        {REVIEW("\"a\\\"managedFields\":[]", ""), REVIEW("\"a\\\"managedFields\":\"\"", ""), false},
        {REVIEW("\"a\":\"\\\"managedFields\\\":[]\"", ""), NULL, false},
        {REVIEW(FIELDS("\"\""), ""), NULL, false},
        {REVIEW(FIELDS("{}"), ""), NULL, false},
        {REVIEW(FIELDS(" []"), ""), NULL, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct managed_fields cut;
        struct arena arena;
        yyjson_doc *doc;

        arena_init(&arena, 1 << 17);
        cut_padded(view_of(cases[i].review), &arena, &cut);
        assert_int_equal(!cut.text, !cases[i].text);
        if (cut.text) {
            assert_int_equal(cut.n, strlen(cases[i].text) + PAD);
            assert_memory_equal(cut.text, cases[i].text, strlen(cases[i].text));
            doc = yyjson_read_opts(cut.text, cut.n, YYJSON_READ_INSITU, NULL, NULL);
            if (managed_fields_are_cut(&cut, yyjson_doc_get_root(doc)) != cases[i].at_place)
                fail_msg("%s", cases[i].review);
            yyjson_doc_free(doc);
        }
        arena_release(&arena);
    }
}

/* Where a parser might refuse it, or see something else, nothing is cut. */
static void only_what_is_certain_is_cut(void **state)
{
    static const char *const values[] = {
        "[",
        "[\"a\"",
        "[{\"a\":}]",
        "[{\"a\" :{}}]",
        "[{\"a\":{},}]",
        "[{,}]",
        "[\"\\u0041\"]",
        "[\"\\x\"]",
        "[\"a\tb\"]",
        "[\"\xC3\xA9\"]",
        "[\"\xFF\"]",
        "[\"a\\",
        "[1]",
        "[true]",
        "[null]",
        "[ ]",
        "[{\"a\"}]",
        "[{\"a\",{}}]",
        "[{}{}]",
        "[[}]",
        "[{\"a\":[}]}]",
        "[\"a\":{}]",
        "[{\"a\":{}]",
        "[{}}",
        "[\"abcdefghijklm\x01nop\"]",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        struct managed_fields cut;
        struct arena arena;
        struct buf review;

        buf_init(&review, 1024);
        buf_printf(&review, "{\"request\":{\"object\":{\"metadata\":{\"managedFields\":%s}}}}",
                   values[i]);
        arena_init(&arena, 1 << 17);
        cut_padded(buf_view(&review), &arena, &cut);
        if (cut.text)
            fail_msg("cut: %s", values[i]);
        arena_release(&arena);
        buf_release(&review);
    }
}

/* Deeper than any API server writes; and no more of a review than is there is looked at. */
static void depth_and_length_have_an_end(void **state)
{
    struct managed_fields cut;
    struct arena arena;

    (void)state;
    arena_init(&arena, 1 << 25);
    for (int levels = 1; levels < 600; levels++) {
        struct buf review;

        buf_init(&review, 4096);
        buf_add_str(&review, "{\"managedFields\":");
        for (int i = 0; i < levels; i++)
            buf_add_char(&review, '[');
        for (int i = 0; i < levels; i++)
            buf_add_char(&review, ']');
        buf_add_char(&review, '}');
        cut_padded(buf_view(&review), &arena, &cut);
        assert_int_equal(cut.text != NULL, levels <= 61);
        buf_release(&review);
    }
    for (size_t n = 0; n < sizeof("{" FIELDS(ENTRY)) - 1; n++) {
        char *part = calloc(1, PAD + n + 1); /* under a sanitizer a byte more is found */

        memset(part, ' ', PAD);
        memcpy(part + PAD, "{" FIELDS(ENTRY), n);
        managed_fields_cut((struct view){part, PAD + n}, &arena, &cut);
        assert_null(cut.text);
        free(part);
    }
    arena_release(&arena);
}

static void small_reviews_are_left_alone(void **state)
{
    struct arena arena;
    char body[MANAGED_FIELDS_BODY + 2];

    (void)state;
    arena_init(&arena, 1 << 20);
    for (size_t n = MANAGED_FIELDS_BODY - 1; n <= MANAGED_FIELDS_BODY + 1; n++) {
        struct managed_fields cut;

        memset(body, ' ', sizeof(body));
        body[n] = '\0';
        memcpy(body, "{" FIELDS("[]") "}", sizeof("{" FIELDS("[]") "}") - 1);
        managed_fields_cut((struct view){body, n}, &arena, &cut);
        assert_int_equal(cut.text != NULL, n >= MANAGED_FIELDS_BODY);
    }
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_cut_at_their_place_alone),
        cmocka_unit_test(only_what_is_certain_is_cut),
        cmocka_unit_test(depth_and_length_have_an_end),
        cmocka_unit_test(small_reviews_are_left_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
