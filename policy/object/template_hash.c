#include "policy/object/template_hash.h"

#include "base/arena.h"
#include "base/budget.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/json/json.h"
#include "base/json/json_keys.h"
#include "base/limits.h"
#include "base/parse_error.h"
#include "base/quantity.h"
#include "base/text/float_text.h"
#include "policy/limits.h"
#include "policy/object/approval_annotation.h"
#include "policy/object/downward.h"
#include "policy/object/value.h"

#include <yyjson.h>

#define HASH_LABEL   "pod-template-hash"
#define RESTARTED_AT "kubectl.kubernetes.io/restartedAt"

/* What the API server fills in by itself, as measured on 1.35 (k8s.io/kubernetes/pkg/apis/core/v1,
 * defaults.go): a field that holds its default is left out of the hash. */
enum default_kind {
    ALWAYS_KEPT,
    DEFAULT_TEXT, /* an empty one stands for it, too */
    DEFAULT_NUMBER,
    DEFAULT_COUNT, /* a number, for which 0 stands too */
    DEFAULT_TRUE,
    DEFAULT_FALSE,
    DEFAULT_EMPTY,       /* an empty map */
    DROPPED,             /* no part of the template */
    DEFAULT_PULL_POLICY, /* follows from the tag of the image that the field `text` names */
    OLD_NAME,            /* of the field `text`, which counts where both are there */
    QUANTITY,            /* in any spelling */
    DEFAULT_QUANTITY,    /* the same, 0 when it is absent */
};

struct shape {
    const char *key; /* NULL ends a table */
    enum default_kind kind;
    const char *text;
    int number;
    const struct shape *child; /* of the map, or of each element of the list, that it holds */
};

/* A map whose values are quantities, in any spelling. */
static const struct shape quantities[] = {{0}};

/* One of texts. */
static const struct shape texts[] = {{0}};

static const struct shape http_get[] = {
    {"path", DEFAULT_TEXT, "/", 0, NULL}, {"scheme", DEFAULT_TEXT, "HTTP", 0, NULL}, {0}};
static const struct shape grpc[] = {{"service", DEFAULT_TEXT, "", 0, NULL}, {0}};
static const struct shape handler[] = {{"httpGet", ALWAYS_KEPT, NULL, 0, http_get}, {0}};
static const struct shape lifecycle[] = {
    {"postStart", ALWAYS_KEPT, NULL, 0, handler}, {"preStop", ALWAYS_KEPT, NULL, 0, handler}, {0}};
static const struct shape probe[] = {
    {"initialDelaySeconds", DEFAULT_NUMBER, NULL, 0, NULL},
    {"timeoutSeconds", DEFAULT_COUNT, NULL, 1, NULL},
    {"periodSeconds", DEFAULT_COUNT, NULL, 10, NULL},
    {"successThreshold", DEFAULT_COUNT, NULL, 1, NULL},
    {"failureThreshold", DEFAULT_COUNT, NULL, 3, NULL},
    {"httpGet", ALWAYS_KEPT, NULL, 0, http_get},
    {"grpc", ALWAYS_KEPT, NULL, 0, grpc},
    {0},
};
static const struct shape port[] = {
    {"hostPort", DEFAULT_NUMBER, NULL, 0, NULL}, {"protocol", DEFAULT_TEXT, "TCP", 0, NULL}, {0}};
static const struct shape mount[] = {{"readOnly", DEFAULT_FALSE, NULL, 0, NULL},
                                     {"subPath", DEFAULT_TEXT, "", 0, NULL},
                                     {"subPathExpr", DEFAULT_TEXT, "", 0, NULL},
                                     {0}};
static const struct shape field_ref[] = {{"apiVersion", DEFAULT_TEXT, "v1", 0, NULL}, {0}};
static const struct shape resource_ref[] = {{"divisor", DEFAULT_QUANTITY, NULL, 0, NULL}, {0}};
static const struct shape value_from[] = {{"fieldRef", ALWAYS_KEPT, NULL, 0, field_ref},
                                          {"resourceFieldRef", ALWAYS_KEPT, NULL, 0, resource_ref},
                                          {0}};
