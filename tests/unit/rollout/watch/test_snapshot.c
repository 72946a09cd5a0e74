#include "policy/limits.h"
#include "rollout/watch/snapshot.h"

#include "unit/rollout/watch/store_fixture.h"

static void a_deployment_is_seen_with_its_own(void **state)
{
    struct cache *s = created();

    (void)state;
    tell_deployment(s);
    assert_string_equal(queue(s), "d");
    assert_string_equal(snapshot(s, "d"), seen_deployment);
    assert_string_equal(snapshot(s, "rs1"), "");
    assert_string_equal(snapshot(s, "x"), "");
    cache_free(s);
}

static void the_order_of_telling_does_not_matter(void **state)
{
    struct cache *s = created();

    (void)state;
    put(s, STORE_PODS, 1, POD("p2", "api-2-a", OF_RS("rs2"), STARTED));
    put(s, STORE_PODS, 1, POD("p1", "api-1-a", OF_RS("rs1"), STARTED));
    assert_string_equal(queue(s), "");
    put(s, STORE_REPLICASETS, 1, REPLICASET("rs2", "api-2", OF_DEPLOYMENT, "2", "r/api:v2"));
    put(s, STORE_REPLICASETS, 1, REPLICASET("rs1", "api-1", OF_DEPLOYMENT, "1", "r/api:v1"));
    assert_string_equal(queue(s), "");
    put(s, STORE_DEPLOYMENTS, 1, DEPLOYMENT("d", "2", "r/api:v2", OBSERVED("2")));
    assert_string_equal(queue(s), "d");
    assert_string_equal(snapshot(s, "d"), seen_deployment);
    cache_free(s);
}

static const struct {
    const char *name, *object, *snapshot;
    enum store_list list;
} workloads[] = {
    {"nothing but a name", "{'metadata':{'name':'a','namespace':'n','uid':'d'}}",
     "Deployment n/a  not observed 1/0/0/0; revisions; pods; old", STORE_DEPLOYMENTS},
    {"paused, being deleted",
     "{'metadata':{'name':'a','namespace':'n','uid':'d','deletionTimestamp':'x'},"
     "'spec':{'paused':true,'replicas':0}}",
     "Deployment n/a  not observed 0/0/0/0 deleting paused; revisions; pods; old",
     STORE_DEPLOYMENTS},
    {"refused",
     "{'metadata':{'name':'a','namespace':'n','uid':'d'},'status':{'conditions':[{'type':"
     "'Progressing','status':'True','message':'x'},{'type':'ReplicaFailure','status':'True',"
     "'message':'exceeded quota'}]}}",
     "Deployment n/a  not observed 1/0/0/0 refused@1 exceeded quota; revisions; pods; old",
     STORE_DEPLOYMENTS},
    {"refused once",
     "{'metadata':{'name':'a','namespace':'n','uid':'d'},'status':{'conditions':[{'type':"
     "'ReplicaFailure','status':'False','message':'exceeded quota'}]}}",
     "Deployment n/a  not observed 1/0/0/0; revisions; pods; old", STORE_DEPLOYMENTS},
    {"images of several containers",
     "{'metadata':{'name':'a','namespace':'n','uid':'d'},'spec':{'template':{'spec':{'containers':["
     "{'name':'api','image':'r:5000/x/web:v1'},{'name':'bare','image':'redis'},{'name':'pinned',"
     "'image':'r/x:1@sha256:0123456789abcdef'}]}}}}",
     "Deployment n/a api:v1, bare, pinned:1@sha256:0123456789ab not observed 1/0/0/0; revisions; "
     "pods; old",
     STORE_DEPLOYMENTS},
    {"image of one container without a tag",
     "{'metadata':{'name':'a','namespace':'n','uid':'d'},'spec':{'template':{'spec':{'containers':["
     "{'name':'c','image':'r:5000/x/web@sha256:0123456789abcdef'}]}}}}",
     "Deployment n/a web@sha256:0123456789ab not observed 1/0/0/0; revisions; pods; old",
     STORE_DEPLOYMENTS},
    {"a StatefulSet",
     "{'metadata':{'name':'a','namespace':'n','uid':'d'},'spec':{'replicas':5},'status':{"
     "'replicas':4,'updatedReplicas':3,'availableReplicas':2,'readyReplicas':1}}",
     "StatefulSet n/a  not observed 5/3/2/4; revisions; pods; old", STORE_STATEFULSETS},
    {"a StatefulSet of an old API server",
     "{'metadata':{'name':'a','namespace':'n','uid':'d'},'status':{'replicas':1,'readyReplicas':"
     "1}}",
     "StatefulSet n/a  not observed 1/0/1/1; revisions; pods; old", STORE_STATEFULSETS},
    {"a partition, in the middle of a rollout",
     "{'metadata':{'name':'a','namespace':'n','uid':'d'},'spec':{'replicas':5,'updateStrategy':{"
     "'type':'RollingUpdate','rollingUpdate':{'partition':3}}},'status':{'replicas':5,"
     "'updatedReplicas':1,'availableReplicas':4}}",
     "StatefulSet n/a  not observed 2/1/1/2; revisions; pods; old", STORE_STATEFULSETS},
    {"a partition, all of one template",
     "{'metadata':{'name':'a','namespace':'n','uid':'d'},'spec':{'replicas':5,'updateStrategy':{"
     "'rollingUpdate':{'partition':3}}},'status':{'replicas':5,'updatedReplicas':5,"
     "'availableReplicas':5}}",
     "StatefulSet n/a  not observed 2/2/2/2; revisions; pods; old", STORE_STATEFULSETS},
    {"a partition above all",
     "{'metadata':{'name':'a','namespace':'n','uid':'d'},'spec':{'replicas':2,'updateStrategy':{"
     "'rollingUpdate':{'partition':3}}},'status':{'replicas':2,'updatedReplicas':0,"
     "'availableReplicas':2}}",
     "StatefulSet n/a  not observed 0/0/0/0; revisions; pods; old", STORE_STATEFULSETS},
    {"a DaemonSet",
     "{'metadata':{'name':'a','namespace':'n','uid':'d'},'spec':{'updateStrategy':{'type':"
     "'OnDelete'}},'status':{'desiredNumberScheduled':5,'currentNumberScheduled':4,"
     "'updatedNumberScheduled':3,'numberAvailable':2,'numberReady':1}}",
     "DaemonSet n/a  not observed 5/3/2/4 on-delete; revisions; pods; old", STORE_DAEMONSETS},
};

