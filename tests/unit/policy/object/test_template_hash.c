#include "base/arena.h"
#include "policy/object/template_hash.h"

#include "cmocka_all.h"

#include <stdio.h>
#include <string.h>
#include <yyjson.h>

/* A pod template as somebody wrote it, and as kube-apiserver 1.35 handed it over. */
static const char manifest[] =
    "{'metadata':{'labels':{'app':'api'}},'spec':{'containers':[{'command':['/bin/sleep','100000'],"
    "'env':[{'name':'A','value':'1'},{'name':'POD','valueFrom':{'fieldRef':{'fieldPath':"
    "'metadata.name'}}}],'image':'docker.io/local/"
    "bb:v1.0.0','imagePullPolicy':'Never','name':'api',"
    "'ports':[{'containerPort':8000}],'readinessProbe':{'failureThreshold':1000,'httpGet':{'path':"
    "'/"
    "ready','port':8000}},'resources':{'limits':{'cpu':'1000m','memory':'64Mi'},'requests':{'cpu':"
    "'10m','memory':'8Mi'}},'volumeMounts':[{'mountPath':'/tmp','name':'tmp'},{'mountPath':'/cfg',"
    "'name':'cfg'}]},{'command':['/bin/sleep','100000'],'image':'docker.io/local/bb:v1.0.0','name':"
    "'sidecar'}],'initContainers':[{'command':['/bin/true'],'image':'docker.io/local/bb','name':"
    "'migrate'},{'command':['/bin/sleep','100000'],'image':'docker.io/local/"
    "bb:1','imagePullPolicy':"
    "'Never','name':'proxy','restartPolicy':'Always'}],'terminationGracePeriodSeconds':1,'volumes':"
    "[{"
    "'name':'tmp'},{'configMap':{'name':'cfg','optional':true},'name':'cfg'}]}}";

#define METADATA "'metadata':{'labels':{'app':'api'}}"
#define SPEC                                                                                       \
    "'spec':{'volumes':[{'name':'tmp','emptyDir':{}},{'name':'cfg','configMap':{'name':'cfg',"     \
    "'defaultMode':420,'optional':true}}],'initContainers':[{'name':'migrate','image':"            \
    "'docker.io/local/bb','command':['/bin/true'],'resources':{},'terminationMessagePath':"        \
    "'/dev/"                                                                                       \
    "termination-log','terminationMessagePolicy':'File','imagePullPolicy':'Always'},{'name':"      \
    "'proxy','image':'docker.io/local/bb:1','command':['/bin/sleep','100000'],'resources':{},"     \
    "'restartPolicy':'Always','terminationMessagePath':'/dev/termination-log',"                    \
    "'terminationMessagePolicy':'File','imagePullPolicy':'Never'}],'containers':[{'name':'api',"   \
    "'image':'docker.io/local/bb:v1.0.0','command':['/bin/sleep','100000'],'ports':[{"             \
    "'containerPort':8000,'protocol':'TCP'}],'env':[{'name':'A','value':'1'},{'name':'POD',"       \
    "'valueFrom':{'fieldRef':{'apiVersion':'v1','fieldPath':'metadata.name'}}}],'resources':{"     \
    "'limits':{'cpu':'1','memory':'64Mi'},'requests':{'cpu':'10m','memory':'8Mi'}},'volumeMounts'" \
    ":"                                                                                            \
    "[{'name':'tmp','mountPath':'/tmp'},{'name':'cfg','mountPath':'/cfg'}],'readinessProbe':{"     \
    "'httpGet':{'path':'/ready','port':8000,'scheme':'HTTP'},'timeoutSeconds':1,'periodSeconds':"  \
    "10,'successThreshold':1,'failureThreshold':1000},'terminationMessagePath':"                   \
    "'/dev/termination-log','terminationMessagePolicy':'File','imagePullPolicy':'Never'},{'name':" \
    "'sidecar','image':'docker.io/local/bb:v1.0.0','command':['/bin/sleep','100000'],'resources':" \
    "{},'terminationMessagePath':'/dev/termination-log','terminationMessagePolicy':'File',"        \
    "'imagePullPolicy':'IfNotPresent'}],'restartPolicy':'Always','terminationGracePeriodSeconds':" \
    "1,"                                                                                           \
    "'dnsPolicy':'ClusterFirst','securityContext':{},'schedulerName':'default-scheduler'}"
