#include "policy/limits.h"
#include "rollout/watch/store.h"

#include "base/clock.h"
#include "base/mem.h"
#include "unit/rollout/watch/store_fixture.h"

#include <pthread.h>
#include <stdatomic.h>

static void __attribute__((format(printf, 3, 4)))
drop(struct cache *s, enum store_list list, const char *format, ...)
{
    va_list args;
    yyjson_doc *doc;

    va_start(args, format);
    doc = read_text(format, args);
    va_end(args);
    cache_drop(s, list, yyjson_doc_get_root(doc));
    yyjson_doc_free(doc);
}

/* --- what is queued --------------------------------------------------------------------------- */

static void changes_are_queued_once(void **state)
{
    struct cache *s = created();

    (void)state;
    tell_deployment(s);
    assert_string_equal(queue(s), "d");
    put(s, STORE_DEPLOYMENTS, 2,
        DEPLOYMENT("d", "2", "r/api:v2", OBSERVED("2") ",'conditions':[{'type':'Available'}]"));
    put(s, STORE_REPLICASETS, 2, REPLICASET("rs2", "api-2", OF_DEPLOYMENT, "2", "r/api:v2"));
    put(s, STORE_PODS, 2, POD("p2", "api-2-a", OF_RS("rs2"), STARTED ",'status':{'qosClass':'x'}"));
    assert_string_equal(queue(s), "");
    put(s, STORE_PODS, 2,
        POD("p2", "api-2-a", OF_RS("rs2"),
            STARTED ",'status':{'containerStatuses':[{'name':'api','restartCount':1}]}"));
    put(s, STORE_DEPLOYMENTS, 2, DEPLOYMENT("d", "3", "r/api:v2", OBSERVED("2")));
    assert_string_equal(queue(s), "d");
    drop(s, STORE_PODS, POD("p1", "api-1-a", OF_RS("rs1"), STARTED));
    assert_string_equal(queue(s), "d");
    drop(s, STORE_PODS, POD("p1", "api-1-a", OF_RS("rs1"), STARTED));
    assert_string_equal(queue(s), "");
    cache_enqueue_all(s);
    assert_string_equal(queue(s), "d");
    cache_free(s);
}

static void what_is_gone_is_told_once(void **state)
{
    struct cache *s = created();

    (void)state;
    tell_deployment(s);
    put(s, STORE_DEPLOYMENTS, 1, DEPLOYMENT("d2", "1", "r/api:v1", ""));
    assert_string_equal(queue(s), "d d2");
    drop(s, STORE_DEPLOYMENTS, DEPLOYMENT("d", "1", "", ""));
    drop(s, STORE_DEPLOYMENTS, DEPLOYMENT("d2", "1", "", ""));
    assert_string_equal(snapshot(s, "d"), "");
    assert_string_equal(queue(s), "d d2");
    put(s, STORE_PODS, 2, POD("p1", "api-1-a", OF_RS("rs1"), "'spec':{}"));
    assert_string_equal(queue(s), "");
    for (unsigned i = 1; i <= 2; i++) {
        drop(s, STORE_PODS, "{'metadata':{'uid':'p%u'}}", i);
        drop(s, STORE_REPLICASETS, "{'metadata':{'uid':'rs%u'}}", i);
    }
    for (unsigned i = 0; i < STORE_LISTS; i++)
        assert_int_equal(cache_count_of(s, i), 0);
    assert_in_range(cache_held(s), 1024, 1024); /* the buckets */
    cache_free(s);
}