/* The deployment controller puts its own label in place of one that the template has and reads. */
static void a_template_that_reads_its_label_is_observed(void **state)
{
#define READING(label)                                                                             \
    "'spec':{'template':{'metadata':{'labels':{" label "}},'spec':{'volumes':[{'name':'v',"        \
    "'downwardAPI':{'items':[{'path':'p','fieldRef':{'fieldPath':'metadata.labels'}}]}}]}}}"
    static const char *const labels[] = {"", "'pod-template-hash':'mine'"};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct cache *s = created();

        put(s, STORE_REPLICASETS, 1,
            "{'metadata':{'name':'api-1','namespace':'n','uid':'rs','generation':1,'annotations':"
            "{'deployment.kubernetes.io/revision':'1'}," OF_DEPLOYMENT
            "}," READING("'pod-template-hash':'5b5df95c6b'") "}");
        put(s, STORE_DEPLOYMENTS, 1,
            "{'metadata':{'name':'api','namespace':'n','uid':'d','generation':1}," READING(
                "%s") ",'status':{'observedGeneration':1}}",
            labels[i]);
        if (strstr(snapshot(s, "d"), "not observed"))
            fail_msg("%zu: %s", i, snapshot(s, "d"));
        cache_free(s);
    }
}

static void workloads_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(workloads) / sizeof(workloads[0]); i++) {
        struct cache *s = created();

        put(s, workloads[i].list, 1, "%s", workloads[i].object);
        if (strcmp(snapshot(s, "d"), workloads[i].snapshot) != 0)
            fail_msg("%s: %s", workloads[i].name, snapshot(s, "d"));
        cache_free(s);
    }
}

static const struct {
    const char *name, *deployment, *newest;
    bool observed;
} sights[] = {
    {"as it is", DEPLOYMENT("d", "2", "r/api:v2", OBSERVED("2")), "2", true},
    {"its generation is the same, so its template is not looked at",
     DEPLOYMENT("d", "2", "r/api:v9", OBSERVED("2")), "2", true},
    {"its controller has not looked yet", DEPLOYMENT("d", "3", "r/api:v2", OBSERVED("2")), "2",
     false},
    {"its controller is ahead", DEPLOYMENT("d", "3", "r/api:v2", OBSERVED("4")), "2", true},
    {"its ReplicaSet is not here yet", DEPLOYMENT("d", "3", "r/api:v3", OBSERVED("3")), "2", false},
    {"an undo, of which its ReplicaSet tells not yet",
     DEPLOYMENT("d", "3", "r/api:v1", OBSERVED("3")), "2", false},
    {"an undo", DEPLOYMENT("d", "3", "r/api:v1", OBSERVED("3")), "3", true},
};

