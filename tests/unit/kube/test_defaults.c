#include "kube/defaults.h"

#include "cmocka_all.h"

#include <stdlib.h>

/* Fills `before` and compares the value at a place in it. */
struct defaults_case {
    const char *name, *before, *after;
};

static void check_case(const struct defaults_case *c)
{
    json_t *before = json_loads(c->before, 0, NULL), *after = json_loads(c->after, 0, NULL);
    char *found;

    assert_non_null(before);
    assert_non_null(after);
    assert_int_equal(defaults_fill(before), 0);
    found = json_dumps(before, JSON_SORT_KEYS | JSON_INDENT(1));
    if (!json_equal(before, after))
        fail_msg("%s: %s", c->name, found);
    free(found);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(workloads_get_what_the_api_server_gives),
        cmocka_unit_test(pods_get_what_the_api_server_gives),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
