#include "kube/namespace_cache.h"

#include "base/arena.h"
#include "base/mem.h"
#include "cmocka_all.h"
#include "kube/cache.h"
#include "kube/limits.h"
#include "policy/limits.h"
#include "server/limits.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yyjson.h>

static const int64_t second = 1000 * 1000 * 1000;

/* Gives the cache an object as a watch does; labels NULL: metadata without any. */
static void tell(struct cache *c, const char *name, const char *labels, bool is_there)
{
    char text[1024];
    yyjson_doc *doc;

    snprintf(text, sizeof(text), "{\"metadata\":{\"name\":\"%s\"%s%s}}", name,
             labels ? ",\"labels\":" : "", labels ? labels : "");
    doc = yyjson_read(text, strlen(text), 0);
    assert_non_null(doc);
    if (is_there)
        cache_put(c, 0, yyjson_doc_get_root(doc), 0);
    else
        cache_drop(c, 0, yyjson_doc_get_root(doc));
    yyjson_doc_free(doc);
}

static void put(struct cache *c, const char *name, const char *labels)
{
    tell(c, name, labels, true);
}

static void drop(struct cache *c, const char *name)
{
    tell(c, name, NULL, false);
}

/* The labels as text, "?" when they are not known. */
static const char *labels_at(struct cache *c, const char *name, int64_t now)
{
    static char text[512];
    struct arena arena;
    yyjson_val *labels = NULL;
    char *json;

    arena_init(&arena, LIMIT_ARENA);
    strcpy(text, "?");
    if (namespace_cache_labels(c, view_of(name), now, &arena, &labels)) {
        json = yyjson_val_write(labels, 0, NULL);
        snprintf(text, sizeof(text), "%s", json);
        free(json);
    }
    arena_release(&arena);
    return text;
}

static const char *labels(struct cache *c, const char *name)
{
    return labels_at(c, name, second);
}

static struct cache *filled(size_t limit)
{
    struct cache *c = namespace_cache_create(limit);

    assert_non_null(c);
    cache_list_begin(c, 0);
    cache_list_end(c, 0, second);
    return c;
}

static void labels_are_as_told_last(void **state)
{
    struct cache *c = filled(1 << 20);

    (void)state;
    assert_string_equal(labels(c, "a"), "?");
    put(c, "a", "{\"stage\":\"dev\",\"x\":\"\\\"\\n\"}");
    put(c, "b", NULL);
    put(c, "d", "[]");
    assert_string_equal(labels(c, "a"), "{\"stage\":\"dev\",\"x\":\"\\\"\\n\"}");
    assert_string_equal(labels(c, "b"), "{}");
    assert_string_equal(labels(c, "d"), "{}");
    assert_string_equal(labels(c, "c"), "?");
    put(c, "a", "{}");
    assert_string_equal(labels(c, "a"), "{}");
    drop(c, "a");
    drop(c, "never");
    assert_string_equal(labels(c, "a"), "?");
    assert_int_equal(cache_count(c), 2);
    drop(c, "b");
    drop(c, "d");
    assert_int_equal(cache_count(c), 0);
    cache_free(c);
}

static void nothing_is_known_before_a_list_was_whole(void **state)
{
    struct cache *c = namespace_cache_create(1 << 20);

    (void)state;
    assert_int_equal(cache_age(c, second), -1);
    cache_list_begin(c, 0);
    put(c, "a", "{}");
    assert_string_equal(labels(c, "a"), "?");
    cache_list_begin(c, 0); /* the first try ended half way */
    put(c, "b", "{}");
    assert_string_equal(labels(c, "b"), "?");
    cache_list_end(c, 0, second);
    assert_string_equal(labels(c, "a"), "?");
    assert_string_equal(labels(c, "b"), "{}");
    cache_free(c);
}

static void what_a_new_list_does_not_name_is_gone(void **state)
{
    struct cache *c = filled(1 << 20);

    (void)state;
    put(c, "kept", "{\"a\":\"1\"}");
    put(c, "gone", "{\"a\":\"1\"}");
    cache_list_begin(c, 0);
    put(c, "kept", "{\"a\":\"2\"}");
    assert_string_equal(labels(c, "kept"), "{\"a\":\"2\"}");
    assert_string_equal(labels(c, "gone"), "{\"a\":\"1\"}");
    cache_list_end(c, 0, second);
    assert_string_equal(labels(c, "kept"), "{\"a\":\"2\"}");
    assert_string_equal(labels(c, "gone"), "?");
    cache_free(c);
}

static void labels_grow_too_old(void **state)
{
    struct cache *c = filled(1 << 20);
    int64_t last = second + LIMIT_NAMESPACES_AGE * second;

    (void)state;
    put(c, "a", "{}");
    assert_string_equal(labels_at(c, "a", last - 1), "{}");
    assert_string_equal(labels_at(c, "a", last), "{}");
    assert_string_equal(labels_at(c, "a", last + 1), "?");
    assert_int_equal(cache_age(c, last), LIMIT_NAMESPACES_AGE * second);
    cache_heartbeat(c, 0, last);
    assert_string_equal(labels_at(c, "a", last + 1), "{}");
    cache_free(c);
}

