#include "kube/cache.h"

#include "base/arena.h"
#include "base/json/json.h"
#include "base/mem.h"
#include "cmocka_all.h"
#include "kube/cache_table.h"
#include "policy/limits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What namespaces show is in test_namespace_cache.c: here is what they do not need. */

static struct cache *filled(size_t limit)
{
    const struct cache_options options = {.limit = limit, .max_age = 100};
    struct cache *c = cache_create(&options);

    assert_non_null(c);
    cache_list_begin(c, 0);
    cache_list_end(c, 0, 0);
    return c;
}

static enum cache_answer answer(struct cache *c, const char *name, int64_t now)
{
    struct arena arena;
    struct view text;
    enum cache_answer found;

    arena_init(&arena, LIMIT_ARENA);
    found = cache_find(c, view_of(name), now, &arena, &text);
    if (found == CACHE_FOUND)
        assert_true(view_eq_str(text, name));
    arena_release(&arena);
    return found;
}

/* Each text is its name. */
static void put(struct cache *c, const char *name)
{
    cache_upsert(c, 0, view_of(name), view_of(name));
}

static void none_is_told_from_unknown(void **state)
{
    const struct cache_options options = {.limit = 1 << 20, .max_age = 100};
    struct cache *c = cache_create(&options);

    (void)state;
    assert_int_equal(answer(c, "a", 0), CACHE_UNKNOWN);
    cache_list_begin(c, 0);
    put(c, "a");
    assert_int_equal(answer(c, "a", 0), CACHE_UNKNOWN);
    assert_false(cache_has_synced(c));
    cache_list_end(c, 0, 0);
    assert_true(cache_has_synced(c));
    assert_int_equal(answer(c, "a", 0), CACHE_FOUND);
    assert_int_equal(answer(c, "b", 0), CACHE_NONE);
    assert_int_equal(answer(c, "a", 100), CACHE_FOUND);
    assert_int_equal(answer(c, "a", 101), CACHE_UNKNOWN);
    assert_int_equal(answer(c, "b", 101), CACHE_UNKNOWN);
    cache_heartbeat(c, 0, 100);
    assert_int_equal(answer(c, "b", 101), CACHE_NONE);
    cache_free(c);
}

/* Until a list was whole and there was room for each of it. */
static void what_had_no_room_is_unknown(void **state)
{
    struct cache *c = filled(700);

    (void)state;
    put(c, "first");
    assert_int_equal(answer(c, "second", 0), CACHE_NONE);
    cache_upsert(c, 0, VIEW("second"), (struct view){NULL, 0});
    assert_int_equal(answer(c, "second", 0), CACHE_UNKNOWN);
    assert_int_equal(answer(c, "first", 0), CACHE_FOUND);
    assert_int_equal(answer(c, "third", 0), CACHE_NONE);
    put(c, "second");
    assert_int_equal(answer(c, "second", 0), CACHE_FOUND);
    cache_upsert(c, 0, VIEW("second"), (struct view){NULL, 0});
    cache_remove(c, 0, VIEW("second"));
    assert_int_equal(answer(c, "second", 0), CACHE_NONE);
    cache_skip(c, 0, NULL);
    assert_int_equal(answer(c, "second", 0), CACHE_UNKNOWN);
    assert_int_equal(answer(c, "first", 0), CACHE_FOUND);
    cache_list_begin(c, 0);
    put(c, "first");
    for (unsigned i = 0; i < 10; i++) {
        char name[16];

        snprintf(name, sizeof(name), "name-%u", i);
        put(c, name);
        assert_true(cache_held(c) <= 700);
    }
    assert_in_range(cache_count(c), 2, 9);
    cache_list_end(c, 0, 0);
    assert_int_equal(answer(c, "first", 0), CACHE_FOUND);
    assert_int_equal(answer(c, "name-9", 0), CACHE_UNKNOWN);
    cache_list_begin(c, 0);
    put(c, "first");
    cache_list_end(c, 0, 0);
    assert_int_equal(answer(c, "first", 0), CACHE_FOUND);
    assert_int_equal(answer(c, "name-9", 0), CACHE_NONE);
    cache_free(c);
}

struct counters {
    struct cache *cache;
    unsigned seen[200];
};

