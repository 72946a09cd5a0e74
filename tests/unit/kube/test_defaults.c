#include "kube/defaults.h"

#include "base/arena.h"
#include "cmocka_all.h"
#include "policy/object/template_hash.h"

#include <stdlib.h>
#include <string.h>

/* Fills `before` and compares the value at a place in it. */
struct defaults_case {
    const char *name, *before, *after;
};

/* Of the pod template in an object; absent when there is none, or it is a Pod, which gets more than
 * its manifest's hash leaves out: a ServiceAccount, and requests. */
static struct view hash_of(const json_t *object, struct arena *arena)
{
    const char *version = json_string_value(json_object_get(object, "apiVersion"));
    const char *slash = version ? strchr(version, '/') : NULL;
    struct view group = {version, slash ? (size_t)(slash - version) : 0};
    struct view kind = view_of(json_string_value(json_object_get(object, "kind")));
    char *text = json_dumps(object, 0);
    yyjson_doc *doc = yyjson_read(text, strlen(text), 0);
    struct workload w = workload_of(workload_kind_of(group, kind), yyjson_doc_get_root(doc));
    struct view hash = {NULL, 0};

    if (w.pod && !view_eq_str(kind, "Pod"))
        hash = template_hash(&w, arena, NULL);
    yyjson_doc_free(doc);
    free(text);
    return hash;
}

/* What is filled in here is what the hash of a template leaves out: the two tables are of one API
 * server. */
static unsigned compare_hashes(const char *name, const json_t *manifest, const json_t *filled)
{
    struct arena arena;
    struct view a, b;

    arena_init(&arena, 1 << 20);
    a = hash_of(manifest, &arena);
    b = hash_of(filled, &arena);
    if (!view_eq(a, b))
        fail_msg("%s: a default that the template's hash keeps", name);
    arena_release(&arena);
    return a.n > 0;
}

static unsigned hashes_compared;

static void check_case(const struct defaults_case *c)
{
    json_t *before = json_loads(c->before, 0, NULL), *after = json_loads(c->after, 0, NULL);
    json_t *manifest = json_deep_copy(before);
    char *found;

    assert_non_null(before);
    assert_non_null(after);
    assert_int_equal(defaults_fill(before), 0);
    found = json_dumps(before, JSON_SORT_KEYS | JSON_INDENT(1));
    if (!json_equal(before, after))
        fail_msg("%s: %s", c->name, found);
    free(found);
    hashes_compared += compare_hashes(c->name, manifest, before);
    json_decref(manifest);
    json_decref(before);
    json_decref(after);
}

#define CONTAINER                                                                                  \
    "'resources':{},'terminationMessagePath':'/dev/termination-log',"                              \
    "'terminationMessagePolicy':'File'"
#define POD                                                                                        \
    "'restartPolicy':'Always','terminationGracePeriodSeconds':30,'dnsPolicy':'ClusterFirst',"      \
    "'securityContext':{},'schedulerName':'default-scheduler'"
#define BARE_POD "'enableServiceLinks':true,'serviceAccountName':'default'," POD

/* Single quotes read better here; JSON has double ones. */
static const char *json(const char *text, char *room)
{
    char *out = room;

    for (; *text; text++)
        *out++ = *text == '\'' ? '"' : *text;
    *out = '\0';
    return room;
}

static void run(const struct defaults_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char before[4096], after[4096];
        struct defaults_case c = {cases[i].name, json(cases[i].before, before),
                                  json(cases[i].after, after)};

        check_case(&c);
    }
}

#define RUN(cases) run(cases, sizeof(cases) / sizeof((cases)[0]))

