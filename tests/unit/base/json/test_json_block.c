#include "base/arena.h"
#include "base/json/json_block.h"
#include "base/mem.h"
#include "cmocka_all.h"

#include <stdlib.h>
#include <string.h>
#include <yyjson.h>

static const struct {
    const char *name, *json;
} cases[] = {
    {"a null", "null"},
    {"a number", "-1.5"},
    {"a string", "\"a\""},
    {"an empty string", "\"\""},
    {"an empty map", "{}"},
    {"an empty list", "[]"},
    {"a string with a NUL", "\"a\\u0000b\""},
    {"labels", "{\"stage\":\"dev\",\"x\":\"\\\"\\n\",\"empty\":\"\"}"},
    {"a tree", "{\"a\":[1,[],{\"b\":[true,\"c\"]},{}],\"d\":{\"e\":{\"f\":[[\"g\"]]}},\"h\":null}"},
    {"the same key twice", "{\"a\":\"1\",\"a\":\"2\"}"},
};

/* The text of a value that was kept as a block, which has nothing of the document. */
static char *through_block(yyjson_val *value, yyjson_doc *doc)
{
    struct arena arena, other;
    struct view block, copy;
    char *text;

    arena_init(&arena, 1 << 20);
    arena_init(&other, 1 << 20);
    block = json_block_write(value, &arena);
    copy = arena_copy(&other, block);
    arena_release(&arena);
    yyjson_doc_free(doc);
    text = yyjson_val_write(json_block_open(copy), 0, NULL);
    arena_release(&other);
    return text;
}

static void a_value_is_as_it_was(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        yyjson_doc *doc = yyjson_read(cases[i].json, strlen(cases[i].json), 0);
        char *text;

        assert_non_null(doc);
        text = through_block(yyjson_doc_get_root(doc), doc);
        if (!text || strcmp(text, cases[i].json) != 0)
            fail_msg("%s: %s", cases[i].name, text ? text : "nothing");
        free(text);
    }
}

static void a_part_of_a_document(void **state)
{
    const char *json = "{\"before\":[\"x\",{}],\"part\":{\"a\":[\"b\"]},\"after\":\"y\"}";
    yyjson_doc *doc = yyjson_read(json, strlen(json), 0);
    char *text = through_block(yyjson_obj_get(yyjson_doc_get_root(doc), "part"), doc);

    (void)state;
    assert_string_equal(text, "{\"a\":[\"b\"]}");
    free(text);
}

/* A number that is kept as its text. */
static void a_raw_number(void **state)
{
    const char *json = "[1e999]";
    yyjson_doc *doc = yyjson_read_opts((char *)(uintptr_t)json, strlen(json),
                                       YYJSON_READ_NUMBER_AS_RAW, NULL, NULL);
    char *text = through_block(yyjson_doc_get_root(doc), doc);

    (void)state;
    assert_string_equal(text, json);
    free(text);
}

/* Wherever the document was in memory. */
static void same_values_are_same_bytes(void **state)
{
    const char *texts[] = {"{\"a\":[\"b\", 1]}", "{ \"a\" : [ \"b\",1 ] }", "{\"a\":[\"c\",1]}"};
    struct view blocks[3];
    struct arena arena;

    (void)state;
    arena_init(&arena, 1 << 20);
    for (size_t i = 0; i < 3; i++) {
        yyjson_doc *doc = yyjson_read(texts[i], strlen(texts[i]), 0);

        blocks[i] = json_block_write(yyjson_doc_get_root(doc), &arena);
        yyjson_doc_free(doc);
    }
    assert_true(view_eq(blocks[0], blocks[1]));
    assert_false(view_eq(blocks[0], blocks[2]));
    arena_release(&arena);
}

static void memory_runs_out(void **state)
{
    yyjson_doc *doc = yyjson_read("[\"a\"]", 5, 0);
    struct view block;
    struct arena arena;

    (void)state;
    arena_init(&arena, 1 << 20);
    mem_fail_nth(1);
    block = json_block_write(yyjson_doc_get_root(doc), &arena);
    mem_fail_nth(0);
    assert_null(block.p);
    assert_null(json_block_open(block));
    arena_release(&arena);
    yyjson_doc_free(doc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_is_as_it_was), cmocka_unit_test(a_part_of_a_document),
        cmocka_unit_test(a_raw_number),         cmocka_unit_test(same_values_are_same_bytes),
        cmocka_unit_test(memory_runs_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