static const char server[] = "{" METADATA "," SPEC "}";

/* Quotes are single ones in the texts here. */
static yyjson_doc *read_text(struct arena *arena, const char *text)
{
    char *copy = arena_str(arena, view_of(text));
    yyjson_doc *doc;

    for (char *p = copy; *p; p++)
        if (*p == '\'')
            *p = '"';
    doc = yyjson_read(copy, strlen(copy), 0);
    if (!doc)
        fail_msg("no JSON: %s", copy);
    return doc;
}

static struct view hash_value(struct arena *arena, const char *kind, yyjson_val *value)
{
    const struct workload_kind *row =
        workload_kind_of(view_of(strcmp(kind, "Pod") == 0 ? "" : "apps"), view_of(kind));
    struct workload w = {.kind = row, .pod = value};
    struct view hash = template_hash(&w, arena, NULL);

    assert_non_null(row);
    assert_int_equal(hash.n, 64);
    return hash;
}

static struct view hash_text(struct arena *arena, const char *kind, const char *text)
{
    yyjson_doc *doc = read_text(arena, text);
    struct view hash = hash_value(arena, kind, yyjson_doc_get_root(doc));

    yyjson_doc_free(doc);
    return hash;
}

#define WITH(spec)             "{'spec':{" spec "}}"
#define WITH_CONTAINER(fields) WITH("'containers':[{'name':'c'," fields "}]")
#define WITH_VOLUME(source)    WITH("'volumes':[{'name':'v'," source "}]")

