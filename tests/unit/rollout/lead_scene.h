#ifndef TG_TESTS_UNIT_ROLLOUT_LEAD_SCENE_H
#define TG_TESTS_UNIT_ROLLOUT_LEAD_SCENE_H

#include "kube/cache.h"
#include "kube/client.h"
#include "rollout/act/probe_worker.h"
#include "rollout/leader.h"
#include "rollout/limits.h"
#include "rollout/notify/notifier.h"
#include "rollout/record/record.h"
#include "rollout/record/record_cache.h"
#include "rollout/rollout_counters.h"
#include "rollout/watch/store.h"
#include "unit/policy/rules_fixture.h"
#include "unit/rollout/api.h"
#include "unit/rollout/lists.h"

#include <stdarg.h>

/* A leader before an API server that keeps what it is given. The watches are the test: it shows the
 * store what is there, and the leader is given the time. */

#define GUARD(fail)                                                                                \
    "apiVersion: tidegate.dev/v1alpha1\n"                                                          \
    "kind: RolloutGuard\n"                                                                         \
    "metadata: {name: shop}\n"                                                                     \
    "spec:\n"                                                                                      \
    "  match: {namespaces: [shop]}\n"                                                              \
    "  deadline: 10m\n"                                                                            \
    "  soak: 1m\n"                                                                                 \
    "  fail: {" fail "}\n"                                                                         \
    "  onFailure: {rollback: lastHealthy, brake: {namespace: 3, within: 1h}}\n"                    \
    "  notify: [ops]\n"
#define CRASHES "crashLoop: {restarts: 3}"
#define SMOKE   CRASHES ", http: [{service: api, port: 80, path: /ready, delay: 0s}]"

#define CONFIG_MAPS     "/api/v1/namespaces/tidegate-system/configmaps"
#define RECORD_OF(name) CONFIG_MAPS "/rollout.deployment.shop." name
#define DEPLOYMENTS     "/apis/apps/v1/namespaces/shop/deployments"
#define REPLICASETS     "/apis/apps/v1/namespaces/shop/replicasets"
#define NOTIFIERS       "/tmp/test-lead-XXXXXX"
#define TAKEN           "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nok"

enum { BEGIN = 1795500000, SOAK = 60 };

struct scene {
    struct api api;
    struct loopback receiver; /* of notifications */
    char folder[sizeof(NOTIFIERS)];
    struct cache *store;
    struct cache *records;
    struct client *client;
    struct probe_worker *prober;
    struct notifier *notifier;
    struct policy_set *set;
    struct leader *lead;
    struct buf lines; /* of the decision log */
    int shown;        /* versions: the newest has the highest number, also one that comes back */
    int64_t now;
    const char *until; /* it leads until this is in the journal; NULL: for ever */
    bool leads, no_pod_logs;
};

/* --- what the watches show -------------------------------------------------------------------- */

static inline void __attribute__((format(printf, 4, 5)))
show(struct scene *s, enum store_list list, const char *path, const char *format, ...)
{
    char text[4096];
    va_list args;
    yyjson_doc *doc;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (path)
        api_put(&s->api, path, text);
    for (char *p = text; *p; p++)
        if (*p == '\'')
            *p = '"';
    doc = yyjson_read(text, strlen(text), 0);
    assert_non_null(doc);
    cache_put(s->store, list, yyjson_doc_get_root(doc), s->now);
    yyjson_doc_free(doc);
}

#define TEMPLATE                                                                                   \
    "'template':{'metadata':{'labels':{'app':'api'}},'spec':{'containers':[{'name':'api',"         \
    "'image':'r/api:v%d'}]}}"
#define OWNED                                                                                      \
    "'ownerReferences':[{'apiVersion':'apps/v1','kind':'%s','uid':'%s-%s','controller':true}]"

/* The Deployment of that name at a version, with the ReplicaSets of all versions until then and a
 * pod that is up or ended three times. */
