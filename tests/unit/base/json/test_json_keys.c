#include "base/json/json_keys.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/json/json.h"
#include "cmocka_all.h"

#include <string.h>

/* The keys in their order, each in brackets. */
static void sort(const char *json, struct buf *out)
{
    yyjson_doc *doc = yyjson_read(json, strlen(json), 0);
    yyjson_val *map = yyjson_doc_get_root(doc);
    const struct json_key *keys;
    struct arena arena;

    arena_init(&arena, 1 << 16);
    assert_non_null(keys = json_keys_sort(map, &arena));
    for (size_t i = 0; i < yyjson_obj_size(map); i++) {
        buf_add_char(out, '[');
        buf_add(out, json_text_of(keys[i].key));
        buf_add_char(out, ']');
    }
    arena_release(&arena);
    yyjson_doc_free(doc);
}

static void by_the_bytes_of_their_text(void **state)
{
    static const struct {
        const char *json, *keys;
    } table[] = {
        {"{}", ""},
        {"[1,2]", ""},
        {"{\"b\":0,\"a\":0,\"\":0}", "[][a][b]"},
        {"{\"ab\":0,\"a\":0,\"b\":0,\"B\":0}", "[B][a][ab][b]"},
        {"{\"same-beginning-b\":0,\"same-beginning-a\":0,\"same-beginning-\":0}",
         "[same-beginning-][same-beginning-a][same-beginning-b]"},
        {"{\"x12345678b\":0,\"x12345678a\":0,\"y\":0,\"x12345678\":0}",
         "[x12345678][x12345678a][x12345678b][y]"},
        {"{\"\xC3\xA9\":0,\"z\":0}", "[z][\xC3\xA9]"},
        {"{\"a\xC3\xA9\":0,\"b\":0}", "[a\xC3\xA9][b]"},
        {"{\"a\":0,\"b\":0,\"a\":0}", "[a][a][b]"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct buf out;

        buf_init(&out, 4096);
        sort(table[i].json, &out);
        assert_string_equal(out.p ? out.p : "", table[i].keys);
        buf_release(&out);
    }
}

/* The head of a short key ends in zeros, as does that of one with a NUL: the text decides. */
static void zeros_in_keys(void **state)
{
    struct buf out;

    (void)state;
    buf_init(&out, 64);
    sort("{\"b\\u0000\":0,\"b\":0,\"a\":0}", &out);
    assert_int_equal(out.n, 10);
    assert_memory_equal(out.p, "[a][b][b\0]", 10);
    buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_the_bytes_of_their_text),
        cmocka_unit_test(zeros_in_keys),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