static const struct {
    const char *name, *kind; /* NULL: Deployment */
    const char *a, *b;
    bool same;
} pairs[] = {
    {"the manifest and what came of it", NULL, manifest, server, true},
    {"a restart", NULL, server,
     "{'metadata':{'labels':{'app':'api'},'annotations':{'kubectl.kubernetes.io/"
     "restartedAt':'t'}}," SPEC "}",
     true},
    {"the template of its replica set", NULL, server,
     "{'metadata':{'labels':{'app':'api','pod-template-hash':'5b5df95c6b'}}," SPEC "}", true},
    {"with the time of its creation", NULL, server,
     "{'metadata':{'creationTimestamp':null,'labels':{'app':'api'}}," SPEC "}", true},
    {"as a ControllerRevision keeps it", NULL, server, "{'$patch':'replace'," METADATA "," SPEC "}",
     true},
    {"another annotation", NULL, server,
     "{'metadata':{'labels':{'app':'api'},'annotations':{'kubectl.kubernetes.io/"
     "restartedAt2':'t'}}," SPEC "}",
     false},
    {"a key with a NUL in it", NULL, WITH_CONTAINER("'x':1"),
     "{'metadata':{'labels':{'pod-template-hash\\u0000':'x'}},'spec':{'containers':[{'name':'c','x'"
     ":1}]}}",
     false},

    {"a null label is an empty one", NULL, "{'metadata':{'labels':{'a':null}},'spec':{}}",
     "{'metadata':{'labels':{'a':''}},'spec':{}}", true},
    {"and not none", NULL, "{'metadata':{'labels':{'a':null}},'spec':{}}", "{'spec':{}}", false},
    {"a null in a node selector", NULL, WITH("'nodeSelector':{'gpu':null}"),
     WITH("'nodeSelector':{}"), false},
    {"a null limit is 0", NULL, WITH_CONTAINER("'resources':{'limits':{'cpu':null}}"),
     WITH_CONTAINER("'resources':{'limits':{'cpu':'0'}}"), true},

    {"quantities", NULL, WITH_CONTAINER("'resources':{'limits':{'cpu':'1500m','memory':'1024Mi'}}"),
     WITH_CONTAINER("'resources':{'limits':{'memory':'1Gi','cpu':'1.5'}}"), true},
    {"quantities that are numbers", NULL,
     WITH_CONTAINER("'resources':{'limits':{'cpu':1.5,'memory':1024}}"),
     WITH_CONTAINER("'resources':{'limits':{'memory':'1Ki','cpu':'1500m'}}"), true},
    {"quantities beyond 2^63", NULL, WITH_CONTAINER("'resources':{'limits':{'cpu':'100E'}}"),
     WITH_CONTAINER("'resources':{'limits':{'cpu':'10E'}}"), false},
    {"quantities that are numbers beyond 2^53", NULL,
     WITH_CONTAINER("'resources':{'limits':{'cpu':9007199254740993}}"),
     WITH_CONTAINER("'resources':{'limits':{'cpu':9007199254740992}}"), false},
    {"a number in other words", NULL, WITH_CONTAINER("'livenessProbe':{'periodSeconds':7.0}"),
     WITH_CONTAINER("'livenessProbe':{'periodSeconds':7}"), true},
    {"a default in other words", NULL, WITH_CONTAINER("'livenessProbe':{'periodSeconds':1e1}"),
     WITH_CONTAINER("'livenessProbe':{}"), true},
    {"other quantities", NULL, WITH_CONTAINER("'resources':{'limits':{'cpu':'1500m'}}"),
     WITH_CONTAINER("'resources':{'limits':{'cpu':'1501m'}}"), false},
    {"a size limit", NULL, WITH_VOLUME("'emptyDir':{'sizeLimit':'1024Mi'}"),
     WITH_VOLUME("'emptyDir':{'sizeLimit':'1Gi'}"), true},
    {"the divisor that the server adds", NULL,
     WITH_CONTAINER(
         "'env':[{'name':'E','valueFrom':{'resourceFieldRef':{'resource':'limits.cpu'}}}]"),
     WITH_CONTAINER("'env':[{'name':'E','valueFrom':{'resourceFieldRef':{'resource':'limits.cpu','"
                    "divisor':'0'}}}]"),
     true},

    {"probe", NULL, WITH_CONTAINER("'livenessProbe':{'httpGet':{'port':80}}"),
     WITH_CONTAINER(
         "'livenessProbe':{'httpGet':{'port':80,'path':'/','scheme':'HTTP'},'timeoutSeconds':1,"
         "'periodSeconds':10,'successThreshold':1,'failureThreshold':3}"),
     true},
    {"probe with zeros", NULL,
     WITH_CONTAINER("'livenessProbe':{'initialDelaySeconds':0,'timeoutSeconds':0}"),
     WITH_CONTAINER("'livenessProbe':{'timeoutSeconds':1}"), true},
    {"false and empty", NULL,
     WITH_CONTAINER("'tty':false,'args':[],'volumeMounts':[{'name':'v','readOnly':false}]"),
     WITH_CONTAINER("'volumeMounts':[{'name':'v'}]"), true},
    {"a volume of an image", NULL, WITH_VOLUME("'image':{'reference':'a/b'}"),
     WITH_VOLUME("'image':{'reference':'a/b','pullPolicy':'Always'}"), true},
    {"an ephemeral volume", NULL, WITH_VOLUME("'ephemeral':{'volumeClaimTemplate':{'spec':{}}}"),
     WITH_VOLUME("'ephemeral':{'volumeClaimTemplate':{'metadata':{},'spec':{'resources':{},'"
                 "volumeMode':'Filesystem'}}}"),
     true},
    {"a volume without a source", NULL, WITH("'volumes':[{'name':'v'}]"),
     WITH_VOLUME("'emptyDir':{}"), true},

    {"empty texts", NULL, WITH("'dnsPolicy':'','serviceAccountName':''"), WITH(""), true},
    {"empty texts of a container", NULL,
     WITH_CONTAINER("'image':'a','imagePullPolicy':'','terminationMessagePath':'',"
                    "'volumeMounts':[{'name':'v','subPathExpr':''}]"),
     WITH_CONTAINER("'image':'a','volumeMounts':[{'name':'v'}]"), true},

    {"pull policy of latest", NULL, WITH_CONTAINER("'image':'a:latest'"),
     WITH_CONTAINER("'image':'a:latest','imagePullPolicy':'Always'"), true},
    {"pull policy of a tag", NULL, WITH_CONTAINER("'image':'r:5000/a:v1'"),
     WITH_CONTAINER("'image':'r:5000/a:v1','imagePullPolicy':'IfNotPresent'"), true},
    {"pull policy of a port without a tag", NULL, WITH_CONTAINER("'image':'r:5000/a'"),
     WITH_CONTAINER("'image':'r:5000/a','imagePullPolicy':'Always'"), true},
    {"pull policy of a digest", NULL, WITH_CONTAINER("'image':'a@sha256:00'"),
     WITH_CONTAINER("'image':'a@sha256:00','imagePullPolicy':'IfNotPresent'"), true},
    {"another pull policy", NULL, WITH_CONTAINER("'image':'a:v1'"),
     WITH_CONTAINER("'image':'a:v1','imagePullPolicy':'Always'"), false},

    {"the old name of the service account", NULL,
     WITH("'serviceAccountName':'x','serviceAccount':'x'"), WITH("'serviceAccountName':'x'"), true},
    {"it counts where it stands alone", NULL, WITH("'serviceAccount':'admin'"), WITH(""), false},
    {"and then too", NULL, WITH("'serviceAccount':'admin','serviceAccountName':''"),
     WITH("'serviceAccountName':''"), false},

    {"null in a list is not 0", NULL, WITH_CONTAINER("'args':[null]"), WITH_CONTAINER("'args':[0]"),
     false},
    {"text is not a number", NULL, WITH_CONTAINER("'args':['1']"), WITH_CONTAINER("'args':[1]"),
     false},
    {"quotes do not end a text", NULL, WITH_CONTAINER("'args':['a','b']"),
     WITH_CONTAINER("'args':['a\\u0022,\\u0022b']"), false},
    {"an empty selector is not none", NULL,
     WITH("'affinity':{'podAffinity':{'x':[{'namespaceSelector':{}}]}}"),
     WITH("'affinity':{'podAffinity':{'x':[{}]}}"), false},
    {"allowPrivilegeEscalation: false is not nothing", NULL,
     WITH_CONTAINER("'securityContext':{'allowPrivilegeEscalation':false}"),
     WITH_CONTAINER("'securityContext':{}"), false},
    {"defaults of another place", NULL, WITH_CONTAINER("'dnsPolicy':'ClusterFirst'"),
     WITH_CONTAINER("'name':'c'"), false},

    {"a pod by its spec alone", "Pod",
     "{'metadata':{'name':'a','uid':'1','annotations':{'x':'y'}},'spec':{'x':1},'status':{'y':2}}",
     "{'metadata':{'name':'b'},'spec':{'x':1}}", true},
    {"a pod with another spec", "Pod", "{'spec':{'x':1}}", "{'spec':{'x':2}}", false},
};