static void count_one(void *ctx, struct view name, struct view text)
{
    struct counters *counters = ctx;
    unsigned i;

    assert_true(view_eq(name, text));
    i = (unsigned)(name.p[0] - '0') * 100 + (unsigned)(name.p[1] - '0') * 10 +
        (unsigned)(name.p[2] - '0');
    counters->seen[i]++;
    if (counters->cache)
        cache_remove(counters->cache, 0, name);
}

static void each_is_told_of_and_may_go_meanwhile(void **state)
{
    struct cache *c = filled(1 << 20);
    struct counters counters = {0};
    char name[16];

    (void)state;
    for (unsigned i = 0; i < 200; i++) {
        snprintf(name, sizeof(name), "%03u", i);
        put(c, name);
    }
    assert_int_equal(cache_each(c, count_one, &counters), 0);
    counters.cache = c;
    assert_int_equal(cache_each(c, count_one, &counters), 0);
    for (unsigned i = 0; i < 200; i++)
        assert_int_equal(counters.seen[i], 2);
    assert_int_equal(cache_count(c), 0);
    assert_int_equal(cache_each(c, count_one, &counters), 0);
    cache_upsert(c, 0, VIEW("007"), (struct view){NULL, 0});
    assert_int_equal(cache_each(c, count_one, &counters), -1);
    cache_remove(c, 0, VIEW("007"));
    assert_int_equal(cache_each(c, count_one, &counters), 0);
    cache_skip(c, 0, NULL);
    assert_int_equal(cache_each(c, count_one, &counters), -1);
    cache_free(c);
}

static void memory_runs_out(void **state)
{
    struct cache *c = filled(1 << 20);
    struct counters counters = {0};

    (void)state;
    put(c, "001");
    mem_fail_nth(1);
    assert_int_equal(cache_each(c, count_one, &counters), -1);
    mem_fail_nth(1);
    assert_int_equal(answer(c, "001", 0), CACHE_UNKNOWN);
    mem_fail_nth(1);
    put(c, "001");
    mem_fail_nth(0);
    assert_int_equal(answer(c, "001", 0), CACHE_UNKNOWN);
    cache_free(c);
}

/* --- what a watch tells ----------------------------------------------------------------------- */

/* Objects with a text are kept as it, those without are not, and for "-" there is no memory. */
static int extract(const struct cache_object *object, struct arena *arena, struct view *block)
{
    struct view text = json_text(object->value, "text");

    (void)arena;
    *block = text;
    return view_eq_str(text, "-") ? -1 : text.p != NULL;
}

static void count_change(void *ctx)
{
    ++*(unsigned *)ctx;
}

static struct cache *watched(const char *name, unsigned *changes)
{
    const struct cache_options options = {.name = name,
                                          .limit = 1 << 20,
                                          .max_age = INT64_MAX,
                                          .extract = extract,
                                          .changed = count_change,
                                          .ctx = changes};
    struct cache *c = cache_create(&options);

    assert_non_null(c);
    cache_handler().list_begin(cache_handler_ctx(c, 0));
    cache_handler().list_end(cache_handler_ctx(c, 0));
    return c;
}

static int tell(struct cache *c, const char *json)
{
    yyjson_doc *doc = yyjson_read(json, strlen(json), 0);
    int status = cache_handler().upsert(cache_handler_ctx(c, 0), yyjson_doc_get_root(doc));

    yyjson_doc_free(doc);
    return status;
}

static void each_change_is_told(void **state)
{
    unsigned changes = 0;
    struct cache *c = watched(NULL, &changes);

    (void)state;
    assert_int_equal(changes, 1); /* the list was whole */
    assert_int_equal(tell(c, "{\"metadata\":{\"name\":\"a\"},\"text\":\"a\"}"), 0);
    assert_int_equal(answer(c, "a", 0), CACHE_FOUND);
    assert_int_equal(changes, 2);
    assert_int_equal(tell(c, "{\"metadata\":{\"name\":\"a\"}}"), 0);
    assert_int_equal(answer(c, "a", 0), CACHE_NONE);
    assert_int_equal(changes, 3);
    assert_int_equal(tell(c, "{\"metadata\":{},\"text\":\"a\"}"), 0);
    assert_int_equal(changes, 3); /* it has no name */
    cache_handler().heartbeat(cache_handler_ctx(c, 0));
    assert_int_equal(changes, 3);
    cache_free(c);
}

