#include "rollout/store.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/mem.h"
#include "cmocka_all.h"
#include "rollout/driver.h"
#include "rollout/sight.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yyjson.h>

/* --- telling ---------------------------------------------------------------------------------- */

/* Reads an object; quotes are single ones in the texts here. */
static yyjson_doc *read_text(const char *format, va_list args)
{
    char text[4096];
    yyjson_doc *doc;

    vsnprintf(text, sizeof(text), format, args);
    for (char *p = text; *p; p++)
        if (*p == '\'')
            *p = '"';
    doc = yyjson_read(text, strlen(text), 0);
    if (!doc)
        fail_msg("no JSON: %s", text);
    return doc;
}

static void __attribute__((format(printf, 4, 5)))
put(struct store *s, enum store_list list, int64_t now, const char *format, ...)
{
    va_list args;
    yyjson_doc *doc;

    va_start(args, format);
    doc = read_text(format, args);
    va_end(args);
    store_put(s, list, yyjson_doc_get_root(doc), now);
    yyjson_doc_free(doc);
}

static void __attribute__((format(printf, 3, 4)))
drop(struct store *s, enum store_list list, const char *format, ...)
{
    va_list args;
    yyjson_doc *doc;

    va_start(args, format);
    doc = read_text(format, args);
    va_end(args);
    store_drop(s, list, yyjson_doc_get_root(doc));
    yyjson_doc_free(doc);
}

static struct store *created(void)
{
    struct store *s = store_create(LIMIT_STORE_MEMORY);

    assert_non_null(s);
    return s;
}

#define OWNER(version, kind, uid)                                                                  \
    "'ownerReferences':[{'apiVersion':'" version "','kind':'" kind "','uid':'" uid "',"            \
    "'controller':true}]"
#define TEMPLATE(image)                                                                            \
    "'template':{'metadata':{'labels':{'app':'api'}},'spec':{'containers':[{'name':'api',"         \
    "'image':'" image "'}]}}"

#define DEPLOYMENT(uid, generation, image, status)                                                 \
    "{'metadata':{'name':'api','namespace':'shop','uid':'" uid "','generation':" generation        \
    ",'labels':{'app':'api'}},'spec':{'replicas':3," TEMPLATE(image) "},'status':{" status "}}"
#define REPLICASET(uid, name, owner, revision, image)                                              \
    "{'metadata':{'name':'" name "','namespace':'shop','uid':'" uid "','generation':1,"            \
    "'annotations':{'deployment.kubernetes.io/revision':'" revision "'}," owner                    \
    "},'spec':{" TEMPLATE(image) "}}"
#define POD(uid, name, owner, rest)                                                                \
    "{'metadata':{'name':'" name "','namespace':'shop','uid':'" uid "'," owner "}," rest "}"

#define OF_DEPLOYMENT OWNER("apps/v1", "Deployment", "d")
#define OF_RS(uid)    OWNER("apps/v1", "ReplicaSet", uid)
#define OBSERVED(n)                                                                                \
    "'observedGeneration':" n ",'replicas':3,'updatedReplicas':2,'availableReplicas':1"
#define STARTED "'spec':{'nodeName':'n1'}"

/* A Deployment at its second template, with a pod of each. */
static void tell_deployment(struct store *s)
{
    put(s, STORE_DEPLOYMENTS, 1, DEPLOYMENT("d", "2", "r/api:v2", OBSERVED("2")));
    put(s, STORE_REPLICASETS, 1, REPLICASET("rs1", "api-1", OF_DEPLOYMENT, "1", "r/api:v1"));
    put(s, STORE_REPLICASETS, 1, REPLICASET("rs2", "api-2", OF_DEPLOYMENT, "2", "r/api:v2"));
    put(s, STORE_PODS, 1, POD("p1", "api-1-a", OF_RS("rs1"), STARTED));
    put(s, STORE_PODS, 1, POD("p2", "api-2-a", OF_RS("rs2"), STARTED));
}