static void equal_and_different(void **state)
{
    struct arena arena;

    (void)state;
    arena_init(&arena, 1 << 20);
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        const char *kind = pairs[i].kind ? pairs[i].kind : "Deployment";
        struct view a = hash_text(&arena, kind, pairs[i].a),
                    b = hash_text(&arena, kind, pairs[i].b);

        if (view_eq(a, b) != pairs[i].same)
            fail_msg("%s: %s", pairs[i].name, pairs[i].same ? "different" : "the same");
        arena_release(&arena);
    }
    arena_release(&arena);
}

/* --- what a pod reads of itself --------------------------------------------------------------- */

#define RESTARTED "metadata.annotations['kubectl.kubernetes.io/restartedAt']"
#define HASHED    "metadata.labels['pod-template-hash']"
#define ENV(list, path)                                                                            \
    "\"" list "\":[{\"name\":\"c\",\"env\":[{\"name\":\"E\",\"valueFrom\":{\"fieldRef\":{"         \
    "\"fieldPath\":\"" path "\"}}}]}]"
#define FILE_OF(path) "\"items\":[{\"path\":\"p\",\"fieldRef\":{\"fieldPath\":\"" path "\"}}]"
#define VOLUME(path)  "\"volumes\":[{\"name\":\"v\",\"downwardAPI\":{" FILE_OF(path) "}}]"
#define PROJECTED(path)                                                                            \
    "\"volumes\":[{\"name\":\"v\",\"projected\":{\"sources\":[{\"secret\":{}},{\"downwardAPI\":"   \
    "{" FILE_OF(path) "}}]}}]"