static void what_a_new_list_does_not_name_is_gone(void **state)
{
    struct cache *s = created();

    (void)state;
    tell_deployment(s);
    for (unsigned i = 0; i < STORE_LISTS; i++) {
        assert_false(cache_has_synced(s));
        cache_list_begin(s, i);
        if (i == STORE_DEPLOYMENTS)
            put(s, STORE_DEPLOYMENTS, 1, DEPLOYMENT("d", "2", "r/api:v2", OBSERVED("2")));
        if (i == STORE_REPLICASETS)
            put(s, STORE_REPLICASETS, 1,
                REPLICASET("rs2", "api-2", OF_DEPLOYMENT, "2", "r/api:v2"));
        if (i == STORE_PODS)
            put(s, STORE_PODS, 1, POD("p2", "api-2-a", OF_RS("rs2"), STARTED));
        queue(s);
        cache_list_end(s, i, 0);
        assert_string_equal(queue(s), i == STORE_REPLICASETS ? "d" : "");
    }
    assert_true(cache_has_synced(s));
    assert_string_equal(snapshot(s, "d"),
                        "Deployment shop/api api:v2 observed 3/2/1/3; revisions api-2:2; pods "
                        "api-2-a(api-2); old");
    assert_int_equal(cache_count_of(s, STORE_PODS), 1);
    cache_list_begin(s, STORE_DEPLOYMENTS);
    put(s, STORE_DEPLOYMENTS, 1, DEPLOYMENT("d2", "1", "r/api:v2", ""));
    cache_list_end(s, STORE_DEPLOYMENTS, 0);
    assert_string_equal(queue(s), "d2 d");
    cache_free(s);
}

/* Their names are the same, and there are two while the list is not whole. */
static void a_workload_made_anew_is_found_by_name(void **state)
{
    struct cache *s = created();

    (void)state;
    for (unsigned i = 0; i < 5; i++) {
        char uid[8];

        snprintf(uid, sizeof(uid), "d%u", i);
        cache_list_begin(s, STORE_DEPLOYMENTS);
        put(s, STORE_DEPLOYMENTS, 1, DEPLOYMENT("%s", "1", "r/api:v2", ""), uid);
        cache_list_end(s, STORE_DEPLOYMENTS, 0);
        assert_true(store_has(s, VIEW("Deployment"), VIEW("shop"), VIEW("api")));
    }
    cache_free(s);
}

static void what_is_not_ours_is_not_kept(void **state)
{
    struct cache *s = created();

    (void)state;
    put(s, STORE_PODS, 1, POD("p1", "job", OWNER("batch/v1", "Job", "j"), STARTED));
    put(s, STORE_PODS, 1, POD("p2", "of-a-rollout", OF_RS("rs"), STARTED));
    assert_int_equal(cache_count_of(s, STORE_PODS), 1);
    put(s, STORE_REPLICASETS, 1,
        REPLICASET("rs", "r", OWNER("argoproj.io/v1alpha1", "Rollout", "r"), "1", "i"));
    assert_int_equal(cache_count_of(s, STORE_PODS), 0);
    put(s, STORE_PODS, 1, POD("p3", "of-a-rollout", OF_RS("rs"), STARTED));
    assert_int_equal(cache_count_of(s, STORE_PODS), 0);
    assert_int_equal(cache_refused(s), 0);
    cache_free(s);
}

/* As with kubectl delete --cascade=orphan, and a Deployment created again. */
static void orphans_are_adopted(void **state)
{
    struct cache *s = created();

    (void)state;
    tell_deployment(s);
    queue(s);
    put(s, STORE_REPLICASETS, 2, REPLICASET("rs2", "api-2", "'x':1", "2", "r/api:v2"));
    assert_non_null(strstr(snapshot(s, "d"), "revisions api-1:1;"));
    assert_string_equal(queue(s), "d");
    put(s, STORE_REPLICASETS, 3, REPLICASET("rs2", "api-2", OF_DEPLOYMENT, "2", "r/api:v2"));
    assert_string_equal(snapshot(s, "d"), seen_deployment);
    cache_free(s);
}

/* --- memory ----------------------------------------------------------------------------------- */