/* Memory that is out asks for a list, and until then the object is not known. */
static void what_cannot_be_extracted_is_unknown(void **state)
{
    unsigned changes = 0;
    struct cache *c = watched(NULL, &changes);

    (void)state;
    tell(c, "{\"metadata\":{\"name\":\"a\"},\"text\":\"a\"}");
    assert_int_equal(tell(c, "{\"metadata\":{\"name\":\"a\"},\"text\":\"-\"}"), -1);
    assert_int_equal(answer(c, "a", 0), CACHE_UNKNOWN);
    assert_int_equal(answer(c, "b", 0), CACHE_NONE);
    cache_free(c);
}

/* One that follows a single object knows which one it cannot read. */
static void the_one_object_that_is_too_large_is_unknown(void **state)
{
    const char *names[] = {NULL, "a"};
    const enum cache_answer answers[] = {CACHE_FOUND, CACHE_UNKNOWN};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        unsigned changes = 0;
        struct cache *c = watched(names[i], &changes);

        tell(c, "{\"metadata\":{\"name\":\"a\"},\"text\":\"a\"}");
        cache_skip(c, 0, NULL);
        assert_int_equal(answer(c, "a", 0), answers[i]);
        cache_free(c);
    }
}

/* --- several resources ------------------------------------------------------------------------ */

/* Teams own people, who own things; a text is "owner name flag", where "!" bars what it owns. */
enum { TEAMS, PEOPLE, THINGS, RESOURCES };

static struct view word(struct view block, unsigned number)
{
    struct view found = {NULL, 0};

    for (unsigned i = 0; i <= number; i++)
        view_cut(block, ' ', &found, &block);
    return found;
}

static struct view owner_of(unsigned resource, struct view block)
{
    return resource == TEAMS ? (struct view){NULL, 0} : word(block, 0);
}

static struct view name_of(unsigned resource, struct view block, char room[CACHE_TABLE_NAME])
{
    (void)room;
    return resource == TEAMS ? word(block, 1) : (struct view){NULL, 0};
}

static bool keeps_owned(unsigned resource, struct view block)
{
    (void)resource;
    return !view_eq_str(word(block, 2), "!");
}

static bool is_queued(unsigned resource)
{
    return resource == TEAMS;
}

static struct cache *related(size_t limit)
{
    static const struct cache_relations relations = {owner_of, name_of, keeps_owned, is_queued};
    const struct cache_options options = {
        .limit = limit, .max_age = 100, .relations = &relations, .resources = RESOURCES};
    struct cache *c = cache_create(&options);

    assert_non_null(c);
    return c;
}

static void give(struct cache *c, unsigned resource, const char *uid, const char *text)
{
    assert_int_equal(cache_upsert(c, resource, view_of(uid), view_of(text)), 0);
}

/* The uids in the queue, which is empty then. */
static const char *queue(struct cache *c)
{
    static char text[256];
    struct arena arena;
    struct view uid;

    text[0] = '\0';
    arena_init(&arena, LIMIT_ARENA);
    while (cache_dequeue(c, &arena, &uid)) {
        strncat(text, text[0] ? " " : "", 2);
        strncat(text, uid.p, uid.n);
    }
    arena_release(&arena);
    return text;
}

static void all_have_synced_once_each_has(void **state)
{
    struct cache *c = related(1 << 20);

    (void)state;
    for (unsigned i = 0; i < RESOURCES; i++) {
        assert_false(cache_has_synced(c));
        assert_int_equal(cache_age(c, 50), -1);
        assert_int_equal(answer(c, "x", 0), CACHE_UNKNOWN);
        cache_list_begin(c, i);
        cache_list_end(c, i, 10 * i);
    }
    assert_true(cache_has_synced(c));
    assert_int_equal(cache_age(c, 50), 50);
    assert_int_equal(answer(c, "x", 100), CACHE_NONE);
    assert_int_equal(answer(c, "x", 101), CACHE_UNKNOWN);
    cache_heartbeat(c, 0, 30);
    assert_int_equal(cache_age(c, 50), 40);
    cache_skip(c, 1, NULL);
    assert_int_equal(answer(c, "x", 100), CACHE_UNKNOWN);
    assert_int_equal(cache_refused(c), 1);
    cache_free(c);
}

