#include "rollout/watch/pod_facts.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"
#include "cmocka_all.h"
#include "policy/limits.h"
#include "rollout/limits.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yyjson.h>

/* Quotes are single ones in the texts here. */
static yyjson_doc *read_text(const char *text)
{
    char *copy = strdup(text);
    yyjson_doc *doc;

    assert_non_null(copy);
    for (char *p = copy; *p; p++)
        if (*p == '\'')
            *p = '"';
    doc = yyjson_read(copy, strlen(copy), 0);
    if (!doc)
        fail_msg("no JSON: %s", copy);
    free(copy);
    return doc;
}

/* A pod of a ReplicaSet with an ordinary init container, a sidecar and a main container. */
#define METADATA                                                                                   \
    "'metadata':{'name':'api-1','namespace':'shop','uid':'u1','ownerReferences':[{'apiVersion':"   \
    "'apps/v1','kind':'ReplicaSet','name':'api','uid':'rs','controller':true}]}"
#define SPEC                                                                                       \
    "'spec':{'nodeName':'n1','initContainers':[{'name':'migrate'},{'name':'proxy',"                \
    "'restartPolicy':'Always'}],'containers':[{'name':'api'}]}"
#define POD(status) "{" METADATA "," SPEC ",'status':{" status "}}"
#define MAIN(rest)  POD("'containerStatuses':[{'name':'api'," rest "}]")
#define INIT(rest)  POD("'initContainerStatuses':[{'name':'migrate'," rest "}]")
#define SIDE(rest)  POD("'initContainerStatuses':[{'name':'proxy'," rest "}]")

#define RUNNING      "'state':{'running':{}}"
#define ENDED(how)   "'state':{'terminated':{" how "}}"
#define WAITING(why) "'state':{'waiting':{'reason':'" why "','message':'m'}}"
#define LAST(how)    "'lastState':{'terminated':{" how "}}"
#define NO_LAST      "'lastState':{}"
#define EXIT(code)   "'exitCode':" code ",'reason':'Error','message':' boom\\n','containerID':'c1'"
#define DONE         "'exitCode':0,'reason':'Completed','containerID':'c1'"
#define OOM(id)      "'exitCode':137,'reason':'OOMKilled','containerID':'" id "'"
#define COUNT(n)     "'restartCount':" n
#define READY(value) POD("'conditions':[{'type':'Ready','status':'" value "'}]")

#define CONTAINERS_READY                                                                           \
    POD("'conditions':[{'type':'Ready','status':'False'},{'type':'ContainersReady','status':"      \
        "'True'}]")

#define UNSCHEDULED(message)                                                                       \
    "{" METADATA ",'spec':{},'status':{'conditions':[{'type':'PodScheduled','status':'False',"     \
    "'reason':'Unschedulable','message':'" message "'}]}}"

struct step {
    int64_t now;
    const char *pod; /* NULL ends the steps */
};

static void write_container(const struct pod_facts *pod, const struct container_facts *c,
                            struct buf *out)
{
    buf_printf(out, " %.*s:", VIEW_ARGS(object_facts_text(&pod->head, c->name)));
    if (c->running)
        buf_add_str(out, " running");
    if (c->ready)
        buf_add_str(out, " ready");
    if (c->started)
        buf_printf(out, "@%" PRId64, c->started);
    buf_printf(out, " exits=%u", c->exits);
    if (c->oom_kills)
        buf_printf(out, " oom=%u", c->oom_kills);
    if (c->ended.at)
        buf_printf(out, " %.*s(%d", VIEW_ARGS(object_facts_text(&pod->head, c->ended)),
                   c->exit_code);
    if (c->ended.at && c->ended_message.n > 0)
        buf_printf(out, " %.*s", VIEW_ARGS(object_facts_text(&pod->head, c->ended_message)));
    if (c->ended.at)
        buf_add_str(out, ")");
    if (c->waiting.at)
        buf_printf(out, " %.*s@%" PRId64, VIEW_ARGS(object_facts_text(&pod->head, c->waiting)),
                   c->waiting_since);
}

static void write_pod(const struct pod_facts *pod, struct buf *out)
{
    buf_add_str(out, pod->ready ? "ready" : "");
    if (pod->unready_since)
        buf_printf(out, "unready@%" PRId64, pod->unready_since);
    if (pod->unschedulable_since)
        buf_printf(out, "unschedulable@%" PRId64 " %.*s", pod->unschedulable_since,
                   VIEW_ARGS(object_facts_text(&pod->head, pod->unschedulable)));
    if (pod->flaps)
        buf_printf(out, " flaps=%u", pod->flaps);
    for (uint32_t i = 0; i < pod->container_count; i++)
        write_container(pod, &pod->containers[i], out);
}