static void what_has_no_room_is_counted(void **state)
{
    struct cache *s = store_create(8 * 1024);
    size_t kept = 0;

    (void)state;
    tell_deployment(s);
    assert_int_equal(cache_refused(s), 0);
    for (unsigned i = 0; i < 100; i++) {
        put(s, STORE_PODS, 1, POD("q%u", "api-2-%u", OF_RS("rs2"), STARTED), i, i);
        assert_true(cache_held(s) <= 8 * 1024);
    }
    kept = cache_count_of(s, STORE_PODS);
    assert_in_range(kept, 10, 99);
    assert_int_equal(cache_refused(s), 102 - kept);
    put(s, STORE_PODS, 1,
        POD("p2", "api-2-a", OF_RS("rs2"),
            "'status':{'conditions':[{'type':'Ready','status':'True'}]}"));
    assert_int_equal(cache_count_of(s, STORE_PODS), kept);
    for (unsigned i = 0; i < 100; i++) {
        drop(s, STORE_PODS, "{'metadata':{'uid':'q%u'}}", i);
        put(s, STORE_DEPLOYMENTS, 1, DEPLOYMENT("e%u", "1", "r/api:v2", ""), i);
        assert_true(cache_held(s) <= 8 * 1024);
    }
    assert_in_range(cache_count_of(s, STORE_DEPLOYMENTS), 5, 99);
    cache_free(s);
}

/* Neither comes from an API server; both do no harm. */
static void a_uid_is_one_object(void **state)
{
    struct cache *s = created();

    (void)state;
    put(s, STORE_DEPLOYMENTS, 1, "{'metadata':{'name':'a','namespace':'n','uid':'d'}}");
    put(s, STORE_PODS, 1, POD("d", "a", OF_RS("rs2"), STARTED));
    assert_int_equal(cache_count_of(s, STORE_PODS), 0);
    put(s, STORE_DEPLOYMENTS, 1, "{'metadata':{'name':'b','namespace':'n','uid':'d'}}");
    assert_false(store_has(s, VIEW("Deployment"), VIEW("n"), VIEW("a")));
    assert_true(store_has(s, VIEW("Deployment"), VIEW("n"), VIEW("b")));
    cache_free(s);
}

static void nobody_owns_himself(void **state)
{
    struct cache *s = created();

    (void)state;
    put(s, STORE_PODS, 1, POD("p", "self", OF_RS("p"), STARTED));
    put(s, STORE_PODS, 2, POD("p", "self", OF_RS("p"), "'spec':{}"));
    drop(s, STORE_PODS, "{'metadata':{'uid':'p'}}");
    assert_int_equal(cache_count_of(s, STORE_PODS), 0);
    assert_int_equal(cache_held(s), 512);
    cache_free(s);
}

/* Whatever fails, what is kept is the newest, or nothing; and it is queued. */
static void memory_runs_out(void **state)
{
    (void)state;
    for (size_t n = 1;; n++) {
        struct cache *s = created();
        size_t made;

        tell_deployment(s);
        queue(s);
        mem_fail_nth(n);
        put(s, STORE_DEPLOYMENTS, 2, DEPLOYMENT("d", "3", "r/api:v3", OBSERVED("3")));
        made = mem_fail_nth(0);
        if (snapshot(s, "d")[0])
            assert_non_null(strstr(snapshot(s, "d"), "api:v3"));
        else
            assert_in_range(cache_refused(s), 1, 1);
        assert_string_equal(queue(s), "d");
        cache_free(s);
        if (made < n)
            return;
    }
}

static void memory_runs_out_for_new_ones(void **state)
{
    (void)state;
    for (size_t n = 1;; n++) {
        struct cache *s = created();
        struct arena arena;
        struct snapshot seen;
        size_t made, count;

        mem_fail_nth(n);
        tell_deployment(s);
        made = mem_fail_nth(0);
        count = cache_refused(s);
        for (unsigned i = 0; i < STORE_LISTS; i++)
            count += cache_count_of(s, i);
        assert_int_equal(count, 5);
        for (size_t m = 1; m < 20; m++) {
            arena_init(&arena, LIMIT_ARENA);
            mem_fail_nth(m);
            store_snapshot(s, VIEW("d"), &arena, &seen);
            mem_fail_nth(0);
            arena_release(&arena);
        }
        cache_free(s);
        if (made < n)
            return;
    }
}

enum { MANY = 10000 };