/* --- reading ---------------------------------------------------------------------------------- */

static void write_pods(const struct sight_pod *pods, size_t count, const char *what,
                       struct buf *out)
{
    buf_add_str(out, what);
    for (size_t i = 0; i < count; i++)
        buf_printf(out, " %.*s(%.*s)", VIEW_ARGS(pods[i].name), VIEW_ARGS(pods[i].revision));
}

static void write_sight(const struct sight *sight, struct buf *out)
{
    buf_printf(out, "%s %.*s/%.*s %.*s %s", sight->driver->kind, VIEW_ARGS(sight->namespace_),
               VIEW_ARGS(sight->name), VIEW_ARGS(sight->images),
               sight->observed ? "observed" : "not observed");
    buf_printf(out, " %" PRId64 "/%" PRId64 "/%" PRId64 "/%" PRId64, sight->desired, sight->updated,
               sight->available, sight->total);
    buf_printf(out, "%s%s%s", sight->deleting ? " deleting" : "", sight->paused ? " paused" : "",
               sight->on_delete ? " on-delete" : "");
    if (sight->refused.p)
        buf_printf(out, " refused@%" PRId64 " %.*s", sight->refused_since,
                   VIEW_ARGS(sight->refused));
    buf_add_str(out, "; revisions");
    for (size_t i = 0; i < sight->revision_count; i++)
        buf_printf(out, " %.*s:%" PRId64, VIEW_ARGS(sight->revisions[i].name),
                   sight->revisions[i].number);
    write_pods(sight->pods, sight->pod_count, "; pods", out);
    write_pods(sight->old_pods, sight->old_pod_count, "; old", out);
}

/* The sight of a workload as text, "" when there is none. */
static const char *sight(struct store *s, const char *uid)
{
    static char text[4096];
    struct arena arena;
    struct sight seen;
    struct buf out;

    text[0] = '\0';
    arena_init(&arena, LIMIT_ARENA);
    buf_init(&out, sizeof(text));
    if (store_sight(s, view_of(uid), &arena, &seen) == 0) {
        write_sight(&seen, &out);
        snprintf(text, sizeof(text), "%s", out.p);
    }
    buf_release(&out);
    arena_release(&arena);
    return text;
}

/* The uids in the queue, which is empty then. */
static const char *queue(struct store *s)
{
    static char text[4096];
    struct arena arena;
    struct view uid;

    text[0] = '\0';
    arena_init(&arena, LIMIT_ARENA);
    while (store_next_changed(s, &arena, &uid)) {
        strncat(text, text[0] ? " " : "", 2);
        strncat(text, uid.p, uid.n);
    }
    arena_release(&arena);
    return text;
}

static const char seen_deployment[] =
    "Deployment shop/api api:v2 observed 3/2/1/3; revisions api-2:2 api-1:1; pods api-2-a(api-2); "
    "old api-1-a(api-1)";

/* --- what is seen ----------------------------------------------------------------------------- */

static void a_deployment_is_seen_with_its_own(void **state)
{
    struct store *s = created();

    (void)state;
    tell_deployment(s);
    assert_string_equal(queue(s), "d");
    assert_string_equal(sight(s, "d"), seen_deployment);
    assert_string_equal(sight(s, "rs1"), "");
    assert_string_equal(sight(s, "x"), "");
    store_free(s);
}

static void the_order_of_telling_does_not_matter(void **state)
{
    struct store *s = created();

    (void)state;
    put(s, STORE_PODS, 1, POD("p2", "api-2-a", OF_RS("rs2"), STARTED));
    put(s, STORE_PODS, 1, POD("p1", "api-1-a", OF_RS("rs1"), STARTED));
    assert_string_equal(queue(s), "");
    put(s, STORE_REPLICASETS, 1, REPLICASET("rs2", "api-2", OF_DEPLOYMENT, "2", "r/api:v2"));
    put(s, STORE_REPLICASETS, 1, REPLICASET("rs1", "api-1", OF_DEPLOYMENT, "1", "r/api:v1"));
    assert_string_equal(queue(s), "");
    put(s, STORE_DEPLOYMENTS, 1, DEPLOYMENT("d", "2", "r/api:v2", OBSERVED("2")));
    assert_string_equal(queue(s), "d");
    assert_string_equal(sight(s, "d"), seen_deployment);
    store_free(s);
}

