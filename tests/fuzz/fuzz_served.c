/* A review as anybody may send it, all the way that it is served: read, asked of rules of every
 * kind and of a guard, answered, logged. Each input has a thread with a small stack and a limit on
 * its processor time. */
#include "rule_set.h"
#include "worst.h"

#include "base/clock.h"
#include "base/sanitizers.h"
#include "policy/limits.h"
#include "server/admit.h"
#include "server/decision_log.h"
#include "server/http/body.h"
#include "server/http/http.h"
#include "server/managed_fields.h"
#include "server/server_state.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most) __attribute__((weak));

/* The sanitizers make frames larger and everything slower. */
#if SANITIZED_ADDRESS
enum { STACK = 1024 * 1024, MOST_MS = 2000 };
#else
enum { STACK = 256 * 1024, MOST_MS = 100 };
#endif
enum { QUICK = 20 * 1000 * 1000 }; /* nanoseconds: nowhere near the limits of a review */

static const char more_rules[] =
    "    - {id: kept, existing: deny, podSecurity: {controls: [runAsUser]}}\n"
    "    - {id: exempted, images: {digest: required}, exempt: [{names: [\"a*\"], reason: r}]}\n"
    "    - {id: lenient, onError: warn, fields: [{path: spec.replicas, in: [1, 2.5, x, true]}]}\n"
    "---\n"
    "apiVersion: tidegate.dev/v1alpha1\nkind: Environment\nmetadata: {name: e}\n"
    "spec: {namespaces: [\"*\"], namespaceLabels: {tier: prod}, timeZone: UTC}\n"
    "---\n"
    "apiVersion: tidegate.dev/v1alpha1\nkind: Policy\nmetadata: {name: q}\nspec:\n"
    "  match: {operations: [CREATE, UPDATE, DELETE, CONNECT], environments: [e], users: [\"a*\", "
    "\"system:*\"]}\n"
    "  rules:\n"
    "    - {id: named, fields: [{path: metadata.name, matches: '[a-f]*'}]}\n"
    "    - {id: ticket, approval: {annotation: ticket, pattern: 'OPS-\\d+'}}\n";

static bool namespace_labels(void *ctx, struct view namespace_, struct yyjson_val **labels)
{
    static yyjson_doc *doc;

    (void)ctx;
    if (!doc)
        doc = yyjson_read("{\"tier\":\"prod\"}", 15, 0);
    *labels = yyjson_doc_get_root(doc);
    return namespace_.n % 3 != 0;
}

/* Three servers: with all rules; and with those that do not look at managedFields, which the second
 * one does not parse, and the last one does. */
enum { ALL_RULES, CUT, WHOLE, SERVERS };

static bool ignores_managed_fields(const char *rule)
{
    struct policy_set *set;
    struct buf rules;
    bool ignores;

    buf_init(&rules, 1 << 16);
    buf_add_str(&rules, WORST_RULE_HEAD);
    buf_add_str(&rules, rule);
    set = compile_bytes(rules.p, rules.n);
    if (!set)
        abort();
    ignores = set->ignores_managed_fields;
    policy_set_release(set);
    buf_release(&rules);
    return ignores;
}

static void open_gate(struct server_state *g, int which)
{
    struct decision_log *decisions =
        decision_log_create(open("/dev/null", O_WRONLY | O_CLOEXEC), 1);
    struct policy_set *set;
    struct buf rules;

    buf_init(&rules, 1 << 16);
    buf_add_str(&rules, WORST_RULE_HEAD);
    for (size_t i = 0; i < WORST_RULES; i++)
        if (which == ALL_RULES || ignores_managed_fields(worst_rules[i]))
            buf_add_str(&rules, worst_rules[i]);
    buf_add_str(&rules, more_rules);
    buf_add_str(&rules, WORST_GUARD);
    set = compile_bytes(rules.p, rules.n);
    if (!set || !decisions || set->ignores_managed_fields != (which != ALL_RULES))
        abort();
    if (which == WHOLE)
        set->ignores_managed_fields = false;
    buf_release(&rules);
    server_state_init(g, NULL, decisions);
    g->cluster_view.rollout = any_rollout;
    g->cluster_view.namespace_labels = namespace_labels;
    g->cluster_view.own_namespace = VIEW("tidegate-system");
    if (server_state_use_rules(g, set) < 0)
        abort();
}

/* --- what every answer is --------------------------------------------------------------------- */

static void check_texts(yyjson_val *list, size_t most, size_t length)
{
    yyjson_arr_iter iter = yyjson_arr_iter_with(list);
    yyjson_val *text;

    if (yyjson_arr_size(list) > most)
        abort();
    while ((text = yyjson_arr_iter_next(&iter)))
        for (size_t i = 0; i < yyjson_get_len(text); i++)
            if ((unsigned char)yyjson_get_str(text)[i] < 0x20 || yyjson_get_len(text) > length)
                abort();
}