static void tell_many(struct cache *s)
{
    for (unsigned i = 0; i < MANY; i++) {
        put(s, STORE_DEPLOYMENTS, 1,
            "{'metadata':{'name':'deployment-%u','namespace':'team-%u','uid':"
            "'dddddddd-0000-0000-0000-0000%08u','generation':1,'labels':{'app':'service'}},"
            "'spec':{'replicas':3," TEMPLATE("registry.acme.io/team/service:v1.2.3") "}}",
            i, i % 100, i);
        put(s, STORE_REPLICASETS, 1,
            "{'metadata':{'name':'deployment-%u-5b5df95c6b','namespace':'team-%u','uid':"
            "'eeeeeeee-0000-0000-0000-0000%08u','generation':1,'ownerReferences':[{'apiVersion':"
            "'apps/v1','kind':'Deployment','controller':true,'uid':"
            "'dddddddd-0000-0000-0000-0000%08u'}]},'spec':{" TEMPLATE(
                "registry.acme.io/team/service:v1.2.3") "}}",
            i, i % 100, i, i);
        for (unsigned p = 0; p < 3; p++)
            put(s, STORE_PODS, 1,
                "{'metadata':{'name':'deployment-%u-5b5df95c6b-sfkh%u','namespace':'team-%u','uid':"
                "'ffffffff-0000-0000-000%u-0000%08u','ownerReferences':[{'apiVersion':'apps/v1',"
                "'kind':'ReplicaSet','controller':true,'uid':'eeeeeeee-0000-0000-0000-0000%08u'}]},"
                "'spec':{'nodeName':'node-17.acme.io'},'status':{'containerStatuses':[{'name':"
                "'service','ready':true,'restartCount':0,'state':{'running':{}}},{'name':'proxy',"
                "'ready':true,'restartCount':0,'state':{'running':{}}}]}}",
                i, p, i % 100, p, i, i);
    }
}

static void ten_thousand_take_little_memory(void **state)
{
    struct cache *s = created();
    struct arena arena;
    struct view uid;
    unsigned queued = 0;

    (void)state;
    tell_many(s);
    assert_int_equal(cache_count_of(s, STORE_PODS), 3 * MANY);
    print_message("%d workloads, %d revisions, %d pods: %zu bytes\n", MANY, MANY, 3 * MANY,
                  cache_held(s));
    assert_true(cache_held(s) < 3 * MANY * 900);
    arena_init(&arena, LIMIT_ARENA);
    while (cache_dequeue(s, &arena, &uid))
        queued++;
    arena_release(&arena);
    assert_int_equal(queued, MANY);
    assert_non_null(strstr(snapshot(s, "dddddddd-0000-0000-0000-000000009999"),
                           "service:v1.2.3 not observed 3/0/0/0"));
    for (unsigned i = 0; i < STORE_LISTS; i++) {
        cache_list_begin(s, i);
        cache_list_end(s, i, 0);
        assert_int_equal(cache_count_of(s, i), 0);
    }
    cache_free(s);
}

/* --- threads ---------------------------------------------------------------------------------- */

struct race {
    struct cache *store;
    atomic_bool over;
    atomic_uint wrong;
};

/* Revisions come and go while their pods do, and turn out to be nobody's whose pods are judged. */
static void *tell_revisions(void *arg)
{
    struct race *race = arg;

    for (unsigned i = 0; i < 3000; i++) {
        if (i % 3 == 0)
            drop(race->store, STORE_REPLICASETS, "{'metadata':{'uid':'rs%u'}}", i % 4);
        else if (i % 5 == 0)
            put(race->store, STORE_REPLICASETS, 1,
                REPLICASET("rs%u", "api-%u", OWNER("argoproj.io/v1alpha1", "Rollout", "d"), "1",
                           "i"),
                i % 4, i % 4);
        else
            put(race->store, STORE_REPLICASETS, 1,
                REPLICASET("rs%u", "api-%u", OF_DEPLOYMENT, "%u", "r/api:v%u"), i % 4, i % 4, i,
                i % 4);
    }
    return NULL;
}