static void a_template_is_observed_once_all_say_so(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(sights) / sizeof(sights[0]); i++) {
        struct cache *s = created();
        struct arena arena;
        struct snapshot seen;

        tell_deployment(s);
        put(s, STORE_DEPLOYMENTS, 2, "%s", sights[i].deployment);
        if (strcmp(sights[i].newest, "3") == 0)
            put(s, STORE_REPLICASETS, 2,
                REPLICASET("rs1", "api-1", OF_DEPLOYMENT, "3", "r/api:v1"));
        arena_init(&arena, LIMIT_ARENA);
        assert_int_equal(store_snapshot(s, VIEW("d"), &arena, &seen), 0);
        if (seen.observed != sights[i].observed)
            fail_msg("%s", sights[i].name);
        arena_release(&arena);
        cache_free(s);
    }
}

#define SET(generation, image)                                                                     \
    "{'metadata':{'name':'db','namespace':'shop','uid':'d','generation':" generation               \
    "},'spec':{" TEMPLATE(image) "},'status':{'observedGeneration':" generation "}}"
#define REVISION(uid, name, kind, number, image)                                                   \
    "{'metadata':{'name':'" name "','namespace':'shop','uid':'" uid                                \
    "'," OWNER("apps/v1", kind, "d") "},'data':{'spec':{'template':{'$patch':'replace',"           \
                                     "'metadata':{'labels':{'app':'api'}},'spec':{'containers':[{" \
                                     "'name':'api','image':'" image "'}]}}}},'revision':" number   \
                                     "}"
#define SET_POD(uid, name, kind, label)                                                            \
    "{'metadata':{'name':'" name "','namespace':'shop','uid':'" uid                                \
    "','labels':{'controller-revision-hash':'" label "'}," OWNER("apps/v1", kind, "d") "}}"

static void pods_of_sets_tell_their_revision(void **state)
{
    static const struct {
        const char *kind, *label;
        enum store_list list;
    } sets[] = {{"StatefulSet", "db-b2", STORE_STATEFULSETS},
                {"DaemonSet", "b2", STORE_DAEMONSETS}};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct cache *s = created();
        char expected[256];

        put(s, sets[i].list, 1, SET("2", "r/db:v2"));
        put(s, STORE_CONTROLLERREVISIONS, 1, REVISION("c1", "db-a1", "%s", "1", "r/db:v1"),
            sets[i].kind);
        put(s, STORE_CONTROLLERREVISIONS, 1, REVISION("c2", "db-b2", "%s", "2", "r/db:v2"),
            sets[i].kind);
        put(s, STORE_PODS, 1, SET_POD("p0", "db-0", "%s", "%s"), sets[i].label, sets[i].kind);
        put(s, STORE_PODS, 1, SET_POD("p1", "db-1", "%s", "other"), sets[i].kind);
        snprintf(expected, sizeof(expected),
                 "%s shop/db db:v2 observed %d/0/0/0; revisions db-b2:2 db-a1:1; pods db-0(db-b2); "
                 "old db-1()",
                 sets[i].kind, i == 0);
        assert_string_equal(snapshot(s, "d"), expected);
        cache_free(s);
    }
}

/* Whoever may write objects may name any uid as their owner's. */
static void owners_are_what_they_are_said_to_be(void **state)
{
    struct cache *s = created();

    (void)state;
    tell_deployment(s);
    put(s, STORE_PODS, 1,
        "{'metadata':{'name':'forged','namespace':'evil','uid':'p9'," OF_RS("rs2") "}}");
    put(s, STORE_REPLICASETS, 1,
        "{'metadata':{'name':'forged','namespace':'evil','uid':'rs9','annotations':{"
        "'deployment.kubernetes.io/revision':'9'}," OF_DEPLOYMENT "}}");
    put(s, STORE_CONTROLLERREVISIONS, 1, REVISION("c9", "forged", "StatefulSet", "9", "r/api:v9"));
    put(s, STORE_PODS, 1, POD("p8", "self", OF_RS("p8"), STARTED));
    put(s, STORE_PODS, 1, POD("p7", "straight", OF_RS("d"), STARTED));
    assert_string_equal(snapshot(s, "d"), seen_deployment);
    cache_free(s);
}

