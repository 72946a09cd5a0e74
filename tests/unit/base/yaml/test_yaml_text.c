#include "base/yaml/yaml_text.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/diag.h"
#include "base/limits.h"
#include "base/yaml/node.h"
#include "base/yaml/node_json.h"
#include "base/yaml/yaml.h"
#include "cmocka_all.h"

#include <string.h>
#include <yyjson.h>

static int write_json(const char *json, struct buf *out)
{
    yyjson_doc *doc = yyjson_read(json, strlen(json), 0);
    int status;

    assert_non_null(doc);
    status = yaml_text_write(yyjson_doc_get_root(doc), out);
    yyjson_doc_free(doc);
    return status;
}

static void it_looks_like_what_people_write(void **state)
{
    static const char json[] =
        "{\"kind\":\"Policy\",\"spec\":{\"rules\":[{\"id\":\"a b\",\"images\":{\"allow\":"
        "[\"ghcr.io/acme/*\",\"*\"],\"tag\":\"^v\"}},{\"n\":3,\"on\":true,\"yes\":\"no\"}],"
        "\"none\":[],\"empty\":{},\"nil\":null,\"lists\":[[1,2],[{\"a\":\"b: c\"}]]}}";
    struct buf out;

    (void)state;
    buf_init(&out, LIMIT_FILE);
    assert_int_equal(write_json(json, &out), 0);
    assert_string_equal(out.p, "kind: Policy\n"
                               "spec:\n"
                               "  rules:\n"
                               "    - id: a b\n"
                               "      images:\n"
                               "        allow:\n"
                               "          - ghcr.io/acme/*\n"
                               "          - \"*\"\n"
                               "        tag: \"^v\"\n"
                               "    - \"n\": 3\n"
                               "      \"on\": true\n"
                               "      \"yes\": \"no\"\n"
                               "  none: []\n"
                               "  empty: {}\n"
                               "  nil: null\n"
                               "  lists:\n"
                               "    - - 1\n"
                               "      - 2\n"
                               "    - - a: \"b: c\"\n");
    buf_release(&out);
}

static void a_reader_of_yaml_finds_the_same_value(void **state)
{
    static const char *const cases[] = {
        "{\"a\":\"\"}",
        "{\"a\":\"yes\"}",
        "{\"a\":\"0644\"}",
        "{\"a\":\"2026-01-01\"}",
        "{\"a\":\"1:30\"}",
        "{\"a\":\"- x\"}",
        "{\"a\":\"x: y\"}",
        "{\"a\":\"x:\"}",
        "{\"a\":\"x #y\"}",
        "{\"a\":\" x\"}",
        "{\"a\":\"x \"}",
        "{\"a\":\"'x'\"}",
        "{\"a\":\"{{x}}\"}",
        "{\"a\":\"&x\"}",
        "{\"a\":\"*x\"}",
        "{\"a\":\"!x\"}",
        "{\"a\":\"%x\"}",
        "{\"a\":\"--- x\"}",
        "{\"a\":\"...\"}",
        "{\"a\":\"-\"}",
        "{\"a\":\"a(b)@c,d=e\"}",
        "{\"a\":\"one\\ntwo\\n\\n three\\t\\\"\\\\\"}",
        "{\"a\":\"\\u0001\\u200b\\u2028\\ufeff\"}",
        "{\"a\":\"\\u00e4\\ud83d\\ude00\"}",
        "{\"true\":1,\"1\":2,\"a b\":3,\"\":4,\"c: d\":5}",
        "{\"a\":[0.05,-3,9223372036854775807,true,false]}",
        "{\"a\":[[[]],{},[{}],[{\"b\":[{\"c\":[]}]}]]}",
    };
    static const enum yaml_mode modes[] = {YAML_RULES, YAML_MANIFEST};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (size_t m = 0; m < 2; m++) {
            struct source source = {.name = VIEW("x")};
            const struct node **docs;
            struct arena arena;
            struct diags diags;
            struct buf text, back;
            size_t count = 0;

            arena_init(&arena, LIMIT_FILE);
            diags_init(&diags, &arena);
            buf_init(&text, LIMIT_FILE);
            buf_init(&back, LIMIT_FILE);
            assert_int_equal(write_json(cases[i], &text), 0);
            source.text = buf_view(&text);
            if (yaml_parse(&source, modes[m], &arena, &diags, &docs, &count) < 0 || count != 1)
                fail_msg("%s", text.p);
            node_json_write(docs[0], &back);
            {
                yyjson_doc *a = yyjson_read(cases[i], strlen(cases[i]), 0);
                yyjson_doc *b = yyjson_read(back.p, back.n, 0);

                if (!b || !yyjson_equals(yyjson_doc_get_root(a), yyjson_doc_get_root(b)))
                    fail_msg("%s became %s by\n%s", cases[i], back.p, text.p);
                yyjson_doc_free(a);
                yyjson_doc_free(b);
            }
            buf_release(&text);
            buf_release(&back);
            arena_release(&arena);
        }
    }
}