static inline void show_version(struct scene *s, const char *name, int version, bool up)
{
    char path[256];

    for (int v = 1; v <= version; v++) {
        snprintf(path, sizeof(path), REPLICASETS "/%s-%d", name, v);
        show(s, STORE_REPLICASETS, path,
             "{'metadata':{'name':'%s-%d','namespace':'shop','uid':'rs%d-%s','annotations':{"
             "'deployment.kubernetes.io/revision':'%d'}," OWNED "},'spec':{" TEMPLATE "}}",
             name, v, v, name, v < version ? v : 10 + ++s->shown, "Deployment", "d", name, v);
    }
    snprintf(path, sizeof(path), DEPLOYMENTS "/%s", name);
    show(s, STORE_DEPLOYMENTS, path,
         "{'metadata':{'name':'%s','namespace':'shop','uid':'d-%s','generation':%d},'spec':{"
         "'replicas':1," TEMPLATE "},'status':{'observedGeneration':%d,'replicas':1,"
         "'updatedReplicas':1,'availableReplicas':%d}}",
         name, name, version, version, version, up);
    show(s, STORE_PODS, NULL,
         "{'metadata':{'name':'%s-%d-x','namespace':'shop','uid':'p%d-%s'," OWNED "},'spec':{"
         "'nodeName':'n'},'status':{'conditions':[{'type':'Ready','status':'%s'}],"
         "'containerStatuses':[{'name':'api','ready':%s,'restartCount':%d,'containerID':'c%d',"
         "'state':{'running':{}},'lastState':{'terminated':{'exitCode':1,'reason':'Error',"
         "'containerID':'c0'}}}]}}",
         name, version, version, name, "ReplicaSet", version == 1 ? "rs1" : "rs2", name,
         up ? "True" : "False", up ? "true" : "false", up ? 0 : 3, version);
}

/* The watch of the records comes up to date. */
static inline void show_records(struct scene *s)
{
    const char *key;
    json_t *object;

    pthread_mutex_lock(&s->api.lock);
    json_object_foreach(s->api.objects, key, object)
    {
        char *text = json_dumps(object, 0);
        yyjson_doc *doc = yyjson_read(text, strlen(text), 0);

        if (view_eq_str(api_resource(key), "configmaps"))
            cache_put(s->records, 0, yyjson_doc_get_root(doc), 0);
        yyjson_doc_free(doc);
        free(text);
    }
    pthread_mutex_unlock(&s->api.lock);
}

/* --- the leader ------------------------------------------------------------------------------- */

static inline int64_t acts_until(void *ctx)
{
    struct scene *s = ctx;

    pthread_mutex_lock(&s->api.lock);
    if (s->until && s->api.journal.p && strstr(s->api.journal.p, s->until))
        s->leads = false;
    pthread_mutex_unlock(&s->api.lock);
    return s->leads ? clock_monotonic_ns() + 60 * INT64_C(1000000000) : 0;
}

static inline struct view owner(void *ctx, struct arena *arena)
{
    (void)ctx;
    (void)arena;
    return (struct view){NULL, 0};
}

static inline int enter(void *ctx, struct arena *arena, struct cluster_view *cluster_view)
{
    (void)ctx;
    (void)arena;
    (void)cluster_view;
    return 0;
}

static inline void decided(void *ctx, struct view line)
{
    struct scene *s = ctx;

    buf_add(&s->lines, line);
}

static inline void unheard(void *ctx, struct view uid, bool prometheus, size_t index,
                           const struct probe_answer *answer)
{
    (void)ctx;
    (void)uid;
    (void)prometheus;
    (void)index;
    (void)answer;
}

static inline void write_notifier(const struct scene *s, const char *name)
{
    char path[64];
    FILE *f;

    snprintf(path, sizeof(path), "%s/%s.webhook", s->folder, name);
    assert_non_null(f = fopen(path, "w"));
    fprintf(f, "http://127.0.0.1:%u/%s\n", s->receiver.port, name);
    fclose(f);
}

static inline void remove_notifier(const struct scene *s, const char *name)
{
    char path[64];

    snprintf(path, sizeof(path), "%s/%s.webhook", s->folder, name);
    unlink(path);
}