static struct pod_facts *cut_once(yyjson_val *pod, const struct pod_facts *before, int64_t now)
{
    struct pod_facts *facts, *copy;
    struct arena arena;

    if (!pod_facts_is_judged(pod))
        return NULL;
    arena_init(&arena, LIMIT_ARENA);
    facts = pod_facts_extract(pod, before, now, &arena);
    assert_non_null(facts);
    copy = mem_alloc(facts->head.size);
    memcpy(copy, facts, facts->head.size);
    arena_release(&arena);
    return copy;
}

/* The pod after all steps; to be freed. */
static struct pod_facts *cut(const struct step *steps)
{
    struct pod_facts *before = NULL;

    for (; steps->pod; steps++) {
        yyjson_doc *doc = read_text(steps->pod);
        struct pod_facts *next = cut_once(yyjson_doc_get_root(doc), before, steps->now);

        yyjson_doc_free(doc);
        mem_free(before);
        before = next;
    }
    return before;
}

static const struct {
    const char *name;
    struct step steps[6];
    const char *snapshot;
} history[] = {
    {"nothing is told yet", {{5, POD("'phase':'Pending'")}}, "unready@5"},
    {"when it was started",
     {{5, MAIN("'state':{'running':{'startedAt':'1970-01-01T00:01:40Z'}}")}},
     "unready@5 api: running@100 exits=0"},
    {"one crash, seen as it ended",
     {{5, MAIN(COUNT("0") "," ENDED(EXIT("1")) "," NO_LAST)}},
     "unready@5 api: exits=1 Error(1 boom)"},
    {"one crash, seen after the start",
     {{5, MAIN(COUNT("1") "," RUNNING "," LAST(EXIT("1")))}},
     "unready@5 api: running exits=1 Error(1 boom)"},
    {"the last state is not told",
     {{5, MAIN(COUNT("1") "," RUNNING "," NO_LAST)}},
     "unready@5 api: running exits=1"},
    {"the second crash, before it is started again",
     {{5, MAIN(COUNT("1") "," RUNNING "," LAST(EXIT("1")))},
      {6, MAIN(COUNT("1") "," ENDED(EXIT("2")) "," LAST(EXIT("1")))}},
     "unready@5 api: exits=2 Error(2 boom)"},
    {"back-off after the second crash",
     {{5, MAIN(COUNT("1") "," ENDED(EXIT("1")) "," NO_LAST)},
      {17, MAIN(COUNT("1") "," WAITING("CrashLoopBackOff") "," LAST(EXIT("1")))}},
     "unready@5 api: exits=2 Error(1 boom) CrashLoopBackOff@17"},
    {"an end with 0 counts",
     {{5, MAIN(COUNT("0") "," ENDED(DONE) "," NO_LAST)}},
     "unready@5 api: exits=1 Completed(0)"},
    {"ends are not uncounted",
     {{5, MAIN(COUNT("4") "," RUNNING "," NO_LAST)}, {6, MAIN(COUNT("0") "," RUNNING)}},
     "unready@5 api: running exits=4"},
    {"waiting for the first start is not an end",
     {{5, MAIN(COUNT("0") "," WAITING("ContainerCreating") "," NO_LAST)}},
     "unready@5 api: exits=0 ContainerCreating@5"},
    {"a count that is none",
     {{5, MAIN("'restartCount':'3'," RUNNING)}},
     "unready@5 api: running exits=0"},

    {"an init container ends well",
     {{5, INIT(COUNT("0") "," ENDED(DONE) ",'ready':true")}},
     "unready@5 migrate: ready exits=0"},
    {"an init container fails, then ends well",
     {{5, INIT(COUNT("1") "," ENDED(DONE) "," LAST(EXIT("3")))}},
     "unready@5 migrate: exits=1 Error(3 boom)"},
    {"an init container fails twice",
     {{5, INIT(COUNT("1") "," WAITING("CrashLoopBackOff") "," LAST(EXIT("3")))}},
     "unready@5 migrate: exits=2 Error(3 boom) CrashLoopBackOff@5"},
    {"a sidecar that ends with 0 counts",
     {{5, SIDE(COUNT("0") "," ENDED(DONE))}},
     "unready@5 proxy: exits=1 Completed(0)"},

    {"one OOM kill, seen in both places",
     {{5, MAIN(COUNT("0") "," ENDED(OOM("a")) "," NO_LAST)},
      {6, MAIN(COUNT("1") "," RUNNING "," LAST(OOM("a")))}},
     "unready@5 api: running exits=1 oom=1 OOMKilled(137)"},
    {"two OOM kills",
     {{5, MAIN(COUNT("1") "," ENDED(OOM("b")) "," LAST(OOM("a")))}},
     "unready@5 api: exits=2 oom=2 OOMKilled(137)"},
    {"two OOM kills, told twice",
     {{5, MAIN(COUNT("1") "," ENDED(OOM("b")) "," LAST(OOM("a")))},
      {6, MAIN(COUNT("1") "," ENDED(OOM("b")) "," LAST(OOM("a")) ",'ready':false")}},
     "unready@5 api: exits=2 oom=2 OOMKilled(137)"},
    {"OOM kills with a gap, and one seen again",
     {{5, MAIN(COUNT("0") "," ENDED(OOM("a")) "," NO_LAST)},
      {6, MAIN(COUNT("1") "," RUNNING "," NO_LAST)},
      {7, MAIN(COUNT("1") "," ENDED(OOM("b")) "," LAST(OOM("a")))},
      {8, MAIN(COUNT("2") "," RUNNING "," LAST(OOM("b")))}},
     "unready@5 api: running exits=2 oom=2 OOMKilled(137)"},
    {"kills without a container id",
     {{5, MAIN(COUNT("0") "," ENDED("'reason':'OOMKilled','finishedAt':'t1'"))},
      {6, MAIN(COUNT("1") "," ENDED("'reason':'OOMKilled','finishedAt':'t2'"))}},
     "unready@5 api: exits=2 oom=2 OOMKilled(0)"},

    {"waiting reasons of one kind",
     {{5, MAIN(WAITING("ErrImagePull"))},
      {9, MAIN(WAITING("ImagePullBackOff"))},
      {12, MAIN(WAITING("ErrImagePull"))}},
     "unready@5 api: exits=0 ErrImagePull@5"},
    {"waiting reasons of two kinds",
     {{5, MAIN(WAITING("ErrImagePull"))}, {9, MAIN(WAITING("CreateContainerConfigError"))}},
     "unready@5 api: exits=0 CreateContainerConfigError@9"},
    {"waiting with a gap",
     {{5, MAIN(WAITING("ErrImagePull"))}, {9, MAIN(RUNNING)}, {12, MAIN(WAITING("ErrImagePull"))}},
     "unready@5 api: exits=0 ErrImagePull@12"},
    {"reasons that pass are not of one kind",
     {{5, MAIN(WAITING("ContainerCreating"))}, {9, MAIN(WAITING("SomethingElse"))}},
     "unready@5 api: exits=0 SomethingElse@9"},
    {"the same reason that passes",
     {{5, MAIN(WAITING("SomethingElse"))}, {9, MAIN(WAITING("SomethingElse"))}},
     "unready@5 api: exits=0 SomethingElse@5"},

    {"ready at last", {{5, READY("False")}, {9, READY("True")}}, "ready"},
    {"never ready", {{5, READY("False")}, {9, READY("Unknown")}}, "unready@5"},
    {"readiness flaps",
     {{5, READY("True")}, {9, READY("False")}, {12, READY("True")}, {13, READY("False")}},
     "unready@13 flaps=2"},
    {"its node is lost, and found again",
     {{5, READY("True")}, {9, CONTAINERS_READY}, {12, CONTAINERS_READY}, {13, READY("False")}},
     "unready@13"},
    {"a readiness gate that never opened", {{5, CONTAINERS_READY}}, "unready@5"},
    {"unschedulable",
     {{5, UNSCHEDULED("0/1 nodes")}, {9, UNSCHEDULED("0/2 nodes")}},
     "unschedulable@5 0/2 nodes"},
    {"scheduled at last",
     {{5, UNSCHEDULED("0/1 nodes")},
      {9, POD("'conditions':[{'type':'PodScheduled','status':'True'}]")}},
     "unready@9"},
};