static const struct {
    const char *name, *object, *sight;
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

static void workloads_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(workloads) / sizeof(workloads[0]); i++) {
        struct store *s = created();

        put(s, workloads[i].list, 1, "%s", workloads[i].object);
        if (strcmp(sight(s, "d"), workloads[i].sight) != 0)
            fail_msg("%s: %s", workloads[i].name, sight(s, "d"));
        store_free(s);
    }
}

static const struct {
    const char *name, *deployment, *newest;
    bool observed;
} sights[] = {
    {"as it is", DEPLOYMENT("d", "2", "r/api:v2", OBSERVED("2")), "2", true},
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
        struct store *s = created();
        struct arena arena;
        struct sight seen;

        tell_deployment(s);
        put(s, STORE_DEPLOYMENTS, 2, "%s", sights[i].deployment);
        if (strcmp(sights[i].newest, "3") == 0)
            put(s, STORE_REPLICASETS, 2,
                REPLICASET("rs1", "api-1", OF_DEPLOYMENT, "3", "r/api:v1"));
        arena_init(&arena, LIMIT_ARENA);
        assert_int_equal(store_sight(s, VIEW("d"), &arena, &seen), 0);
        if (seen.observed != sights[i].observed)
            fail_msg("%s", sights[i].name);
        arena_release(&arena);
        store_free(s);
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
        struct store *s = created();
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
        assert_string_equal(sight(s, "d"), expected);
        store_free(s);
    }
}

/* A workload's word in its namespace is nothing in another. */
static void owners_are_of_the_same_namespace(void **state)
{
    struct store *s = created();

    (void)state;
    tell_deployment(s);
    put(s, STORE_PODS, 1,
        "{'metadata':{'name':'forged','namespace':'evil','uid':'p9'," OF_RS("rs2") "}}");
    put(s, STORE_REPLICASETS, 1,
        "{'metadata':{'name':'forged','namespace':'evil','uid':'rs9','annotations':{"
        "'deployment.kubernetes.io/revision':'9'}," OF_DEPLOYMENT "}}");
    put(s, STORE_PODS, 1, POD("p8", "self", OF_RS("p8"), STARTED));
    put(s, STORE_PODS, 1, POD("p7", "straight", OF_RS("d"), STARTED));
    assert_string_equal(sight(s, "d"), seen_deployment);
    store_free(s);
}

static void a_revision_is_found_by_its_template(void **state)
{
    struct store *s = created();
    struct arena arena;
    struct sight seen;

    (void)state;
    tell_deployment(s);
    put(s, STORE_REPLICASETS, 1, REPLICASET("rs3", "api-3", OF_DEPLOYMENT, "x", "r/api:v3"));
    put(s, STORE_REPLICASETS, 1, REPLICASET("rs4", "api-4", OF_DEPLOYMENT, "7", "r/api:v1"));
    arena_init(&arena, LIMIT_ARENA);
    assert_int_equal(store_sight(s, VIEW("d"), &arena, &seen), 0);
    assert_int_equal(seen.revision_count, 4);
    assert_int_equal(store_revision_of(s, VIEW("d"), seen.hash), 2);
    assert_int_equal(store_revision_of(s, VIEW("d"), seen.revisions[0].hash), 7);
    assert_int_equal(store_revision_of(s, VIEW("d"), VIEW("none")), 0);
    assert_int_equal(store_revision_of(s, VIEW("x"), seen.hash), 0);
    assert_true(
        view_eq_str(store_find(s, VIEW("Deployment"), VIEW("shop"), VIEW("api"), &arena), "d"));
    assert_null(store_find(s, VIEW("StatefulSet"), VIEW("shop"), VIEW("api"), &arena).p);
    arena_release(&arena);
    store_free(s);
}

