#include "base/json.h"

#include "base/arena.h"
#include "cmocka_all.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(strings_of_a_map)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