#define NEXT_VERSION                                                                               \
    "\"containers\":[{\"name\":\"c\",\"env\":[{\"name\":\"E\",\"valueFrom\":{\"fieldRef\":{"       \
    "\"apiVersion\":\"v2\",\"fieldPath\":\"" RESTARTED "\"}}}]}]"

static const struct {
    const char *name, *spec;
    bool reads;
} readers[] = {
    {"nothing", "\"x\":1", false},
    {"a variable of a restart", ENV("containers", RESTARTED), true},
    {"a variable of the label", ENV("containers", HASHED), true},
    {"of an init container", ENV("initContainers", RESTARTED), true},
    {"of an ephemeral container", ENV("ephemeralContainers", HASHED), true},
    {"by another version of the API", NEXT_VERSION, true},
    {"another annotation", ENV("containers", "metadata.annotations['a']"), false},
    {"another label", ENV("containers", "metadata.labels['a']"), false},
    {"the label's name among annotations",
     ENV("containers", "metadata.annotations['pod-template-hash']"), false},
    {"a name that begins so", ENV("containers", "metadata.labels['pod-template-hash2']"), false},
    {"the pod's name", ENV("containers", "metadata.name"), false},
    {"a volume of a restart", VOLUME(RESTARTED), true},
    {"a volume of the label", VOLUME(HASHED), true},
    {"a volume of all annotations", VOLUME("metadata.annotations"), true},
    {"a volume of all labels", VOLUME("metadata.labels"), true},
    {"a volume of another", VOLUME("metadata.labels['a']"), false},
    {"a projected volume of all annotations", PROJECTED("metadata.annotations"), true},
    {"a projected volume of all labels", PROJECTED("metadata.labels"), true},
    {"a projected volume of the label", PROJECTED(HASHED), true},
    {"a projected volume of another", PROJECTED("metadata.annotations['a']"), false},
    {"a spelling that is not known", VOLUME("metadata.labels[pod-template-hash]"), true},
};

/* A template that reads as that, of a pod with these two; NULL: without. */
static const char *reader(struct arena *arena, const char *spec, const char *restarted,
                          const char *label)
{
    return arena_printf(arena,
                        "{\"metadata\":{\"annotations\":{\"%s\":\"%s\"},\"labels\":{\"%s\":"
                        "\"%s\"}},\"spec\":{%s}}",
                        restarted ? "kubectl.kubernetes.io/restartedAt" : "a",
                        restarted ? restarted : "1", label ? "pod-template-hash" : "a",
                        label ? label : "1", spec)
        .p;
}

static struct view hash_plain(struct arena *arena, const char *text, bool of_revision)
{
    struct view copy = {text, strlen(text)};
    yyjson_doc *doc = yyjson_read(copy.p, copy.n, 0);
    struct workload w = {.kind = workload_kind_of(VIEW("apps"), VIEW("Deployment")),
                         .pod = yyjson_doc_get_root(doc)};
    struct view hash;

    if (!doc)
        fail_msg("no JSON: %s", text);
    hash = of_revision ? template_hash_of_revision(&w, arena) : template_hash(&w, arena, NULL);
    yyjson_doc_free(doc);
    return hash;
}

static void what_is_read_counts(void **state)
{
    struct arena arena;

    (void)state;
    arena_init(&arena, 1 << 20);
    for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++) {
        const char *spec = readers[i].spec, *name = readers[i].name;
        struct view h = hash_plain(&arena, reader(&arena, spec, "1", "x"), false);

        if (view_eq(h, hash_plain(&arena, reader(&arena, spec, "2", "x"), false)) ==
            readers[i].reads)
            fail_msg("%s: a restart", name);
        if (view_eq(h, hash_plain(&arena, reader(&arena, spec, "1", "y"), false)) ==
            readers[i].reads)
            fail_msg("%s: the label", name);
        arena_release(&arena);
    }
    arena_release(&arena);
}