static void a_revision_is_found_by_its_template(void **state)
{
    struct cache *s = created();
    struct arena arena;
    struct snapshot seen;

    (void)state;
    tell_deployment(s);
    put(s, STORE_REPLICASETS, 1, REPLICASET("rs3", "api-3", OF_DEPLOYMENT, "x", "r/api:v3"));
    put(s, STORE_REPLICASETS, 1, REPLICASET("rs4", "api-4", OF_DEPLOYMENT, "7", "r/api:v1"));
    arena_init(&arena, LIMIT_ARENA);
    assert_int_equal(store_snapshot(s, VIEW("d"), &arena, &seen), 0);
    assert_int_equal(seen.revision_count, 4);
    assert_int_equal(store_revision_of(s, VIEW("d"), seen.hash), 2);
    assert_int_equal(store_revision_of(s, VIEW("d"), seen.revisions[0].hash), 7);
    assert_int_equal(store_revision_of(s, VIEW("d"), VIEW("none")), 0);
    assert_int_equal(store_revision_of(s, VIEW("x"), seen.hash), 0);
    assert_true(store_has(s, VIEW("Deployment"), VIEW("shop"), VIEW("api")));
    assert_false(store_has(s, VIEW("StatefulSet"), VIEW("shop"), VIEW("api")));
    arena_release(&arena);
    cache_free(s);
}

static void refusal_counts_from_its_first_sight(void **state)
{
    static const char refused[] =
        "{'metadata':{'name':'a','namespace':'n','uid':'d'},'status':{'conditions':[{'type':"
        "'ReplicaFailure','status':'True','message':'%s'}]}}";
    struct cache *s = created();

    (void)state;
    put(s, STORE_DEPLOYMENTS, 5, refused, "no");
    put(s, STORE_DEPLOYMENTS, 9, refused, "never");
    assert_non_null(strstr(snapshot(s, "d"), "refused@5 never"));
    put(s, STORE_DEPLOYMENTS, 12, "{'metadata':{'name':'a','namespace':'n','uid':'d'}}");
    put(s, STORE_DEPLOYMENTS, 15, refused, "no");
    assert_non_null(strstr(snapshot(s, "d"), "refused@15 no"));
    put(s, STORE_DEPLOYMENTS, 25,
        "{'metadata':{'name':'a','namespace':'n','uid':'d','generation':2},'spec':{" TEMPLATE(
            "r/api:v9") "},'status':{'conditions':[{'type':'ReplicaFailure','status':'True',"
                        "'message':'no'}]}}");
    assert_non_null(strstr(snapshot(s, "d"), "refused@25 no"));
    cache_free(s);
}

static void orders_and_labels_are_seen(void **state)
{
    struct cache *s = created();
    struct arena arena;
    struct snapshot seen;

    (void)state;
    put(s, STORE_DEPLOYMENTS, 1,
        "{'metadata':{'name':'a','namespace':'n','uid':'d','labels':{'x':'y'},'annotations':{"
        "'tidegate.dev/rollback':'one','tidegate.dev/release':'two'}}}");
    arena_init(&arena, LIMIT_ARENA);
    assert_int_equal(store_snapshot(s, VIEW("d"), &arena, &seen), 0);
    assert_true(view_eq_str(seen.labels, "{\"x\":\"y\"}"));
    assert_true(view_eq_str(seen.rollback_order, "one"));
    assert_true(view_eq_str(seen.release_order, "two"));
    put(s, STORE_DEPLOYMENTS, 1, "{'metadata':{'name':'a','namespace':'n','uid':'d'}}");
    assert_int_equal(store_snapshot(s, VIEW("d"), &arena, &seen), 0);
    assert_true(view_eq_str(seen.labels, "{}"));
    assert_null(seen.rollback_order.p);
    assert_null(seen.release_order.p);
    arena_release(&arena);
    cache_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_deployment_is_seen_with_its_own),
        cmocka_unit_test(the_order_of_telling_does_not_matter),
        cmocka_unit_test(a_template_that_reads_its_label_is_observed),
        cmocka_unit_test(workloads_are_read),
        cmocka_unit_test(a_template_is_observed_once_all_say_so),
        cmocka_unit_test(pods_of_sets_tell_their_revision),
        cmocka_unit_test(owners_are_what_they_are_said_to_be),
        cmocka_unit_test(a_revision_is_found_by_its_template),
        cmocka_unit_test(refusal_counts_from_its_first_sight),
        cmocka_unit_test(orders_and_labels_are_seen),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