static void refusal_counts_from_its_first_sight(void **state)
{
    static const char refused[] =
        "{'metadata':{'name':'a','namespace':'n','uid':'d'},'status':{'conditions':[{'type':"
        "'ReplicaFailure','status':'True','message':'%s'}]}}";
    struct store *s = created();

    (void)state;
    put(s, STORE_DEPLOYMENTS, 5, refused, "no");
    put(s, STORE_DEPLOYMENTS, 9, refused, "never");
    assert_non_null(strstr(sight(s, "d"), "refused@5 never"));
    put(s, STORE_DEPLOYMENTS, 12, "{'metadata':{'name':'a','namespace':'n','uid':'d'}}");
    put(s, STORE_DEPLOYMENTS, 15, refused, "no");
    assert_non_null(strstr(sight(s, "d"), "refused@15 no"));
    store_free(s);
}

static void orders_and_labels_are_seen(void **state)
{
    struct store *s = created();
    struct arena arena;
    struct sight seen;

    (void)state;
    put(s, STORE_DEPLOYMENTS, 1,
        "{'metadata':{'name':'a','namespace':'n','uid':'d','labels':{'x':'y'},'annotations':{"
        "'tidegate.dev/rollback':'one','tidegate.dev/release':'two'}}}");
    arena_init(&arena, LIMIT_ARENA);
    assert_int_equal(store_sight(s, VIEW("d"), &arena, &seen), 0);
    assert_true(view_eq_str(seen.labels, "{\"x\":\"y\"}"));
    assert_true(view_eq_str(seen.rollback_order, "one"));
    assert_true(view_eq_str(seen.release_order, "two"));
    put(s, STORE_DEPLOYMENTS, 1, "{'metadata':{'name':'a','namespace':'n','uid':'d'}}");
    assert_int_equal(store_sight(s, VIEW("d"), &arena, &seen), 0);
    assert_true(view_eq_str(seen.labels, "{}"));
    assert_null(seen.rollback_order.p);
    assert_null(seen.release_order.p);
    arena_release(&arena);
    store_free(s);
}

/* --- what is queued --------------------------------------------------------------------------- */

static void changes_are_queued_once(void **state)
{
    struct store *s = created();

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
    store_touch_all(s);
    assert_string_equal(queue(s), "d");
    store_free(s);
}

static void what_is_gone_is_told_once(void **state)
{
    struct store *s = created();

    (void)state;
    tell_deployment(s);
    put(s, STORE_DEPLOYMENTS, 1, DEPLOYMENT("d2", "1", "r/api:v1", ""));
    assert_string_equal(queue(s), "d d2");
    drop(s, STORE_DEPLOYMENTS, DEPLOYMENT("d", "1", "", ""));
    drop(s, STORE_DEPLOYMENTS, DEPLOYMENT("d2", "1", "", ""));
    assert_string_equal(sight(s, "d"), "");
    assert_string_equal(queue(s), "d d2");
    put(s, STORE_PODS, 2,
        POD("p1", "api-1-a", OF_RS("rs1"),
            ""
            "'spec':{}"));
    assert_string_equal(queue(s), "");
    for (unsigned i = 1; i <= 2; i++) {
        drop(s, STORE_PODS, "{'metadata':{'uid':'p%u'}}", i);
        drop(s, STORE_REPLICASETS, "{'metadata':{'uid':'rs%u'}}", i);
    }
    for (unsigned i = 0; i < STORE_LISTS; i++)
        assert_int_equal(store_count(s, i), 0);
    assert_in_range(store_held(s), 1024, 1024); /* the buckets */
    store_free(s);
}