static const struct shape env[] = {
    {"value", DEFAULT_TEXT, "", 0, NULL}, {"valueFrom", ALWAYS_KEPT, NULL, 0, value_from}, {0}};
static const struct shape resources[] = {{"limits", DEFAULT_EMPTY, NULL, 0, quantities},
                                         {"requests", DEFAULT_EMPTY, NULL, 0, quantities},
                                         {0}};
static const struct shape container[] = {
    {"env", ALWAYS_KEPT, NULL, 0, env},
    {"imagePullPolicy", DEFAULT_PULL_POLICY, "image", 0, NULL},
    {"lifecycle", ALWAYS_KEPT, NULL, 0, lifecycle},
    {"livenessProbe", ALWAYS_KEPT, NULL, 0, probe},
    {"ports", ALWAYS_KEPT, NULL, 0, port},
    {"readinessProbe", ALWAYS_KEPT, NULL, 0, probe},
    {"resources", DEFAULT_EMPTY, NULL, 0, resources},
    {"securityContext", DEFAULT_EMPTY, NULL, 0, NULL},
    {"startupProbe", ALWAYS_KEPT, NULL, 0, probe},
    {"stdin", DEFAULT_FALSE, NULL, 0, NULL},
    {"stdinOnce", DEFAULT_FALSE, NULL, 0, NULL},
    {"terminationMessagePath", DEFAULT_TEXT, "/dev/termination-log", 0, NULL},
    {"terminationMessagePolicy", DEFAULT_TEXT, "File", 0, NULL},
    {"tty", DEFAULT_FALSE, NULL, 0, NULL},
    {"volumeMounts", ALWAYS_KEPT, NULL, 0, mount},
    {0},
};
static const struct shape file_mode[] = {{"defaultMode", DEFAULT_NUMBER, NULL, 420, NULL}, {0}};
static const struct shape downward_item[] = {
    {"fieldRef", ALWAYS_KEPT, NULL, 0, field_ref},
    {"resourceFieldRef", ALWAYS_KEPT, NULL, 0, resource_ref},
    {0}};
static const struct shape empty_dir[] = {{"sizeLimit", QUANTITY, NULL, 0, NULL}, {0}};
static const struct shape claim_spec[] = {{"resources", DEFAULT_EMPTY, NULL, 0, resources},
                                          {"volumeMode", DEFAULT_TEXT, "Filesystem", 0, NULL},
                                          {0}};
static const struct shape claim[] = {
    {"metadata", DEFAULT_EMPTY, NULL, 0, NULL}, {"spec", ALWAYS_KEPT, NULL, 0, claim_spec}, {0}};
static const struct shape ephemeral[] = {{"volumeClaimTemplate", ALWAYS_KEPT, NULL, 0, claim}, {0}};
static const struct shape image_volume[] = {
    {"pullPolicy", DEFAULT_PULL_POLICY, "reference", 0, NULL}, {0}};
static const struct shape downward[] = {{"defaultMode", DEFAULT_NUMBER, NULL, 420, NULL},
                                        {"items", ALWAYS_KEPT, NULL, 0, downward_item},
                                        {0}};
static const struct shape host_path[] = {{"type", DEFAULT_TEXT, "", 0, NULL}, {0}};
static const struct shape token[] = {{"expirationSeconds", DEFAULT_NUMBER, NULL, 3600, NULL}, {0}};
static const struct shape projection[] = {{"serviceAccountToken", ALWAYS_KEPT, NULL, 0, token},
                                          {"downwardAPI", ALWAYS_KEPT, NULL, 0, downward},
                                          {0}};
static const struct shape projected[] = {{"defaultMode", DEFAULT_NUMBER, NULL, 420, NULL},
                                         {"sources", ALWAYS_KEPT, NULL, 0, projection},
                                         {0}};