static void a_place_has_a_path(void **state)
{
    static const char text[] = "kind: Policy\n"               /* 1 */
                               "spec:\n"                      /* 2 */
                               "  rules:\n"                   /* 3 */
                               "    - id: one\n"              /* 4 */
                               "      images:\n"              /* 5 */
                               "        allow:\n"             /* 6 */
                               "          - \"a: b\"\n"       /* 7 */
                               "          - b\n"              /* 8 */
                               "    - \"x: y\": 1\n"          /* 9 */
                               "      lists:\n"               /* 10 */
                               "        - - 1\n"              /* 11 */
                               "          - 2\n"              /* 12 */
                               "        - - a: \"\\\": c\"\n" /* 13 */
                               "  mode: deny\n";              /* 14 */
    static const struct {
        unsigned line, column;
        const char *path;
    } cases[] = {
        {1, 1, ""},
        {1, 7, "kind"},
        {2, 1, "spec"},
        {3, 3, "spec"},
        {4, 7, "spec.rules[0]"},
        {4, 11, "spec.rules[0].id"},
        {5, 7, "spec.rules[0].images"},
        {6, 9, "spec.rules[0].images"},
        {6, 15, "spec.rules[0].images.allow"},
        {7, 13, "spec.rules[0].images.allow[0]"},
        {8, 13, "spec.rules[0].images.allow[1]"},
        {9, 7, "spec.rules[1]"},
        {9, 15, "spec.rules[1][\"x: y\"]"},
        {11, 13, "spec.rules[1].lists[0][0]"},
        {12, 13, "spec.rules[1].lists[0][1]"},
        {13, 16, "spec.rules[1].lists[1][0].a"},
        {14, 3, "spec.mode"},
        {14, 9, "spec.mode"},
        {99, 9, "spec.mode"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct buf out;

        buf_init(&out, LIMIT_FILE);
        buf_add_str(&out, ":");
        yaml_text_path(view_of(text), cases[i].line, cases[i].column, &out);
        assert_string_equal(out.p + 1, cases[i].path);
        buf_release(&out);
    }
}

static void nested(struct buf *json, unsigned depth)
{
    buf_reset(json);
    for (unsigned i = 0; i < depth; i++)
        buf_add_str(json, "[");
    buf_add_str(json, "1");
    for (unsigned i = 0; i < depth; i++)
        buf_add_str(json, "]");
}

static void depth_and_size_have_limits(void **state)
{
    static const int expected[] = {0, 0, -1};
    struct buf json, out;

    (void)state;
    buf_init(&json, LIMIT_FILE);
    for (int i = 0; i < 3; i++) {
        buf_init(&out, LIMIT_FILE);
        nested(&json, (unsigned)(LIMIT_YAML_DEPTH - 1 + i));
        assert_int_equal(write_json(json.p, &out), expected[i]);
        buf_release(&out);
    }
    buf_init(&out, 8);
    assert_int_equal(write_json("{\"a\":1,\"b\":2,\"c\":3}", &out), -1);
    buf_release(&out);
    buf_release(&json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_looks_like_what_people_write),
        cmocka_unit_test(a_reader_of_yaml_finds_the_same_value),
        cmocka_unit_test(a_place_has_a_path),
        cmocka_unit_test(depth_and_size_have_limits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