static void *tell_pods(void *arg)
{
    struct race *race = arg;

    for (unsigned i = 0; i < 3000; i++) {
        if (i % 500 == 0)
            cache_list_begin(race->store, STORE_PODS);
        if (i % 7 == 0)
            drop(race->store, STORE_PODS, "{'metadata':{'uid':'p%u'}}", i % 20);
        else
            put(race->store, STORE_PODS, i,
                POD("p%u", "api-%u", "'x':1," OF_RS("rs%u"),
                    "'status':{'containerStatuses':[{'name':'a','restartCount':%u}]}"),
                i % 20, i % 20, i % 4, i);
        if (i % 500 == 300)
            cache_list_end(race->store, STORE_PODS, 0);
    }
    return NULL;
}

static void *read_on(void *arg)
{
    struct race *race = arg;

    while (!atomic_load(&race->over)) {
        struct arena arena;
        struct snapshot seen;
        struct view uid;

        arena_init(&arena, LIMIT_ARENA);
        cache_wait(race->store, clock_monotonic_ns() + 1000000);
        if (cache_dequeue(race->store, &arena, &uid) && !view_eq_str(uid, "d"))
            atomic_fetch_add(&race->wrong, 1);
        if (store_snapshot(race->store, VIEW("d"), &arena, &seen) != 0 || seen.revision_count > 4)
            atomic_fetch_add(&race->wrong, 1);
        arena_release(&arena);
    }
    return NULL;
}

static void a_reader_and_the_writers(void **state)
{
    struct race race = {.store = created()};
    pthread_t threads[3];

    (void)state;
    put(race.store, STORE_DEPLOYMENTS, 1, DEPLOYMENT("d", "2", "r/api:v2", OBSERVED("2")));
    assert_int_equal(pthread_create(&threads[0], NULL, tell_revisions, &race), 0);
    assert_int_equal(pthread_create(&threads[1], NULL, tell_pods, &race), 0);
    assert_int_equal(pthread_create(&threads[2], NULL, read_on, &race), 0);
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
    atomic_store(&race.over, true);
    cache_wake(race.store);
    pthread_join(threads[2], NULL);
    assert_int_equal(race.wrong, 0);
    cache_free(race.store);
}

static void *put_later(void *arg)
{
    put(arg, STORE_DEPLOYMENTS, 1, DEPLOYMENT("d", "2", "r/api:v2", OBSERVED("2")));
    return NULL;
}

static void waiting_ends_with_a_change_a_call_or_the_time(void **state)
{
    const int64_t minute = INT64_C(60) * 1000 * 1000 * 1000;
    struct cache *s = created();
    pthread_t thread;

    (void)state;
    cache_wake(s);
    cache_wait(s, clock_monotonic_ns() + 60 * minute);
    cache_wait(s, clock_monotonic_ns() - 1);
    assert_int_equal(pthread_create(&thread, NULL, put_later, s), 0);
    cache_wait(s, clock_monotonic_ns() + 60 * minute);
    assert_string_equal(queue(s), "d");
    pthread_join(thread, NULL);
    cache_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(changes_are_queued_once),
        cmocka_unit_test(what_is_gone_is_told_once),
        cmocka_unit_test(what_a_new_list_does_not_name_is_gone),
        cmocka_unit_test(a_workload_made_anew_is_found_by_name),
        cmocka_unit_test(what_is_not_ours_is_not_kept),
        cmocka_unit_test(orphans_are_adopted),
        cmocka_unit_test(a_uid_is_one_object),
        cmocka_unit_test(nobody_owns_himself),
        cmocka_unit_test(what_has_no_room_is_counted),
        cmocka_unit_test(memory_runs_out),
        cmocka_unit_test(memory_runs_out_for_new_ones),
        cmocka_unit_test(ten_thousand_take_little_memory),
        cmocka_unit_test(a_reader_and_the_writers),
        cmocka_unit_test(waiting_ends_with_a_change_a_call_or_the_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