static const struct shape volume[] = {
    {"configMap", ALWAYS_KEPT, NULL, 0, file_mode},
    {"downwardAPI", ALWAYS_KEPT, NULL, 0, downward},
    {"emptyDir", DEFAULT_EMPTY, NULL, 0, empty_dir},
    {"ephemeral", ALWAYS_KEPT, NULL, 0, ephemeral},
    {"hostPath", ALWAYS_KEPT, NULL, 0, host_path},
    {"image", ALWAYS_KEPT, NULL, 0, image_volume},
    {"projected", ALWAYS_KEPT, NULL, 0, projected},
    {"secret", ALWAYS_KEPT, NULL, 0, file_mode},
    {0},
};
static const struct shape pod_spec[] = {
    {"containers", ALWAYS_KEPT, NULL, 0, container},
    {"dnsPolicy", DEFAULT_TEXT, "ClusterFirst", 0, NULL},
    {"enableServiceLinks", DEFAULT_TRUE, NULL, 0, NULL},
    {"ephemeralContainers", ALWAYS_KEPT, NULL, 0, container},
    {"hostIPC", DEFAULT_FALSE, NULL, 0, NULL},
    {"hostNetwork", DEFAULT_FALSE, NULL, 0, NULL},
    {"hostPID", DEFAULT_FALSE, NULL, 0, NULL},
    {"initContainers", ALWAYS_KEPT, NULL, 0, container},
    {"nodeSelector", DEFAULT_EMPTY, NULL, 0, texts},
    {"overhead", DEFAULT_EMPTY, NULL, 0, quantities},
    {"resources", DEFAULT_EMPTY, NULL, 0, resources},
    {"restartPolicy", DEFAULT_TEXT, "Always", 0, NULL},
    {"schedulerName", DEFAULT_TEXT, "default-scheduler", 0, NULL},
    {"securityContext", DEFAULT_EMPTY, NULL, 0, NULL},
    {"serviceAccount", OLD_NAME, "serviceAccountName", 0, NULL},
    {"serviceAccountName", DEFAULT_TEXT, "", 0, NULL},
    {"terminationGracePeriodSeconds", DEFAULT_NUMBER, NULL, 30, NULL},
    {"volumes", ALWAYS_KEPT, NULL, 0, volume},
    {0},
};
static const struct shape labels[] = {{HASH_LABEL, DROPPED, NULL, 0, NULL}, {0}};
static const struct shape annotations[] = {{RESTARTED_AT, DROPPED, NULL, 0, NULL}, {0}};
static const struct shape metadata[] = {
    {"annotations", DEFAULT_EMPTY, NULL, 0, annotations},
    {"creationTimestamp", DROPPED, NULL, 0, NULL},
    {"labels", DEFAULT_EMPTY, NULL, 0, labels},
    {0},
};
/* A ControllerRevision keeps a template as the patch that brings it back: with "$patch". */
static const struct shape pod_template[] = {{"$patch", DROPPED, NULL, 0, NULL},
                                            {"metadata", DEFAULT_EMPTY, NULL, 0, metadata},
                                            {"spec", ALWAYS_KEPT, NULL, 0, pod_spec},
                                            {0}};
/* One that reads what is dropped there. */
static const struct shape read_metadata[] = {
    {"annotations", DEFAULT_EMPTY, NULL, 0, texts},
    {"creationTimestamp", DROPPED, NULL, 0, NULL},
    {"labels", DEFAULT_EMPTY, NULL, 0, texts},
    {0},
};
static const struct shape read_template[] = {{"$patch", DROPPED, NULL, 0, NULL},
                                             {"metadata", DEFAULT_EMPTY, NULL, 0, read_metadata},
                                             {"spec", ALWAYS_KEPT, NULL, 0, pod_spec},
                                             {0}};
/* The same in a ReplicaSet, to which the deployment controller has added the label. */
static const struct shape owned_metadata[] = {
    {"annotations", DEFAULT_EMPTY, NULL, 0, texts},
    {"creationTimestamp", DROPPED, NULL, 0, NULL},
    {"labels", DEFAULT_EMPTY, NULL, 0, labels},
    {0},
};
static const struct shape owned_template[] = {{"$patch", DROPPED, NULL, 0, NULL},
                                              {"metadata", DEFAULT_EMPTY, NULL, 0, owned_metadata},
                                              {"spec", ALWAYS_KEPT, NULL, 0, pod_spec},
                                              {0}};
/* A Pod is deployed by its spec: the rest is its own name, history and state, but for what it reads
 * of it (write_reads). */