static void what_has_no_room_is_not_known(void **state)
{
    struct cache *c = filled(2048);
    char name[32];
    size_t known;

    (void)state;
    for (unsigned i = 0; i < 100; i++) {
        snprintf(name, sizeof(name), "n%u", i);
        put(c, name, "{\"a\":\"b\"}");
        assert_true(cache_held(c) <= 2048);
    }
    known = cache_count(c);
    assert_in_range(known, 10, 99);
    assert_string_equal(labels(c, "n0"), "{\"a\":\"b\"}");
    assert_string_equal(labels(c, "n99"), "?");
    put(c, "n0",
        "{\"a\":\"a label of which there is more than there is room for, so that the old "
        "one must not be used in its place: it is longer than what is left of the 2048 bytes after "
        "the old one went\"}");
    assert_string_equal(labels(c, "n0"), "?");
    assert_int_equal(cache_count(c), known - 1);
    cache_free(c);
}

/* Whatever fails, labels are the newest, or not known. */
static void memory_runs_out(void **state)
{
    (void)state;
    for (size_t n = 1;; n++) {
        struct cache *c = filled(1 << 20);
        size_t made;

        put(c, "a", "{\"a\":\"1\"}");
        mem_fail_nth(n);
        put(c, "a", "{\"a\":\"2\"}");
        put(c, "b", "{\"b\":\"1\"}");
        made = mem_fail_nth(0);
        assert_true(strcmp(labels(c, "a"), "{\"a\":\"2\"}") == 0 ||
                    strcmp(labels(c, "a"), "?") == 0);
        assert_true(strcmp(labels(c, "b"), "{\"b\":\"1\"}") == 0 ||
                    strcmp(labels(c, "b"), "?") == 0);
        cache_free(c);
        if (made < n)
            return;
    }
}

enum { MANY = 10000 };

static void name_of(char out[32], unsigned i)
{
    snprintf(out, 32, "team-%u-production", i);
}

static void ten_thousand_take_little_memory(void **state)
{
    struct cache *c = filled(LIMIT_NAMESPACES_MEMORY);
    char name[32], text[256];

    (void)state;
    for (unsigned round = 0; round < 2; round++) {
        cache_list_begin(c, 0);
        for (unsigned i = 0; i < MANY; i++) {
            name_of(name, i);
            snprintf(text, sizeof(text),
                     "{\"kubernetes.io/metadata.name\":\"%s\",\"stage\":\"production\","
                     "\"team\":\"team-%u\",\"round\":\"%u\"}",
                     name, i, round);
            put(c, name, text);
        }
        cache_list_end(c, 0, second);
        assert_int_equal(cache_count(c), MANY);
        assert_true(cache_held(c) < MANY * 384);
    }
    assert_string_equal(labels(c, "team-77-production"),
                        "{\"kubernetes.io/metadata.name\":\"team-77-production\",\"stage\":"
                        "\"production\",\"team\":\"team-77\",\"round\":\"1\"}");
    print_message("%d namespaces: %zu bytes\n", MANY, cache_held(c));
    cache_list_begin(c, 0);
    cache_list_end(c, 0, second);
    assert_int_equal(cache_count(c), 0);
    cache_free(c);
}

/* --- threads ---------------------------------------------------------------------------------- */

struct race {
    struct cache *cache;
    atomic_bool over;
    atomic_uint wrong;
};

/* What is known of a namespace always names it. */
static void *read_on(void *arg)
{
    struct race *race = arg;

    for (unsigned i = 0; !atomic_load(&race->over); i++) {
        struct arena arena;
        yyjson_val *found = NULL;
        char name[32];

        name_of(name, i % 100);
        arena_init(&arena, LIMIT_ARENA);
        if (namespace_cache_labels(race->cache, view_of(name), second, &arena, &found) &&
            strcmp(yyjson_get_str(yyjson_obj_get(found, "is")), name) != 0)
            atomic_fetch_add(&race->wrong, 1);
        arena_release(&arena);
    }
    return NULL;
}

static void readers_and_the_writer(void **state)
{
    struct race race = {.cache = filled(1 << 20)};
    pthread_t readers[3];
    char name[32], text[64];

    (void)state;
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&readers[i], NULL, read_on, &race), 0);
    for (unsigned i = 0; i < 5000; i++) {
        if (i % 500 == 0)
            cache_list_begin(race.cache, 0);
        name_of(name, i % 150);
        snprintf(text, sizeof(text), "{\"is\":\"%s\"}", name);
        if (i % 7 == 0)
            drop(race.cache, name);
        else
            put(race.cache, name, text);
        if (i % 500 == 300)
            cache_list_end(race.cache, 0, second);
        cache_heartbeat(race.cache, 0, second);
    }
    atomic_store(&race.over, true);
    for (size_t i = 0; i < 3; i++)
        pthread_join(readers[i], NULL);
    assert_int_equal(race.wrong, 0);
    cache_free(race.cache);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(labels_are_as_told_last),
        cmocka_unit_test(nothing_is_known_before_a_list_was_whole),
        cmocka_unit_test(what_a_new_list_does_not_name_is_gone),
        cmocka_unit_test(labels_grow_too_old),
        cmocka_unit_test(what_has_no_room_is_not_known),
        cmocka_unit_test(memory_runs_out),
        cmocka_unit_test(ten_thousand_take_little_memory),
        cmocka_unit_test(readers_and_the_writer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