static inline void begin_to_lead(struct scene *s)
{
    struct leader_options options = {.kube = &s->api.kube,
                                     .own_namespace = VIEW("tidegate-system"),
                                     .client = s->client,
                                     .store = s->store,
                                     .records = s->records,
                                     .prober = s->prober,
                                     .publish = {.no_pod_logs = s->no_pod_logs,
                                                 .kube = &s->api.kube,
                                                 .client = s->client,
                                                 .notifier = s->notifier,
                                                 .decided = decided,
                                                 .ctx = s},
                                     .acts_until = acts_until,
                                     .owner = owner,
                                     .enter = enter,
                                     .ctx = s};

    s->leads = true;
    assert_non_null(s->lead = leader_create(&options));
    leader_take_over(s->lead);
}

static inline void scene_start(struct scene *s, const char *rules)
{
    static const struct loopback_reply taken[] = {{.text = TAKEN}};
    struct probe_worker_options prober = {.threads = 1, .answered = unheard};

    *s = (struct scene){.now = BEGIN, .receiver = {.replies = taken, .count = 1}};
    api_start(&s->api);
    loopback_start(&s->receiver);
    memcpy(s->folder, NOTIFIERS, sizeof(NOTIFIERS));
    assert_non_null(mkdtemp(s->folder));
    write_notifier(s, "ops");
    write_notifier(s, "others");
    buf_init(&s->lines, 1 << 20);
    assert_non_null(s->store = store_create(LIMIT_STORE_MEMORY));
    assert_non_null(s->records = record_cache_create(LIMIT_RECORDS_MEMORY));
    cache_list_begin(s->records, 0);
    cache_list_end(s->records, 0, clock_monotonic_ns());
    assert_non_null(s->client = client_create(&s->api.kube));
    assert_non_null(s->prober = probe_worker_start(&s->api.kube, &prober));
    assert_non_null(s->notifier = notifier_start(s->folder, NULL));
    s->set = fixture_compile(rules, NULL);
    begin_to_lead(s);
}

static inline void scene_stop(struct scene *s)
{
    leader_free(s->lead);
    probe_worker_stop(s->prober);
    notifier_stop(s->notifier);
    client_free(s->client);
    cache_free(s->records);
    cache_free(s->store);
    policy_set_release(s->set);
    loopback_stop(&s->receiver);
    api_stop(&s->api);
    buf_release(&s->lines);
    remove_notifier(s, "ops");
    remove_notifier(s, "others");
    rmdir(s->folder);
}

/* Looks at all there is to look at, and tells all that there is to tell. */
static inline void work(struct scene *s, int64_t seconds)
{
    s->now += seconds;
    for (int i = 0; i < 12; i++)
        leader_work(s->lead, s->set, s->now);
}

/* These Deployments have a version 1 that is good; the journal is empty then. */
static inline void make_good(struct scene *s, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        show_version(s, names[i], 1, true);
    work(s, 0);
    work(s, SOAK);
    free(api_journal(&s->api));
}

static const char *const one[] = {"api"};

static inline void lead_anew(struct scene *s)
{
    leader_free(s->lead);
    show_records(s);
    begin_to_lead(s);
}

static inline void assert_journal(struct scene *s, const char *expected)
{
    char *journal = api_journal(&s->api);

    assert_string_equal(journal, expected);
    free(journal);
}

/* The state in the record that is stored, and how often its history has a word. */
static inline void assert_stored(struct scene *s, const char *path, const char *state)
{
    json_t *map = api_get(&s->api, path);
    const char *text =
        json_string_value(json_object_get(json_object_get(map, "data"), RECORD_CACHE_KEY));
    const char *problem;
    struct record record;

    assert_non_null(text);
    record_init(&record);
    assert_int_equal(record_read(view_of(text), &record, &problem), 0);
    assert_string_equal(rollout_state_name(record.state), state);
    record_release(&record);
    json_decref(map);
}

#endif