static const struct shape pod[] = {
    {"apiVersion", DROPPED, NULL, 0, NULL}, {"kind", DROPPED, NULL, 0, NULL},
    {"metadata", DROPPED, NULL, 0, NULL},   {"spec", ALWAYS_KEPT, NULL, 0, pod_spec},
    {"status", DROPPED, NULL, 0, NULL},     {0}};

/* The tag latest, written or meant. https://kubernetes.io/docs/concepts/containers/images/ */
static bool image_is_latest(yyjson_val *value)
{
    struct view image = json_text_of(value), name, digest;
    ptrdiff_t colon;

    view_cut(image, '@', &name, &digest);
    name = view_from(name, (size_t)(view_rfind(name, '/') + 1));
    colon = view_find(name, ':');
    if (colon < 0)
        return digest.n == 0;
    return view_eq_str(view_from(name, (size_t)colon + 1), "latest");
}

static bool is_empty(yyjson_val *map, const struct shape *shape);

/* The server has a string; a manifest may have a number. */
static int read_quantity(yyjson_val *value, struct quantity *out)
{
    char number[VALUE_NUMBER_ROOM];
    struct parse_error parse_error;

    if (!yyjson_is_num(value))
        return quantity_parse(json_text_of(value), out, &parse_error);
    return quantity_parse(value_number_text(value, number), out, &parse_error);
}

static bool is_zero(yyjson_val *value)
{
    struct quantity amount;

    return read_quantity(value, &amount) == 0 && quantity_is_zero(&amount);
}

static bool is_number(yyjson_val *value, int64_t wanted)
{
    struct number number;

    return value_number(value, &number) && value_number_eq(number, value_of_integer(wanted));
}

static bool is_default(const struct shape *field, yyjson_val *value, yyjson_val *map)
{
    switch (field->kind) {
    case ALWAYS_KEPT: return false;
    case DROPPED: return true;
    case DEFAULT_TEXT: return yyjson_equals_str(value, "") || yyjson_equals_str(value, field->text);
    case DEFAULT_NUMBER: return is_number(value, field->number);
    case DEFAULT_COUNT: return is_number(value, field->number) || is_number(value, 0);
    case DEFAULT_TRUE: return yyjson_is_true(value);
    case DEFAULT_FALSE: return yyjson_is_false(value);
    case DEFAULT_EMPTY: return is_empty(value, field->child);
    case DEFAULT_PULL_POLICY:
        return yyjson_equals_str(value, "") ||
               yyjson_equals_str(value, image_is_latest(yyjson_obj_get(map, field->text))
                                            ? "Always"
                                            : "IfNotPresent");
    case OLD_NAME: return json_text_of(yyjson_obj_get(map, field->text)).n > 0;
    case QUANTITY: return false;
    case DEFAULT_QUANTITY: return is_zero(value);
    }
    return false;
}

static const struct shape *find_field(const struct shape *shape, yyjson_val *key)
{
    for (; shape && shape->key; shape++)
        if (yyjson_equals_str(key, shape->key))
            return shape;
    return NULL;
}

/* A map with anybody's keys: null is an empty text there, or the amount 0. */
static bool is_open(const struct shape *map)
{
    return map == texts || map == quantities || map == labels || map == annotations;
}

/* A value that says no more than its absence does. */
static bool says_nothing(yyjson_val *value, const struct shape *shape, const struct shape *field,
                         yyjson_val *map)
{
    return (yyjson_is_null(value) && !is_open(shape)) ||
           (yyjson_is_arr(value) && yyjson_arr_size(value) == 0) ||
           (field && is_default(field, value, map));
}

/* Annotations that hold nothing but the time of a restart are as good as none. */
static bool is_empty(yyjson_val *map, const struct shape *shape)
{
    yyjson_val *key, *value;
    size_t i, n;

    if (!yyjson_is_obj(map))
        return false;
    yyjson_obj_foreach(map, i, n, key, value)
    {
        if (!says_nothing(value, shape, find_field(shape, key), map))
            return false;
    }
    return true;
}

/* --- writing -------------------------------------------------------------------------------- */

/* Writes canonical JSON. */
struct writer {
    struct buf out; /* failed also when the budget is over, or LIMIT_JSON_DEPTH reached */
    struct arena *arena;
    struct budget *budget;
    unsigned depth;
};

static void write_value(yyjson_val *value, const struct shape *shape, struct writer *w);

