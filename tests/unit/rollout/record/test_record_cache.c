#include "rollout/record/record_cache.h"

#include "base/arena.h"
#include "base/mem.h"
#include "cmocka_all.h"
#include "kube/cache.h"
#include "policy/limits.h"
#include "rollout/limits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yyjson.h>

static const int64_t second = 1000 * 1000 * 1000;

static struct cache *filled(void)
{
    struct cache *c = record_cache_create(LIMIT_RECORDS_MEMORY);

    assert_non_null(c);
    cache_list_begin(c, 0);
    cache_list_end(c, 0, 0);
    return c;
}

static void put(void *cache, yyjson_val *object)
{
    cache_put(cache, 0, object, 0);
}

static void drop(void *cache, yyjson_val *object)
{
    cache_drop(cache, 0, object);
}

/* Gives the cache a ConfigMap; quotes are single ones. */
static void tell(struct cache *c, const char *config_map,
                 void (*how)(void *ctx, yyjson_val *object))
{
    char *text = strdup(config_map);
    yyjson_doc *doc;

    assert_non_null(text);
    for (char *p = text; *p; p++)
        if (*p == '\'')
            *p = '"';
    doc = yyjson_read(text, strlen(text), 0);
    assert_non_null(doc);
    how(c, yyjson_doc_get_root(doc));
    yyjson_doc_free(doc);
    free(text);
}

#define RECORD(version, text)                                                                      \
    "{'metadata':{'name':'r1','resourceVersion':'" version "','labels':{'tidegate.dev/record':"    \
    "'rollout'}},'data':{'record':'" text "'}}"

/* "version text", "none" or "unknown". */
static const char *found_at(struct cache *c, int64_t now)
{
    static char out[256];
    struct record_cache_entry entry;
    struct arena arena;
    int result;

    arena_init(&arena, LIMIT_ARENA);
    result = record_cache_find(c, VIEW("r1"), now, &arena, &entry);
    snprintf(out, sizeof(out), "%s", result ? "unknown" : "none");
    if (result == 1)
        snprintf(out, sizeof(out), "%.*s %.*s", VIEW_ARGS(entry.version), VIEW_ARGS(entry.text));
    arena_release(&arena);
    return out;
}

static void a_record_is_as_told_last(void **state)
{
    static const struct {
        const char *name, *config_map, *found;
    } table[] = {
        {"new", RECORD("7", "{}"), "7 {}"},
        {"changed", RECORD("9", "one\\ntwo"), "9 one\ntwo"},
        {"another kind",
         "{'metadata':{'name':'r1','resourceVersion':'1','labels':{'tidegate.dev/record':'x'}},"
         "'data':{'record':'{}'}}",
         "none"},
        {"back", RECORD("12", ""), "12 "},
        {"without the label",
         "{'metadata':{'name':'r1','resourceVersion':'1'},'data':{'record':'{}'}}", "none"},
        {"without a record",
         "{'metadata':{'name':'r1','resourceVersion':'1','labels':{'tidegate.dev/record':"
         "'rollout'}},'data':{'other':'{}'}}",
         "none"},
        {"without a version",
         "{'metadata':{'name':'r1','labels':{'tidegate.dev/record':'rollout'}},'data':{'record':"
         "'{}'}}",
         "none"},
    };
    struct cache *c = filled();

    (void)state;
    assert_string_equal(found_at(c, 0), "none");
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        tell(c, table[i].config_map, put);
        if (strcmp(found_at(c, 0), table[i].found) != 0)
            fail_msg("%s: %s", table[i].name, found_at(c, 0));
    }
    tell(c, RECORD("13", "{}"), put);
    assert_string_equal(found_at(c, 0), "13 {}");
    tell(c, RECORD("13", "{}"), drop);
    assert_string_equal(found_at(c, 0), "none");
    cache_free(c);
}

static void records_grow_too_old(void **state)
{
    struct cache *c = filled(), *cold = record_cache_create(1 << 20);
    int64_t last = LIMIT_RECORDS_AGE * second;

    (void)state;
    tell(c, RECORD("1", "{}"), put);
    assert_string_equal(found_at(c, last - 1), "1 {}");
    assert_string_equal(found_at(c, last), "1 {}");
    assert_string_equal(found_at(c, last + 1), "unknown");
    assert_string_equal(found_at(cold, 0), "unknown");
    cache_free(cold);
    cache_free(c);
}

static size_t length_kept(struct cache *c, size_t n)
{
    char *text = malloc(n + 200);
    struct record_cache_entry entry = {.text = {NULL, 0}};
    struct arena arena;
    int at;

    assert_non_null(text);
    at = snprintf(text, 200,
                  "{'metadata':{'name':'r1','resourceVersion':'1','labels':{"
                  "'tidegate.dev/record':'rollout'}},'data':{'record':'");
    memset(text + at, 'x', n);
    memcpy(text + at + n, "'}}", 4);
    tell(c, text, put);
    free(text);
    arena_init(&arena, LIMIT_ARENA);
    record_cache_find(c, VIEW("r1"), 0, &arena, &entry);
    arena_release(&arena);
    return entry.text.n;
}

static void a_record_is_not_too_long(void **state)
{
    struct cache *c = filled();

    (void)state;
    assert_int_equal(length_kept(c, LIMIT_RECORD - 1), LIMIT_RECORD - 1);
    assert_int_equal(length_kept(c, LIMIT_RECORD), LIMIT_RECORD);
    assert_int_equal(length_kept(c, LIMIT_RECORD + 1), 0);
    cache_free(c);
}

static void note(void *ctx, const struct record_cache_entry *entry)
{
    unsigned *seen = ctx;

    assert_true(view_eq_str(entry->name, "r1"));
    assert_true(view_eq_str(entry->version, "5"));
    assert_true(view_eq_str(entry->text, "{}"));
    ++*seen;
}

static void each_is_handed_over(void **state)
{
    struct cache *c = filled();
    unsigned seen = 0;

    (void)state;
    tell(c, RECORD("5", "{}"), put);
    assert_int_equal(record_cache_each(c, note, &seen), 0);
    assert_int_equal(seen, 1);
    cache_free(c);
}

/* Whatever fails, a record is the newest, or not known: never none. */
static void memory_runs_out(void **state)
{
    (void)state;
    for (size_t n = 1;; n++) {
        struct cache *c = filled();
        size_t made;

        tell(c, RECORD("1", "old"), put);
        mem_fail_nth(n);
        tell(c, RECORD("2", "new"), put);
        made = mem_fail_nth(0);
        if (strcmp(found_at(c, 0), "2 new") != 0)
            assert_string_equal(found_at(c, 0), "unknown");
        cache_free(c);
        if (made < n)
            return;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_is_as_told_last), cmocka_unit_test(records_grow_too_old),
        cmocka_unit_test(a_record_is_not_too_long), cmocka_unit_test(each_is_handed_over),
        cmocka_unit_test(memory_runs_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