static void workloads_get_what_the_api_server_gives(void **state)
{
    static const struct defaults_case cases[] = {
        {"deployment", "{'kind':'Deployment','apiVersion':'apps/v1','spec':{}}",
         "{'kind':'Deployment','apiVersion':'apps/v1','spec':{'replicas':1,"
         "'revisionHistoryLimit':10,'progressDeadlineSeconds':600,'strategy':{"
         "'type':'RollingUpdate','rollingUpdate':{'maxSurge':'25%','maxUnavailable':'25%'}}}}"},
        {"what is said stays",
         "{'kind':'Deployment','apiVersion':'apps/v1','spec':{'replicas':0,"
         "'revisionHistoryLimit':null,'strategy':{'rollingUpdate':{'maxSurge':1}}}}",
         "{'kind':'Deployment','apiVersion':'apps/v1','spec':{'replicas':0,"
         "'revisionHistoryLimit':10,'progressDeadlineSeconds':600,'strategy':{"
         "'type':'RollingUpdate','rollingUpdate':{'maxSurge':1,'maxUnavailable':'25%'}}}}"},
        {"recreate has no rolling update",
         "{'kind':'Deployment','apiVersion':'apps/v1','spec':{'strategy':{'type':'Recreate'}}}",
         "{'kind':'Deployment','apiVersion':'apps/v1','spec':{'replicas':1,"
         "'revisionHistoryLimit':10,'progressDeadlineSeconds':600,'strategy':{'type':'Recreate'}}"
         "}"},
        {"the template of a cron job",
         "{'kind':'CronJob','apiVersion':'batch/v1','spec':{'jobTemplate':{'spec':{'template':{"
         "'spec':{'restartPolicy':'Never'}}}}}}",
         "{'kind':'CronJob','apiVersion':'batch/v1','spec':{'concurrencyPolicy':'Allow',"
         "'suspend':false,'successfulJobsHistoryLimit':3,'failedJobsHistoryLimit':1,"
         "'jobTemplate':{'spec':{'template':{'spec':{'restartPolicy':'Never',"
         "'terminationGracePeriodSeconds':30,'dnsPolicy':'ClusterFirst','securityContext':{},"
         "'schedulerName':'default-scheduler'}}}}}}"},
        {"another group's kind", "{'kind':'Deployment','apiVersion':'example.com/v1','spec':{}}",
         "{'kind':'Deployment','apiVersion':'example.com/v1','spec':{}}"},
        {"no spec", "{'kind':'Pod','apiVersion':'v1'}", "{'kind':'Pod','apiVersion':'v1'}"},
        {"wrong types", "{'kind':'ReplicaSet','apiVersion':'apps/v1','spec':{'template':[1]}}",
         "{'kind':'ReplicaSet','apiVersion':'apps/v1','spec':{'template':[1],'replicas':1}}"},
        {"a spec that is not a map", "{'kind':'Pod','apiVersion':'v1','spec':5}",
         "{'kind':'Pod','apiVersion':'v1','spec':5}"},
    };

    (void)state;
    RUN(cases);
}