static bool is_plain(unsigned char c)
{
    return c >= 0x20 && c != '"' && c != '\\';
}

static void write_text(yyjson_val *value, struct writer *w)
{
    static const char hex[] = "0123456789abcdef";
    struct view text = json_text_of(value);
    size_t run;

    if (!budget_take(w->budget, 1 + text.n / 64))
        w->out.failed = true;
    buf_add_char(&w->out, '"');
    for (size_t i = 0; i < text.n && !w->out.failed; i += run + 1) {
        for (run = 0; i + run < text.n && is_plain((unsigned char)text.p[i + run]);)
            run++;
        buf_add(&w->out, (struct view){text.p + i, run});
        if (i + run == text.n)
            break;
        unsigned char c = (unsigned char)text.p[i + run];

        buf_add_str(&w->out, c >= 0x20 ? "\\" : "\\u00");
        if (c < 0x20)
            buf_add_char(&w->out, hex[c >> 4]);
        buf_add_char(&w->out, c >= 0x20 ? (char)c : hex[c & 15]);
    }
    buf_add_char(&w->out, '"');
}

/* The keys that count, sorted; returns how many, or -1 when memory or the budget is out. */
static ptrdiff_t gather(yyjson_val *map, const struct shape *shape, struct writer *w,
                        struct json_key **out)
{
    struct json_key *keys = arena_array(w->arena, yyjson_obj_size(map) + 1, sizeof(*keys));
    yyjson_obj_iter iter = yyjson_obj_iter_with(map);
    ptrdiff_t count = 0;
    yyjson_val *key;

    if (!keys)
        return -1;
    while ((key = yyjson_obj_iter_next(&iter)) && budget_take(w->budget, 1))
        if (!says_nothing(yyjson_obj_iter_get_val(key), shape, find_field(shape, key), map))
            keys[count++].key = key;
    if (!budget_take(w->budget, 0))
        return -1;
    json_keys_order(keys, (size_t)count);
    *out = keys;
    return count;
}

/* 1000m and 1 are one amount. */
static void write_quantity(yyjson_val *value, struct writer *w)
{
    char room[QUANTITY_ROOM];
    struct quantity amount;

    if (yyjson_is_null(value))
        amount = (struct quantity){0};
    else if (read_quantity(value, &amount) < 0) {
        write_value(value, NULL, w);
        return;
    }
    amount.form = QUANTITY_DECIMAL;
    buf_printf(&w->out, "\"%.*s\"", VIEW_ARGS(quantity_print(&amount, room)));
}

static bool is_quantity(const struct shape *map, const struct shape *field)
{
    return map == quantities ||
           (field && (field->kind == QUANTITY || field->kind == DEFAULT_QUANTITY));
}

static void write_map(yyjson_val *map, const struct shape *shape, struct writer *w)
{
    struct json_key *keys = NULL;
    ptrdiff_t count = gather(map, shape, w, &keys);

    if (count < 0)
        w->out.failed = true;
    buf_add_char(&w->out, '{');
    for (ptrdiff_t i = 0; i < count && !w->out.failed; i++) {
        yyjson_val *value = yyjson_obj_iter_get_val(keys[i].key);
        const struct shape *field = find_field(shape, keys[i].key);

        if (i > 0)
            buf_add_char(&w->out, ',');
        write_text(keys[i].key, w);
        buf_add_char(&w->out, ':');
        if (is_quantity(shape, field))
            write_quantity(value, w);
        else if (yyjson_is_null(value) && is_open(shape))
            buf_add_str(&w->out, "\"\"");
        else
            write_value(value, field ? field->child : NULL, w);
    }
    buf_add_char(&w->out, '}');
}

static void write_list(yyjson_val *list, const struct shape *shape, struct writer *w)
{
    yyjson_arr_iter iter = yyjson_arr_iter_with(list);
    const char *comma = "";
    yyjson_val *value;

    buf_add_char(&w->out, '[');
    while ((value = yyjson_arr_iter_next(&iter)) && !w->out.failed) {
        buf_add_str(&w->out, comma);
        write_value(value, shape, w);
        comma = ",";
    }
    buf_add_char(&w->out, ']');
}