static void history_is_carried_on(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(history) / sizeof(history[0]); i++) {
        struct pod_facts *pod = cut(history[i].steps);
        struct buf out;

        assert_non_null(pod);
        buf_init(&out, 4096);
        write_pod(pod, &out);
        if (!view_eq_str(buf_view(&out), history[i].snapshot))
            fail_msg("%s: \"%s\"", history[i].name, out.p);
        buf_release(&out);
        mem_free(pod);
    }
}

#define OWNED(reference) "{'metadata':{'name':'p','ownerReferences':[{" reference "}]}}"

static const struct {
    const char *name, *pod;
    bool kept;
} pods[] = {
    {"of a ReplicaSet", POD("'phase':'Running'"), true},
    {"of a StatefulSet",
     OWNED("'apiVersion':'apps/v1','kind':'StatefulSet','uid':'x','controller':true"), true},
    {"of a DaemonSet",
     OWNED("'apiVersion':'apps/v1','kind':'DaemonSet','uid':'x','controller':true"), true},
    {"of a Job", OWNED("'apiVersion':'batch/v1','kind':'Job','uid':'x','controller':true"), false},
    {"of a ReplicaSet of another group",
     OWNED("'apiVersion':'apps.acme.io/v1','kind':'ReplicaSet','uid':'x','controller':true"),
     false},
    {"of a Deployment at once",
     OWNED("'apiVersion':'apps/v1','kind':'Deployment','uid':'x','controller':true"), false},
    {"of an owner without uid",
     OWNED("'apiVersion':'apps/v1','kind':'ReplicaSet','controller':true"), false},
    {"owned, not controlled", OWNED("'apiVersion':'apps/v1','kind':'ReplicaSet','uid':'x'"), false},
    {"of nobody", "{'metadata':{'name':'p'}}", false},
    {"done", POD("'phase':'Succeeded'"), false},
    {"failed by itself", POD("'phase':'Failed','reason':'DeadlineExceeded'"), true},
    {"evicted", POD("'phase':'Failed','reason':'Evicted'"), false},
    {"lost with its node", POD("'phase':'Failed','reason':'NodeLost'"), false},
    {"ended with its node", POD("'phase':'Failed','reason':'Terminated'"), false},
    {"about to be evicted",
     POD("'phase':'Running','conditions':[{'type':'DisruptionTarget','status':'True'}]"), false},
    {"not about to be evicted",
     POD("'phase':'Running','conditions':[{'type':'DisruptionTarget','status':'False'}]"), true},
    {"being deleted",
     "{'metadata':{'deletionTimestamp':'2026-11-21T08:49:52Z','ownerReferences':[{'apiVersion':"
     "'apps/v1','kind':'ReplicaSet','uid':'x','controller':true}]}}",
     false},
    {"of strange shapes",
     "{'metadata':{'name':1,'ownerReferences':[{'apiVersion':'apps/v1','kind':'ReplicaSet','uid':"
     "'x','controller':true}]},'spec':[],'status':{'conditions':{},'containerStatuses':[1,{'name':"
     "'a','state':[]},null],'initContainerStatuses':{}}}",
     true},
};

