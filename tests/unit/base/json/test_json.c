#include "base/json/json.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/limits.h"
#include "cmocka_all.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static void strings_of_a_map(void **state)
{
    static const struct {
        const char *json, *text; /* NULL: there is none */
    } table[] = {
        {"{\"k\":\"v\"}", "v"}, {"{\"k\":\"\"}", ""},    {"{}", NULL},
        {"{\"k\":null}", NULL}, {"{\"k\":[1,2]}", NULL}, {"{\"k\":{\"k\":\"v\"}}", NULL},
        {"[\"k\"]", NULL},      {"{\"k\":7}", NULL},     {"\"k\"", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct arena arena;
        yyjson_alc memory = json_memory(&arena);
        yyjson_doc *doc;
        struct view text;

        arena_init(&arena, 64 * 1024);
        doc = yyjson_read_opts((char *)(uintptr_t)table[i].json, strlen(table[i].json), 0, &memory,
                               NULL);
        assert_non_null(doc);
        text = json_text(yyjson_doc_get_root(doc), "k");
        assert_int_equal(text.p != NULL, table[i].text != NULL);
        assert_true(view_eq(text, view_of(table[i].text)));
        arena_release(&arena);
    }
    assert_null(json_text(NULL, "k").p);
}

static yyjson_doc *read_text(const char *json)
{
    yyjson_doc *doc = yyjson_read(json, strlen(json), 0);

    if (!doc)
        fail_msg("no JSON: %s", json);
    return doc;
}

static void copies_for_jansson(void **state)
{
    static const struct {
        const char *json, *copy; /* NULL: the same text */
    } table[] = {
        {"{\"b\":1,\"a\":[true,false,null,\"x\"],\"\":{}}", NULL},
        {"[0,-1,9223372036854775807,-9223372036854775808,1.5]", NULL},
        {"[9223372036854775808]", "[9.2233720368547758e18]"},
        {"{\"a\\u0000b\":\"c\\u0000d\",\"\xC3\xA9\":\"\xE2\x82\xAC\"}", NULL},
        {"\"x\"", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        yyjson_doc *doc = read_text(table[i].json);
        json_t *copy = json_of_value(yyjson_doc_get_root(doc));
        char *text = json_dumps(copy, JSON_COMPACT | JSON_ENCODE_ANY);

        assert_string_equal(text, table[i].copy ? table[i].copy : table[i].json);
        free(text);
        json_decref(copy);
        yyjson_doc_free(doc);
    }
    assert_null(json_of_value(NULL));
}

static void copies_nest_up_to_the_limit(void **state)
{
    char json[2 * LIMIT_JSON_DEPTH + 3];

    (void)state;
    for (size_t depth = LIMIT_JSON_DEPTH - 1; depth <= LIMIT_JSON_DEPTH + 1; depth++) {
        yyjson_doc *doc;
        json_t *copy;

        memset(json, '[', depth);
        memset(json + depth, ']', depth);
        json[2 * depth] = '\0';
        doc = read_text(json);
        copy = json_of_value(yyjson_doc_get_root(doc));
        assert_int_equal(copy != NULL, depth <= LIMIT_JSON_DEPTH);
        json_decref(copy);
        yyjson_doc_free(doc);
    }
}

static void what_has_no_end(void **state)
{
    static const struct {
        const char *beginning, *whole;
    } table[] = {
        {"", ""},
        {"{", ""},
        {"{\"a\":1", ""},
        {"{\"a\":1,", "{\"a\":1}"},
        {"{\"a\":1,\"b\":{\"c\":\"d\",\"e\":\"f", "{\"a\":1,\"b\":{\"c\":\"d\"}}"},
        {"{\"a\":[{\"b\":1,\"c\":[1,2", "{\"a\":[{\"b\":1,\"c\":[1]}]}"},
        {"{\"a\":[{\"b\":1},{\"c\"", "{\"a\":[{\"b\":1}]}"},
        {"{\"a\":{\"b\":{}}", "{\"a\":{\"b\":{}}}"},
        {"{\"a\":\"{,\\\"}\",\"b\":\"\\\\\",\"c\":\"x,\\", "{\"a\":\"{,\\\"}\",\"b\":\"\\\\\"}"},
        {"{\"a\":1}", "{\"a\":1}"},
        {"}{\"a\":1,", "}{\"a\":1}"},
    };
    char nested[LIMIT_JSON_DEPTH + 2];
    struct buf out;

    (void)state;
    buf_init(&out, 4096);
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        buf_reset(&out);
        json_add_beginning(view_of(table[i].beginning), &out);
        assert_string_equal(out.p ? out.p : "", table[i].whole);
    }
    memset(nested, '[', sizeof(nested));
    for (size_t n = LIMIT_JSON_DEPTH - 1; n <= LIMIT_JSON_DEPTH + 1; n++) {
        buf_reset(&out);
        nested[n] = ']';
        json_add_beginning((struct view){nested, n + 1}, &out);
        assert_int_equal(out.n, n <= LIMIT_JSON_DEPTH ? 2 * n : 0);
        nested[n] = '[';
    }
    buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strings_of_a_map),
        cmocka_unit_test(copies_for_jansson),
        cmocka_unit_test(copies_nest_up_to_the_limit),
        cmocka_unit_test(what_has_no_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