/* The deployment controller adds the label to the ReplicaSet's template, in place of one that is
 * there; the annotation is in both. */
static void a_revision_is_recognised(void **state)
{
    struct arena arena;

    (void)state;
    arena_init(&arena, 1 << 20);
    for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++) {
        const char *spec = readers[i].spec, *name = readers[i].name;
        struct view revision = hash_plain(&arena, reader(&arena, spec, "1", "added"), true);
        struct view other = hash_plain(&arena, reader(&arena, spec, "2", "added"), true);
        const char *own = arena_printf(&arena,
                                       "{\"metadata\":{\"annotations\":{\"kubectl.kubernetes.io/"
                                       "restartedAt\":\"1\"},\"labels\":{}},\"spec\":{%s}}",
                                       spec)
                              .p;

        if (!view_eq(revision, hash_plain(&arena, own, false)))
            fail_msg("%s: not that of its deployment", name);
        if (view_eq(revision, other) == readers[i].reads)
            fail_msg("%s: a restart", name);
        arena_release(&arena);
    }
    arena_release(&arena);
}

#define READING_POD(metadata, path)                                                                \
    "{'metadata':{" metadata "},'spec':{'containers':[{'name':'c','env':[{'name':'E','valueFrom'"  \
    ":{'fieldRef':{'fieldPath':" path "}}}]}]}}"

static void what_a_bare_pod_reads_counts(void **state)
{
    static const struct {
        const char *name, *a, *b;
        bool same;
    } table[] = {
        {"an annotation",
         READING_POD("'annotations':{'a':'1'}", "'metadata.annotations[\\u0027a\\u0027]'"),
         READING_POD("'annotations':{'a':'2'}", "'metadata.annotations[\\u0027a\\u0027]'"), false},
        {"one that is not there",
         READING_POD("'annotations':{'a':''}", "'metadata.annotations[\\u0027a\\u0027]'"),
         READING_POD("'annotations':{}", "'metadata.annotations[\\u0027a\\u0027]'"), false},
        {"another one",
         READING_POD("'annotations':{'b':'1'}", "'metadata.annotations[\\u0027a\\u0027]'"),
         READING_POD("'annotations':{'b':'2'}", "'metadata.annotations[\\u0027a\\u0027]'"), true},
        {"all labels", READING_POD("'labels':{'b':'1'}", "'metadata.labels'"),
         READING_POD("'labels':{'b':'2'}", "'metadata.labels'"), false},
        {"labels, and an annotation changes",
         READING_POD("'annotations':{'b':'1'}", "'metadata.labels'"),
         READING_POD("'annotations':{'b':'2'}", "'metadata.labels'"), true},
        {"all annotations, and it is approved",
         READING_POD("'annotations':{'b':'1'}", "'metadata.annotations'"),
         READING_POD("'annotations':{'b':'1','tidegate.dev/approve':'x'}",
                     "'metadata.annotations'"),
         true},
        {"its approval",
         READING_POD("'name':'a'", "'metadata.annotations[\\u0027tidegate.dev/approve\\u0027]'"),
         READING_POD("'annotations':{'tidegate.dev/approve':'x'}",
                     "'metadata.annotations[\\u0027tidegate.dev/approve\\u0027]'"),
         true},
    };
    struct arena arena;

    (void)state;
    arena_init(&arena, 1 << 20);
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        if (view_eq(hash_text(&arena, "Pod", table[i].a), hash_text(&arena, "Pod", table[i].b)) !=
            table[i].same)
            fail_msg("%s: %s", table[i].name, table[i].same ? "different" : "the same");
    arena_release(&arena);
}

/* --- each value in turn ----------------------------------------------------------------------- */