static void pods_that_tell_nothing_are_left_out(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(pods) / sizeof(pods[0]); i++) {
        const struct step steps[] = {{1, pods[i].pod}, {0, NULL}};
        struct pod_facts *pod = cut(steps);

        if ((pod != NULL) != pods[i].kept)
            fail_msg("%s", pods[i].name);
        mem_free(pod);
    }
}

/* The length of what is kept of a message of n times a character, between two of one byte. */
static size_t kept_of(size_t n, bool end, const char *character)
{
    char *text = malloc(2048 + n * strlen(character)), *p = text;
    struct step steps[] = {{1, text}, {0, NULL}};
    struct pod_facts *pod;
    struct view message;

    assert_non_null(text);
    p += snprintf(p, 1024,
                  "{" METADATA ",'status':{'containerStatuses':[{'name':'a','state':{'%s':"
                  "{'reason':'R','message':'<",
                  end ? "terminated" : "waiting");
    for (size_t i = 0; i < n; i++)
        p += snprintf(p, 8, "%s", character);
    snprintf(p, 16, ">'}}}]}}");
    pod = cut(steps);
    message = object_facts_text(&pod->head, end ? pod->containers[0].ended_message
                                                : pod->containers[0].waiting_message);
    assert_int_equal(message.p[end ? message.n - 1 : 0], end ? '>' : '<');
    n = message.n;
    mem_free(pod);
    free(text);
    return n;
}

static void long_words_are_cut_between_characters(void **state)
{
    (void)state;
    for (int end = 0; end < 2; end++) {
        assert_int_equal(kept_of(LIMIT_LAST_WORDS - 3, end, "x"), LIMIT_LAST_WORDS - 1);
        assert_int_equal(kept_of(LIMIT_LAST_WORDS - 2, end, "x"), LIMIT_LAST_WORDS);
        assert_int_equal(kept_of(LIMIT_LAST_WORDS - 1, end, "x"), LIMIT_LAST_WORDS);
        assert_int_equal(kept_of(LIMIT_LAST_WORDS, end, "\xf0\x9f\x92\xa9"), 1 + 149 * 4);
        assert_int_equal(kept_of(LIMIT_LAST_WORDS, end, "\xe2\x82\xac"), 1 + 199 * 3);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(history_is_carried_on),
        cmocka_unit_test(pods_that_tell_nothing_are_left_out),
        cmocka_unit_test(long_words_are_cut_between_characters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