static void what_a_new_list_does_not_name_is_gone(void **state)
{
    struct store *s = created();

    (void)state;
    tell_deployment(s);
    for (unsigned i = 0; i < STORE_LISTS; i++) {
        assert_false(store_is_whole(s));
        store_begin(s, i);
        if (i == STORE_DEPLOYMENTS)
            put(s, STORE_DEPLOYMENTS, 1, DEPLOYMENT("d", "2", "r/api:v2", OBSERVED("2")));
        if (i == STORE_REPLICASETS)
            put(s, STORE_REPLICASETS, 1,
                REPLICASET("rs2", "api-2", OF_DEPLOYMENT, "2", "r/api:v2"));
        if (i == STORE_PODS)
            put(s, STORE_PODS, 1, POD("p2", "api-2-a", OF_RS("rs2"), STARTED));
        queue(s);
        store_end(s, i);
        assert_string_equal(queue(s), i == STORE_REPLICASETS ? "d" : "");
    }
    assert_true(store_is_whole(s));
    assert_string_equal(sight(s, "d"),
                        "Deployment shop/api api:v2 observed 3/2/1/3; revisions api-2:2; pods "
                        "api-2-a(api-2); old");
    assert_int_equal(store_count(s, STORE_PODS), 1);
    store_begin(s, STORE_DEPLOYMENTS);
    put(s, STORE_DEPLOYMENTS, 1, DEPLOYMENT("d2", "1", "r/api:v2", ""));
    store_end(s, STORE_DEPLOYMENTS);
    assert_string_equal(queue(s), "d2 d");
    store_free(s);
}

/* Their names are the same, and there are two while the list is not whole. */
static void a_workload_made_anew_is_found_by_name(void **state)
{
    struct store *s = created();
    struct arena arena;

    (void)state;
    arena_init(&arena, LIMIT_ARENA);
    for (unsigned i = 0; i < 5; i++) {
        char uid[8];

        snprintf(uid, sizeof(uid), "d%u", i);
        store_begin(s, STORE_DEPLOYMENTS);
        put(s, STORE_DEPLOYMENTS, 1, DEPLOYMENT("%s", "1", "r/api:v2", ""), uid);
        store_end(s, STORE_DEPLOYMENTS);
        assert_true(
            view_eq_str(store_find(s, VIEW("Deployment"), VIEW("shop"), VIEW("api"), &arena), uid));
    }
    arena_release(&arena);
    store_free(s);
}

static void what_is_not_ours_is_not_kept(void **state)
{
    struct store *s = created();

    (void)state;
    put(s, STORE_PODS, 1, POD("p1", "job", OWNER("batch/v1", "Job", "j"), STARTED));
    put(s, STORE_PODS, 1, POD("p2", "of-a-rollout", OF_RS("rs"), STARTED));
    assert_int_equal(store_count(s, STORE_PODS), 1);
    put(s, STORE_REPLICASETS, 1,
        REPLICASET("rs", "r", OWNER("argoproj.io/v1alpha1", "Rollout", "r"), "1", "i"));
    assert_int_equal(store_count(s, STORE_PODS), 0);
    put(s, STORE_PODS, 1, POD("p3", "of-a-rollout", OF_RS("rs"), STARTED));
    assert_int_equal(store_count(s, STORE_PODS), 0);
    assert_int_equal(store_refused(s), 0);
    store_free(s);
}

/* As with kubectl delete --cascade=orphan, and a Deployment made anew. */
static void orphans_are_adopted(void **state)
{
    struct store *s = created();

    (void)state;
    tell_deployment(s);
    put(s, STORE_REPLICASETS, 2, REPLICASET("rs2", "api-2", "'x':1", "2", "r/api:v2"));
    assert_non_null(strstr(sight(s, "d"), "revisions api-1:1;"));
    put(s, STORE_REPLICASETS, 3, REPLICASET("rs2", "api-2", OF_DEPLOYMENT, "2", "r/api:v2"));
    assert_string_equal(sight(s, "d"), seen_deployment);
    store_free(s);
}