static void write_scalar(yyjson_val *value, struct buf *out)
{
    char number[VALUE_NUMBER_ROOM];

    if (yyjson_is_bool(value))
        buf_add_str(out, yyjson_get_bool(value) ? "true" : "false");
    else if (yyjson_is_null(value))
        buf_add_str(out, "null");
    else
        buf_add(out, value_number_text(value, number));
}

/* The recursion ends at LIMIT_JSON_DEPTH. */
static void write_value(yyjson_val *value, const struct shape *shape, struct writer *w)
{
    if (!budget_take(w->budget, 1) || w->depth == LIMIT_JSON_DEPTH) {
        w->out.failed = true;
        return;
    }
    w->depth++;
    if (yyjson_is_obj(value))
        write_map(value, shape, w);
    else if (yyjson_is_arr(value))
        write_list(value, shape, w);
    else if (yyjson_is_str(value))
        write_text(value, w);
    else
        write_scalar(value, &w->out);
    w->depth--;
}

static struct view hex_digest(struct view text, struct arena *arena)
{
    unsigned char digest[DIGEST_BYTES];
    char hex[DIGEST_TEXT];

    if (digest_of(text, digest) < 0)
        return (struct view){NULL, 0};
    digest_hex(digest, sizeof(digest), hex);
    return arena_copy(arena, view_of(hex));
}

/* What a Pod reads of its own labels and annotations, in the order in which it does. Its approval
 * is one of them and names this hash: it is left out. */
static void write_reads(const struct workload *pod_, struct writer *w)
{
    static const struct shape all[] = {{APPROVAL_ANNOTATION_ANNOTATION, DROPPED, NULL, 0, NULL},
                                       {0}};
    struct downward d;

    downward_begin(&d, yyjson_obj_get(pod_->pod, "spec"));
    while (!w->out.failed && downward_next(&d)) {
        yyjson_val *map = yyjson_obj_get(yyjson_obj_get(pod_->pod, "metadata"), d.map.p);
        yyjson_val *value;

        if (!budget_take(w->budget, 1 + yyjson_obj_size(map) / KEYS_A_STEP))
            w->out.failed = true;
        value = yyjson_obj_getn(map, d.key.p, d.key.n);
        buf_add_char(&w->out, ',');
        if (!d.key.p)
            write_map(map, all, w);
        else if (value && !view_eq_str(d.key, APPROVAL_ANNOTATION_ANNOTATION))
            write_value(value, NULL, w);
    }
}

/* What names the template that a Rollout takes from elsewhere. */
static const struct shape reference[] = {{"scaleDown", DROPPED, NULL, 0, NULL}, {0}};

static struct view hash_as(const struct workload *w, const struct shape *shape, struct arena *arena,
                           struct budget *budget)
{
    struct writer writer = {.arena = arena, .budget = budget};
    struct view hash = {NULL, 0};

    buf_init(&writer.out, LIMIT_BODY);
    write_map(w->pod, shape, &writer);
    if (w->ref)
        write_map(w->ref, reference, &writer);
    if (shape == pod)
        write_reads(w, &writer);
    if (!writer.out.failed)
        hash = hex_digest(buf_view(&writer.out), arena);
    buf_release(&writer.out);
    return hash;
}

/* The deployment controller makes the label of all of the template: who reads that has read whether
 * it was restarted. */
static bool reads_what_is_dropped(const struct workload *w)
{
    yyjson_val *spec = yyjson_obj_get(w->pod, "spec");

    return downward_reads(spec, "labels", HASH_LABEL) ||
           downward_reads(spec, "annotations", RESTARTED_AT);
}

struct view template_hash(const struct workload *w, struct arena *arena, struct budget *budget)
{
    if (w->kind && !*w->kind->prefix)
        return hash_as(w, pod, arena, budget);
    return hash_as(w, reads_what_is_dropped(w) ? read_template : pod_template, arena, budget);
}

struct view template_hash_of_revision(const struct workload *w, struct arena *arena)
{
    bool is_deployment = w->kind && view_eq_str(view_of(w->kind->kind), "Deployment");

    if (!is_deployment || !reads_what_is_dropped(w))
        return template_hash(w, arena, NULL);
    return hash_as(w, owned_template, arena, NULL);
}