static void a_change_queues_the_owner(void **state)
{
    struct cache *c = related(1 << 20);

    (void)state;
    give(c, THINGS, "t1", "p1"); /* before its owner, and the owner of that */
    give(c, PEOPLE, "p1", "a");
    assert_string_equal(queue(c), "");
    give(c, TEAMS, "a", "- sales");
    give(c, TEAMS, "b", "- shop");
    assert_string_equal(queue(c), "a b");
    give(c, THINGS, "t1", "p1 changed");
    give(c, THINGS, "t2", "p1");
    assert_string_equal(queue(c), "a");
    give(c, THINGS, "t1", "p1 changed");
    assert_string_equal(queue(c), "");
    give(c, PEOPLE, "p1", "b");
    assert_string_equal(queue(c), "a b");
    cache_upsert(c, PEOPLE, VIEW("p1"), (struct view){NULL, 0});
    give(c, THINGS, "t1", "p1 of-an-unknown-owner");
    assert_string_equal(queue(c), "b");
    assert_int_equal(cache_count(c), 4);
    cache_remove(c, TEAMS, VIEW("a"));
    cache_remove(c, TEAMS, VIEW("a"));
    assert_string_equal(queue(c), "a");
    cache_enqueue_all(c);
    cache_forget_changes(c);
    assert_string_equal(queue(c), "");
    cache_free(c);
}

static void what_a_barring_owner_owns_is_not_kept(void **state)
{
    struct cache *c = related(1 << 20);

    (void)state;
    give(c, THINGS, "t1", "p1");
    assert_int_equal(cache_count_of(c, THINGS), 1);
    give(c, PEOPLE, "p1", "a - !");
    assert_int_equal(cache_count_of(c, THINGS), 0);
    give(c, THINGS, "t1", "p1");
    assert_int_equal(cache_count_of(c, THINGS), 0);
    give(c, PEOPLE, "p1", "a");
    give(c, THINGS, "t1", "p1");
    assert_int_equal(cache_count_of(c, THINGS), 1);
    cache_free(c);
}

static void an_object_is_found_by_name_and_is_of_one_resource(void **state)
{
    struct cache *c = related(1 << 20);

    (void)state;
    give(c, TEAMS, "a", "- sales");
    give(c, TEAMS, "b", "- sales");
    cache_remove(c, TEAMS, VIEW("b"));
    cache_lock(c);
    assert_ptr_equal(cache_entry_named(c, VIEW("sales")), cache_entry(c, VIEW("a")));
    assert_null(cache_entry_named(c, VIEW("shop")));
    cache_unlock(c);
    give(c, PEOPLE, "a", "b");
    cache_remove(c, PEOPLE, VIEW("a"));
    assert_int_equal(cache_count_of(c, TEAMS), 1);
    assert_int_equal(cache_count_of(c, PEOPLE), 0);
    cache_free(c);
}

/* Whatever has no room, what is kept is the newest, or nothing, and nothing is left of it. */
static void relations_keep_the_limit(void **state)
{
    (void)state;
    for (size_t limit = 512; limit < 2048; limit += 8) {
        struct cache *c = related(limit);
        size_t refused;

        give(c, TEAMS, "a", "- sales");
        give(c, PEOPLE, "p1", "a");
        give(c, THINGS, "t1", "p1");
        refused = cache_refused(c);
        assert_int_equal(cache_count(c) + refused, 3);
        assert_true(cache_held(c) <= limit);
        cache_remove(c, PEOPLE, VIEW("p1"));
        cache_remove(c, TEAMS, VIEW("a"));
        cache_remove(c, THINGS, VIEW("t1"));
        cache_forget_changes(c);
        assert_int_equal(cache_held(c) % 512, 0);
        cache_free(c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(none_is_told_from_unknown),
        cmocka_unit_test(what_had_no_room_is_unknown),
        cmocka_unit_test(each_is_told_of_and_may_go_meanwhile),
        cmocka_unit_test(memory_runs_out),
        cmocka_unit_test(each_change_is_told),
        cmocka_unit_test(what_cannot_be_extracted_is_unknown),
        cmocka_unit_test(the_one_object_that_is_too_large_is_unknown),
        cmocka_unit_test(all_have_synced_once_each_has),
        cmocka_unit_test(a_change_queues_the_owner),
        cmocka_unit_test(what_a_barring_owner_owns_is_not_kept),
        cmocka_unit_test(an_object_is_found_by_name_and_is_of_one_resource),
        cmocka_unit_test(relations_keep_the_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