/* Changes the value that is n-th in the document. Returns what is left to count; 0: done. */
static size_t change_nth(yyjson_mut_doc *doc, yyjson_mut_val *value, size_t n)
{
    yyjson_mut_val *child;
    size_t i, max;
    char text[256];

    if (yyjson_mut_is_ctn(value)) {
        if (yyjson_mut_is_arr(value)) {
            yyjson_mut_arr_foreach(value, i, max, child)
            {
                if (n > 0)
                    n = change_nth(doc, child, n);
            }
            return n;
        }
        yyjson_mut_val *key;
        yyjson_mut_obj_foreach(value, i, max, key, child)
        {
            if (n > 0)
                n = change_nth(doc, child, n);
        }
        return n;
    }
    if (--n > 0)
        return n;
    if (yyjson_mut_is_str(value)) {
        snprintf(text, sizeof(text), "%sx", yyjson_mut_get_str(value));
        yyjson_mut_set_str(value, yyjson_mut_get_str(yyjson_mut_strcpy(doc, text)));
    } else if (yyjson_mut_is_bool(value)) {
        yyjson_mut_set_bool(value, !yyjson_mut_get_bool(value));
    } else {
        yyjson_mut_set_uint(value, yyjson_mut_get_uint(value) + 1);
    }
    return 0;
}

static void every_value_counts(void **state)
{
    struct arena arena;
    yyjson_doc *original;
    struct view before;
    size_t n = 1;

    (void)state;
    arena_init(&arena, 1 << 20);
    original = read_text(&arena, server);
    before = hash_value(&arena, "Deployment", yyjson_doc_get_root(original));
    for (;; n++) {
        yyjson_mut_doc *copy = yyjson_doc_mut_copy(original, NULL);
        size_t left = change_nth(copy, yyjson_mut_doc_get_root(copy), n);
        yyjson_doc *changed = yyjson_mut_doc_imut_copy(copy, NULL);
        struct view after = hash_value(&arena, "Deployment", yyjson_doc_get_root(changed));

        if (left == 0 && view_eq(before, after))
            fail_msg("value %zu does not count: %s", n, yyjson_write(changed, 0, NULL));
        yyjson_doc_free(changed);
        yyjson_mut_doc_free(copy);
        if (left > 0)
            break;
    }
    assert_true(n > 60);
    yyjson_doc_free(original);
    arena_release(&arena);
}

/* --- orders ----------------------------------------------------------------------------------- */

static void rotate(yyjson_mut_val *value, size_t by)
{
    yyjson_mut_val *key, *child;
    size_t i, max;

    if (yyjson_mut_is_arr(value)) {
        yyjson_mut_arr_foreach(value, i, max, child)
        {
            rotate(child, by);
        }
        return;
    }
    if (!yyjson_mut_is_obj(value))
        return;
    yyjson_mut_obj_foreach(value, i, max, key, child)
    {
        rotate(child, by + i);
    }
    yyjson_mut_obj_rotate(value, max ? by % max : 0);
}

static void the_order_of_keys_does_not_count(void **state)
{
    struct arena arena;
    yyjson_doc *original;
    struct view before;

    (void)state;
    arena_init(&arena, 1 << 20);
    original = read_text(&arena, server);
    before = hash_value(&arena, "Deployment", yyjson_doc_get_root(original));
    for (size_t by = 0; by < 50; by++) {
        yyjson_mut_doc *copy = yyjson_doc_mut_copy(original, NULL);
        yyjson_doc *turned;

        rotate(yyjson_mut_doc_get_root(copy), by);
        turned = yyjson_mut_doc_imut_copy(copy, NULL);
        assert_true(view_eq(before, hash_value(&arena, "Deployment", yyjson_doc_get_root(turned))));
        yyjson_doc_free(turned);
        yyjson_mut_doc_free(copy);
    }
    yyjson_doc_free(original);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(equal_and_different),
                                       cmocka_unit_test(what_is_read_counts),
                                       cmocka_unit_test(a_revision_is_recognised),
                                       cmocka_unit_test(what_a_bare_pod_reads_counts),
                                       cmocka_unit_test(every_value_counts),
                                       cmocka_unit_test(the_order_of_keys_does_not_count)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
