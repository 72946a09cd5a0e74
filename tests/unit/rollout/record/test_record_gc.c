#include "rollout/record/record_gc.h"

#include "base/arena.h"
#include "base/mem.h"
#include "kube/cache.h"
#include "kube/client.h"
#include "rollout/limits.h"
#include "rollout/record/record.h"
#include "rollout/record/record_cache.h"
#include "rollout/watch/store.h"
#include "unit/rollout/api.h"
#include "unit/rollout/lists.h"

#include <yyjson.h>

#define CONFIG_MAPS "/api/v1/namespaces/tidegate-system/configmaps"

enum { NOW = 1795500000, DAY = 24 * 60 * 60 };

struct scene {
    struct api api;
    struct client *client;
    struct cache *records;
    struct cache *store;
};

static void scene_start(struct scene *s, size_t room)
{
    api_start(&s->api);
    assert_non_null(s->client = client_create(&s->api.kube));
    assert_non_null(s->records = record_cache_create(LIMIT_RECORDS_MEMORY));
    cache_list_begin(s->records, 0);
    cache_list_end(s->records, 0, clock_monotonic_ns());
    assert_non_null(s->store = store_create(room));
}

static void scene_stop(struct scene *s)
{
    client_free(s->client);
    cache_free(s->records);
    cache_free(s->store);
    api_stop(&s->api);
}

static void give(struct scene *s, json_t *object, bool record)
{
    char *text = json_dumps(object, 0);
    yyjson_doc *doc = yyjson_read(text, strlen(text), 0);

    assert_non_null(doc);
    if (record)
        cache_put(s->records, 0, yyjson_doc_get_root(doc), 0);
    else
        cache_put(s->store, STORE_DEPLOYMENTS, yyjson_doc_get_root(doc), NOW);
    yyjson_doc_free(doc);
    free(text);
}

static void add_workload(struct scene *s, const char *name)
{
    json_t *object = json_pack("{s:{s:s, s:s, s:s}}", "metadata", "name", name, "namespace", "shop",
                               "uid", name);

    give(s, object, false);
    json_decref(object);
}

/* A record of which something was noted last at that instant: in its history, or as its state. */
static void add_record(struct scene *s, const char *name, int64_t noted, bool in_history)
{
    struct record record;
    struct arena arena;
    struct view at;
    struct buf text;
    char path[256];
    json_t *map;

    record_init(&record);
    arena_init(&arena, 65536);
    buf_init(&text, LIMIT_RECORD);
    record.kind = VIEW("Deployment");
    record.namespace_ = VIEW("shop");
    record.name = view_of(name);
    record.since = in_history ? NOW - 90 * DAY : noted;
    if (in_history)
        record_add_step(&record, &(struct record_step){.at = noted, .what = VIEW("Deployed")});
    record_write(&record, &text);
    at = record_name(record.kind, record.namespace_, record.name, &arena);
    snprintf(path, sizeof(path), CONFIG_MAPS "/%.*s", VIEW_ARGS(at));
    map =
        json_pack("{s:{s:s%, s:{s:s}}, s:{s:s%}}", "metadata", "name", at.p, at.n, "labels",
                  RECORD_CACHE_LABEL, RECORD_CACHE_KIND, "data", RECORD_CACHE_KEY, text.p, text.n);
    assert_non_null(map);
    pthread_mutex_lock(&s->api.lock);
    api_store(&s->api, path, json_incref(map));
    give(s, map, true);
    pthread_mutex_unlock(&s->api.lock);
    json_decref(map);
    record_release(&record);
    arena_release(&arena);
    buf_release(&text);
}

static void sweep(struct scene *s)
{
    record_gc(s->client, VIEW("tidegate-system"), s->records, s->store, NOW);
}

static void assert_journal(struct scene *s, const char *expected)
{
    char *journal = api_journal(&s->api);

    assert_string_equal(journal, expected);
    free(journal);
}

static void what_is_long_gone_is_deleted(void **state)
{
    static const struct {
        int64_t age;
        bool in_history, there;
        const char *journal;
    } cases[] = {
        {LIMIT_RECORD_DAYS * DAY - 1, true, false, ""},
        {LIMIT_RECORD_DAYS * DAY, true, false, ""},
        {LIMIT_RECORD_DAYS * DAY + 1, true, false,
         "delete configmaps rollout.deployment.shop.api 200\n"},
        {LIMIT_RECORD_DAYS * DAY + 1, true, true, ""},
        {LIMIT_RECORD_DAYS * DAY, false, false, ""},
        {LIMIT_RECORD_DAYS * DAY + 1, false, false,
         "delete configmaps rollout.deployment.shop.api 200\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct scene s;

        scene_start(&s, LIMIT_STORE_MEMORY);
        add_workload(&s, cases[i].there ? "api" : "web");
        add_record(&s, "api", NOW - cases[i].age, cases[i].in_history);
        sweep(&s);
        assert_journal(&s, cases[i].journal);
        scene_stop(&s);
    }
}

/* Somebody made it again, and wrote its record, since the watch told of it. */
static void another_version_is_left(void **state)
{
    struct scene s;
    json_t *map;

    (void)state;
    scene_start(&s, LIMIT_STORE_MEMORY);
    add_record(&s, "api", NOW - 90 * DAY, true);
    map = api_get(&s.api, CONFIG_MAPS "/rollout.deployment.shop.api");
    pthread_mutex_lock(&s.api.lock);
    api_store(&s.api, CONFIG_MAPS "/rollout.deployment.shop.api", map);
    pthread_mutex_unlock(&s.api.lock);
    sweep(&s);
    assert_journal(&s, "delete configmaps rollout.deployment.shop.api 409\n");
    scene_stop(&s);
}

/* What it had no room for may well be there. */
static void a_store_without_room_tells_of_nothing_gone(void **state)
{
    struct scene s;

    (void)state;
    scene_start(&s, 1);
    add_workload(&s, "api");
    assert_int_equal(cache_refused(s.store), 1);
    add_record(&s, "api", NOW - 90 * DAY, true);
    sweep(&s);
    assert_journal(&s, "");
    scene_stop(&s);
}

static void not_all_at_once(void **state)
{
    struct scene s;

    (void)state;
    scene_start(&s, LIMIT_STORE_MEMORY);
    for (int i = 0; i <= LIMIT_RECORD_SWEEP; i++) {
        char name[16];

        snprintf(name, sizeof(name), "w%d", i);
        add_record(&s, name, NOW - 90 * DAY, true);
    }
    sweep(&s);
    pthread_mutex_lock(&s.api.lock);
    assert_int_equal(json_object_size(s.api.objects), 1);
    pthread_mutex_unlock(&s.api.lock);
    scene_stop(&s);
}

/* What is there is never taken for gone. */
static void memory_runs_out(void **state)
{
    struct scene s;

    (void)state;
    scene_start(&s, LIMIT_STORE_MEMORY);
    add_workload(&s, "api");
    add_record(&s, "api", NOW - 90 * DAY, true);
    for (size_t n = 1;; n++) {
        size_t made;

        mem_fail_nth(n);
        sweep(&s);
        made = mem_fail_nth(0);
        assert_journal(&s, "");
        if (made < n)
            break;
    }
    scene_stop(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_long_gone_is_deleted),
        cmocka_unit_test(another_version_is_left),
        cmocka_unit_test(a_store_without_room_tells_of_nothing_gone),
        cmocka_unit_test(not_all_at_once),
        cmocka_unit_test(memory_runs_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