static void check_answer(struct view body)
{
    yyjson_doc *doc = yyjson_read(body.p, body.n, 0);
    yyjson_val *response = yyjson_obj_get(yyjson_doc_get_root(doc), "response");
    yyjson_val *status = yyjson_obj_get(response, "status");
    yyjson_val *causes = yyjson_obj_get(yyjson_obj_get(status, "details"), "causes");

    if (body.n > LIMIT_ANSWER || !yyjson_is_bool(yyjson_obj_get(response, "allowed")) ||
        yyjson_get_len(yyjson_obj_get(response, "uid")) == 0 ||
        yyjson_is_true(yyjson_obj_get(response, "allowed")) != !status ||
        (status && yyjson_get_len(yyjson_obj_get(status, "message")) == 0) ||
        yyjson_arr_size(causes) > LIMIT_CAUSES)
        abort();
    check_texts(yyjson_obj_get(response, "warnings"), LIMIT_WARNING_COUNT, LIMIT_WARNING);
    yyjson_doc_free(doc);
}

/* --- one input -------------------------------------------------------------------------------- */

struct input {
    struct server_state *server;
    const uint8_t *data;
    size_t size;
    int64_t took;
    unsigned status;
    bool allowed;
};

static void *serve(void *arg)
{
    struct input *in = arg;
    size_t spaces =
        in->size > 0 ? MANAGED_FIELDS_BODY : 0; /* so that it is large enough to be cut */
    char *body = calloc(1, in->size + spaces + BODY_PADDING);
    struct http_request request = {
        .body = body, .body_size = in->size + spaces, .arrived = clock_monotonic_ns()};
    struct http_response response = {0};

    if (!body)
        abort();
    memcpy(body, in->data, in->size);
    memset(body + in->size, ' ', spaces);
    buf_init(&response.body, LIMIT_ANSWER);
    in->took = clock_thread_ns();
    admit(in->server, &request, &response);
    in->took = clock_thread_ns() - in->took;
    if (clock_thread_ns() > (int64_t)MOST_MS * 1000 * 1000)
        abort();
    if (response.status == 200)
        check_answer(buf_view(&response.body));
    else if ((response.status != 400 && response.status != 413) || response.body.n == 0)
        abort();
    in->status = response.status;
    in->allowed = response.status == 200 && strstr(response.body.p, "\"allowed\":true");
    buf_release(&response.body);
    free(body);
    return NULL;
}

static void serve_apart(struct input *in)
{
    static pthread_attr_t attributes;
    static bool has_attributes;
    pthread_t thread;

    if (!has_attributes) {
        pthread_attr_init(&attributes);
        pthread_attr_setstacksize(&attributes, STACK);
        has_attributes = true;
    }
    if (pthread_create(&thread, &attributes, serve, in) != 0)
        abort();
    pthread_join(thread, NULL);
}

/* The verdict is the same with managedFields and without, unless time decides. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct server_state servers[SERVERS];
    struct input in[SERVERS];
    const struct input *cut = &in[CUT], *whole = &in[WHOLE];

    for (int i = 0; i < SERVERS; i++) {
        if (!servers[i].decisions)
            open_gate(&servers[i], i);
        in[i] = (struct input){.server = &servers[i], .data = data, .size = size};
        serve_apart(&in[i]);
    }
    if (cut->took < QUICK && whole->took < QUICK &&
        (cut->status != whole->status || cut->allowed != whole->allowed))
        abort();
    return 0;
}

/* --- mutations of what a review holds
 * -------------------------------------------------------------- */

enum { MOST_COPIED = 20000 };

struct mutation {
    yyjson_mut_doc *doc;
    yyjson_mut_val *request;
    unsigned seed;
};

static unsigned pick(struct mutation *m, unsigned n)
{
    m->seed = m->seed * 1103515245 + 12345;
    return n > 0 ? (m->seed >> 16) % n : 0;
}

/* Some value below, and its parent in *parent. */
static yyjson_mut_val *any_value(struct mutation *m, yyjson_mut_val **parent)
{
    yyjson_mut_val *value = m->request;

    for (unsigned depth = 0; depth < 24 && yyjson_mut_is_ctn(value); depth++) {
        unsigned size = (unsigned)unsafe_yyjson_get_len(value);
        yyjson_mut_val *child;

        if (size == 0 || (depth > 1 && pick(m, 5) == 0))
            break;
        child = yyjson_mut_is_arr(value) ? yyjson_mut_arr_get(value, pick(m, size)) : NULL;
        if (yyjson_mut_is_obj(value)) {
            yyjson_mut_obj_iter iter = yyjson_mut_obj_iter_with(value);
            yyjson_mut_val *key = NULL;

            for (unsigned i = pick(m, size) + 1; i > 0; i--)
                key = yyjson_mut_obj_iter_next(&iter);
            child = yyjson_mut_obj_iter_get_val(key);
        }
        *parent = value;
        value = child;
    }
    return value;
}

static yyjson_mut_val *copy(struct mutation *m, yyjson_mut_val *value)
{
    return yyjson_mut_val_mut_copy(m->doc, value);
}

static void put(struct mutation *m, yyjson_mut_val *into, const char *key, yyjson_mut_val *value)
{
    if (yyjson_mut_is_arr(into))
        yyjson_mut_arr_append(into, value);
    else if (yyjson_mut_is_obj(into))
        yyjson_mut_obj_put(into, yyjson_mut_strcpy(m->doc, key), value);
}