/* --- memory ----------------------------------------------------------------------------------- */

static void what_has_no_room_is_counted(void **state)
{
    struct store *s = store_create(8 * 1024);
    size_t kept = 0;

    (void)state;
    tell_deployment(s);
    assert_int_equal(store_refused(s), 0);
    for (unsigned i = 0; i < 100; i++) {
        put(s, STORE_PODS, 1, POD("q%u", "api-2-%u", OF_RS("rs2"), STARTED), i, i);
        assert_true(store_held(s) <= 8 * 1024);
    }
    kept = store_count(s, STORE_PODS);
    assert_in_range(kept, 10, 99);
    assert_int_equal(store_refused(s), 102 - kept);
    put(s, STORE_PODS, 1,
        POD("p2", "api-2-a", OF_RS("rs2"),
            "'status':{'conditions':[{'type':'Ready','status':'True'}]}"));
    assert_int_equal(store_count(s, STORE_PODS), kept);
    store_free(s);
}

/* Whatever fails, what is kept is the newest, or nothing; and it is queued. */
static void memory_runs_out(void **state)
{
    (void)state;
    for (size_t n = 1;; n++) {
        struct store *s = created();
        size_t made;

        tell_deployment(s);
        queue(s);
        mem_fail_nth(n);
        put(s, STORE_DEPLOYMENTS, 2, DEPLOYMENT("d", "3", "r/api:v3", OBSERVED("3")));
        made = mem_fail_nth(0);
        if (sight(s, "d")[0])
            assert_non_null(strstr(sight(s, "d"), "api:v3"));
        else
            assert_in_range(store_refused(s), 1, 1);
        assert_string_equal(queue(s), "d");
        store_free(s);
        if (made < n)
            return;
    }
}

static void memory_runs_out_for_new_ones(void **state)
{
    (void)state;
    for (size_t n = 1;; n++) {
        struct store *s = created();
        struct arena arena;
        struct sight seen;
        size_t made, count;

        mem_fail_nth(n);
        tell_deployment(s);
        made = mem_fail_nth(0);
        count = store_refused(s);
        for (unsigned i = 0; i < STORE_LISTS; i++)
            count += store_count(s, i);
        assert_int_equal(count, 5);
        for (size_t m = 1; m < 20; m++) {
            arena_init(&arena, LIMIT_ARENA);
            mem_fail_nth(m);
            store_sight(s, VIEW("d"), &arena, &seen);
            mem_fail_nth(0);
            arena_release(&arena);
        }
        store_free(s);
        if (made < n)
            return;
    }
}

enum { MANY = 10000 };

static void tell_many(struct store *s)
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
    struct store *s = created();
    struct arena arena;
    struct view uid;
    unsigned queued = 0;

    (void)state;
    tell_many(s);
    assert_int_equal(store_count(s, STORE_PODS), 3 * MANY);
    print_message("%d workloads, %d revisions, %d pods: %zu bytes\n", MANY, MANY, 3 * MANY,
                  store_held(s));
    assert_true(store_held(s) < 3 * MANY * 1024);
    arena_init(&arena, LIMIT_ARENA);
    while (store_next_changed(s, &arena, &uid))
        queued++;
    arena_release(&arena);
    assert_int_equal(queued, MANY);
    assert_non_null(strstr(sight(s, "dddddddd-0000-0000-0000-000000009999"),
                           "service:v1.2.3 not observed 3/0/0/0"));
    for (unsigned i = 0; i < STORE_LISTS; i++) {
        store_begin(s, i);
        store_end(s, i);
        assert_int_equal(store_count(s, i), 0);
    }
    store_free(s);
}

/* --- threads ---------------------------------------------------------------------------------- */