static void pods_get_what_the_api_server_gives(void **state)
{
    static const struct defaults_case cases[] = {
        {"pull policies",
         "{'kind':'Pod','apiVersion':'v1','spec':{'containers':[{'image':'a'},{'image':'h:5/a'},"
         "{'image':'a:latest'},{'image':'a:v1'},{'image':'a@sha256:0'},"
         "{'image':'a','imagePullPolicy':'Never'}]}}",
         "{'kind':'Pod','apiVersion':'v1','spec':{" BARE_POD ",'containers':["
         "{'image':'a','imagePullPolicy':'Always'," CONTAINER "},"
         "{'image':'h:5/a','imagePullPolicy':'Always'," CONTAINER "},"
         "{'image':'a:latest','imagePullPolicy':'Always'," CONTAINER "},"
         "{'image':'a:v1','imagePullPolicy':'IfNotPresent'," CONTAINER "},"
         "{'image':'a@sha256:0','imagePullPolicy':'IfNotPresent'," CONTAINER "},"
         "{'image':'a','imagePullPolicy':'Never'," CONTAINER "}]}}"},
        {"volumes",
         "{'kind':'Pod','apiVersion':'v1','spec':{'volumes':[{'name':'a'},"
         "{'name':'b','hostPath':{'path':'/'}},{'name':'c','configMap':{'name':'d'}}]}}",
         "{'kind':'Pod','apiVersion':'v1','spec':{" BARE_POD ",'volumes':["
         "{'name':'a','emptyDir':{}},{'name':'b','hostPath':{'path':'/','type':''}},"
         "{'name':'c','configMap':{'name':'d','defaultMode':420}}]}}"},
        {"ports of the host",
         "{'kind':'Pod','apiVersion':'v1','spec':{'hostNetwork':true,'containers':["
         "{'image':'a:1','ports':[{'containerPort':80}]}]}}",
         "{'kind':'Pod','apiVersion':'v1','spec':{" BARE_POD ",'hostNetwork':true,'containers':["
         "{'image':'a:1','imagePullPolicy':'IfNotPresent'," CONTAINER
         ",'ports':[{'containerPort':80,'hostPort':80,'protocol':'TCP'}]}]}}"},
        {"a port of the host that is 0",
         "{'kind':'Pod','apiVersion':'v1','spec':{'hostNetwork':true,'initContainers':["
         "{'image':'a:1','ports':[{'containerPort':80,'hostPort':0}]}]}}",
         "{'kind':'Pod','apiVersion':'v1','spec':{" BARE_POD ",'hostNetwork':true,"
         "'initContainers':[{'image':'a:1','imagePullPolicy':'IfNotPresent'," CONTAINER
         ",'ports':[{'containerPort':80,'hostPort':80,'protocol':'TCP'}]}]}}"},
        {"a template's ports are not of the host, yet",
         "{'kind':'ReplicaSet','apiVersion':'apps/v1','spec':{'template':{'spec':{"
         "'hostNetwork':true,'containers':[{'image':'a:1','ports':[{'containerPort':80}]}]}}}}",
         "{'kind':'ReplicaSet','apiVersion':'apps/v1','spec':{'replicas':1,'template':{'spec':{" POD
         ",'hostNetwork':true,'containers':[{'image':'a:1','imagePullPolicy':'IfNotPresent'"
         "," CONTAINER ",'ports':[{'containerPort':80,'protocol':'TCP'}]}]}}}}"},
        {"requests from limits, numbers as quantities",
         "{'kind':'Pod','apiVersion':'v1','spec':{'containers':[{'image':'a:1','resources':"
         "{'limits':{'cpu':0.5,'memory':'1Gi'},"
         "'requests':{'cpu':1,'example.com/x':9007199254740993}}}]}}",
         "{'kind':'Pod','apiVersion':'v1','spec':{" BARE_POD ",'containers':[{'image':'a:1',"
         "'imagePullPolicy':'IfNotPresent','terminationMessagePath':'/dev/termination-log',"
         "'terminationMessagePolicy':'File','resources':{'limits':{'cpu':'0.5','memory':'1Gi'},"
         "'requests':{'cpu':'1','memory':'1Gi','example.com/x':'9007199254740993'}}}]}}"},
        {"a template keeps its requests as they are",
         "{'kind':'ReplicaSet','apiVersion':'apps/v1','spec':{'template':{'spec':{'containers':["
         "{'image':'a:1','resources':{'limits':{'cpu':'1'}}}]}}}}",
         "{'kind':'ReplicaSet','apiVersion':'apps/v1','spec':{'replicas':1,'template':{'spec':{" POD
         ",'containers':[{'image':'a:1','imagePullPolicy':'IfNotPresent',"
         "'terminationMessagePath':'/dev/termination-log','terminationMessagePolicy':'File',"
         "'resources':{'limits':{'cpu':'1'}}}]}}}}"},
        {"probes",
         "{'kind':'Pod','apiVersion':'v1','spec':{'initContainers':[{'image':'a:1',"
         "'startupProbe':{'httpGet':{'port':80}}}]}}",
         "{'kind':'Pod','apiVersion':'v1','spec':{" BARE_POD ",'initContainers':[{'image':'a:1',"
         "'imagePullPolicy':'IfNotPresent'," CONTAINER ",'startupProbe':{'httpGet':{'port':80,"
         "'path':'/','scheme':'HTTP'},'timeoutSeconds':1,'periodSeconds':10,"
         "'successThreshold':1,'failureThreshold':3}}]}}"},
    };

    (void)state;
    RUN(cases);
}

/* Each default of a template, in one that the hash is made of. */
static void a_template_keeps_its_hash(void **state)
{
    json_t *filled, *manifest;
    char text[2048];

    (void)state;
    manifest = json_loads(
        json("{'kind':'Deployment','apiVersion':'apps/v1','spec':{'template':{'spec':{"
             "'hostNetwork':true,'volumes':[{'name':'a'},{'name':'b','configMap':{'name':'x'}},"
             "{'name':'c','secret':{'secretName':'x'}},{'name':'d','projected':{'sources':[]}},"
             "{'name':'e','hostPath':{'path':'/x'}}],'initContainers':[{'image':'a'}],"
             "'ephemeralContainers':[{'image':'a@sha256:0'}],'containers':[{'image':'a:1','ports':["
             "{'containerPort':80}],"
             "'env':[{'name':'A','valueFrom':{'fieldRef':{'fieldPath':'spec.nodeName'}}}],"
             "'resources':{'limits':{'cpu':1.5},'requests':{'cpu':1}},'livenessProbe':{'httpGet':"
             "{'port':80}},'readinessProbe':{'httpGet':{'port':80}},'startupProbe':{'exec':{}}}]"
             "}}}}",
             text),
        0, NULL);
    assert_non_null(manifest);
    filled = json_deep_copy(manifest);
    assert_int_equal(defaults_fill(filled), 0);
    assert_false(json_equal(manifest, filled));
    assert_int_equal(compare_hashes("a template", manifest, filled), 1);
    json_decref(manifest);
    json_decref(filled);
    assert_true(hashes_compared > 1); /* the cases above have templates, too */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(workloads_get_what_the_api_server_gives),
        cmocka_unit_test(pods_get_what_the_api_server_gives),
        cmocka_unit_test(a_template_keeps_its_hash),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