/* How many values hang on it. */
static size_t weight_of(yyjson_mut_val *value)
{
    size_t weight = 1;

    if (yyjson_mut_is_arr(value)) {
        yyjson_mut_arr_iter iter = yyjson_mut_arr_iter_with(value);

        for (yyjson_mut_val *v; (v = yyjson_mut_arr_iter_next(&iter));)
            weight += weight_of(v);
    } else if (yyjson_mut_is_obj(value)) {
        yyjson_mut_obj_iter iter = yyjson_mut_obj_iter_with(value);

        for (yyjson_mut_val *k; (k = yyjson_mut_obj_iter_next(&iter));)
            weight += weight_of(yyjson_mut_obj_iter_get_val(k));
    }
    return weight;
}

static void repeat(struct mutation *m, yyjson_mut_val *into, yyjson_mut_val *value)
{
    unsigned times = 1u << pick(m, 9), from = pick(m, 1000);

    if (times > MOST_COPIED / weight_of(value))
        times = (unsigned)(MOST_COPIED / weight_of(value));
    value = copy(m, value); /* which may hold what it is put into */

    for (unsigned i = 0; i < times && yyjson_mut_is_ctn(into); i++) {
        char key[16];

        snprintf(key, sizeof(key), "k%u", from + i);
        put(m, into, key, copy(m, value));
    }
}

static yyjson_mut_val *nested(struct mutation *m, yyjson_mut_val *value)
{
    for (unsigned i = 1u << pick(m, 10); i > 0; i--) {
        yyjson_mut_val *around = pick(m, 2) ? yyjson_mut_arr(m->doc) : yyjson_mut_obj(m->doc);

        put(m, around, pick(m, 2) ? "spec" : "managedFields", value);
        value = around;
    }
    return value;
}

static void swap_sides(struct mutation *m)
{
    yyjson_mut_val *object = yyjson_mut_obj_get(m->request, "object");
    yyjson_mut_val *old = yyjson_mut_obj_get(m->request, "oldObject");

    object = object ? copy(m, object) : yyjson_mut_null(m->doc);
    old = old ? copy(m, old) : yyjson_mut_null(m->doc);
    put(m, m->request, "operation", yyjson_mut_str(m->doc, "UPDATE"));
    put(m, m->request, "object", pick(m, 2) ? old : copy(m, object));
    put(m, m->request, "oldObject", object);
}

static yyjson_mut_val *odd_value(struct mutation *m)
{
    static const char *const texts[] = {"",       "1Gi",    "100m",        "0",
                                        "latest", "\x01\n", "a:b@sha256:", "2030-01-01T00:00:00Z",
                                        "alice",  "Pod",    "scale"};

    switch (pick(m, 8)) {
    case 0: return yyjson_mut_null(m->doc);
    case 1: return yyjson_mut_bool(m->doc, pick(m, 2));
    case 2: return yyjson_mut_int(m->doc, (int64_t)pick(m, 5) - 2);
    case 3: return yyjson_mut_real(m->doc, 1e300);
    case 4: return yyjson_mut_arr(m->doc);
    case 5: return yyjson_mut_obj(m->doc);
    default: return yyjson_mut_str(m->doc, texts[pick(m, sizeof(texts) / sizeof(texts[0]))]);
    }
}

/* In its place among its siblings. */
static void replace(yyjson_mut_val *value, yyjson_mut_val *by)
{
    by->next = value->next;
    *value = *by;
}

static void mutate(struct mutation *m)
{
    yyjson_mut_val *parent = m->request, *other = m->request;
    yyjson_mut_val *value = any_value(m, &parent), *from = any_value(m, &other);

    switch (pick(m, 6)) {
    case 0: swap_sides(m); break;
    case 1: repeat(m, parent, from); break;
    case 2: repeat(m, value, odd_value(m)); break;
    case 3: put(m, parent, "managedFields", nested(m, copy(m, from))); break;
    case 4: put(m, value, "name", copy(m, from)); break;
    default: replace(value, odd_value(m));
    }
}

/* One time in three what libFuzzer does with bytes. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed)
{
    yyjson_doc *read = yyjson_read((char *)data, size, 0);
    struct mutation m = {.doc = read ? yyjson_doc_mut_copy(read, NULL) : NULL, .seed = seed};
    char *text = NULL;
    size_t n = 0;

    m.request = yyjson_mut_obj_get(yyjson_mut_doc_get_root(m.doc), "request");
    if (yyjson_mut_is_obj(m.request) && seed % 3 != 0) {
        for (unsigned i = pick(&m, 3) + 1; i > 0; i--)
            mutate(&m);
        text = yyjson_mut_write(m.doc, YYJSON_WRITE_ALLOW_INVALID_UNICODE, &n);
    }
    yyjson_mut_doc_free(m.doc);
    yyjson_doc_free(read);
    if (text && n <= most)
        memcpy(data, text, n);
    else
        n = LLVMFuzzerMutate(data, size, most);
    free(text);
    return n;
}