struct race {
    struct store *store;
    atomic_bool over;
    atomic_uint wrong;
};

/* Revisions come and go while their pods do. */
static void *tell_revisions(void *arg)
{
    struct race *race = arg;

    for (unsigned i = 0; i < 3000; i++) {
        if (i % 3 == 0)
            drop(race->store, STORE_REPLICASETS, "{'metadata':{'uid':'rs%u'}}", i % 4);
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
            store_begin(race->store, STORE_PODS);
        if (i % 7 == 0)
            drop(race->store, STORE_PODS, "{'metadata':{'uid':'p%u'}}", i % 20);
        else
            put(race->store, STORE_PODS, i,
                POD("p%u", "api-%u", "'x':1," OF_RS("rs%u"),
                    "'status':{'containerStatuses':[{'name':'a','restartCount':%u}]}"),
                i % 20, i % 20, i % 4, i);
        if (i % 500 == 300)
            store_end(race->store, STORE_PODS);
    }
    return NULL;
}

static void *read_on(void *arg)
{
    struct race *race = arg;

    while (!atomic_load(&race->over)) {
        struct arena arena;
        struct sight seen;
        struct view uid;

        arena_init(&arena, LIMIT_ARENA);
        store_wait(race->store, clock_monotonic_ns() + 1000000);
        if (store_next_changed(race->store, &arena, &uid) && !view_eq_str(uid, "d"))
            atomic_fetch_add(&race->wrong, 1);
        if (store_sight(race->store, VIEW("d"), &arena, &seen) != 0 || seen.revision_count > 4)
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
    store_wake(race.store);
    pthread_join(threads[2], NULL);
    assert_int_equal(race.wrong, 0);
    store_free(race.store);
}

static void *put_later(void *arg)
{
    put(arg, STORE_DEPLOYMENTS, 1, DEPLOYMENT("d", "2", "r/api:v2", OBSERVED("2")));
    return NULL;
}

static void waiting_ends_with_a_change_a_call_or_the_time(void **state)
{
    const int64_t minute = INT64_C(60) * 1000 * 1000 * 1000;
    struct store *s = created();
    pthread_t thread;

    (void)state;
    store_wake(s);
    store_wait(s, clock_monotonic_ns() + 60 * minute);
    store_wait(s, clock_monotonic_ns() - 1);
    assert_int_equal(pthread_create(&thread, NULL, put_later, s), 0);
    store_wait(s, clock_monotonic_ns() + 60 * minute);
    assert_string_equal(queue(s), "d");
    pthread_join(thread, NULL);
    store_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_deployment_is_seen_with_its_own),
        cmocka_unit_test(the_order_of_telling_does_not_matter),
        cmocka_unit_test(workloads_are_read),
        cmocka_unit_test(a_template_is_observed_once_all_say_so),
        cmocka_unit_test(pods_of_sets_tell_their_revision),
        cmocka_unit_test(owners_are_of_the_same_namespace),
        cmocka_unit_test(a_revision_is_found_by_its_template),
        cmocka_unit_test(refusal_counts_from_its_first_sight),
        cmocka_unit_test(orders_and_labels_are_seen),
        cmocka_unit_test(changes_are_queued_once),
        cmocka_unit_test(what_is_gone_is_told_once),
        cmocka_unit_test(what_a_new_list_does_not_name_is_gone),
        cmocka_unit_test(a_workload_made_anew_is_found_by_name),
        cmocka_unit_test(what_is_not_ours_is_not_kept),
        cmocka_unit_test(orphans_are_adopted),
        cmocka_unit_test(what_has_no_room_is_counted),
        cmocka_unit_test(memory_runs_out),
        cmocka_unit_test(memory_runs_out_for_new_ones),
        cmocka_unit_test(ten_thousand_take_little_memory),
        cmocka_unit_test(a_reader_and_the_writers),
        cmocka_unit_test(waiting_ends_with_a_change_a_call_or_the_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
