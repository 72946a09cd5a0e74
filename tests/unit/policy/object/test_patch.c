#include "policy/object/patch.h"

#include "base/json/json.h"
#include "cmocka_all.h"

#include <stdlib.h>
#include <string.h>
#include <yyjson.h>

/* Quotes are single ones in the texts here. */
static char *with_quotes(const char *text)
{
    char *copy = strdup(text);

    for (char *p = copy; *p; p++)
        if (*p == '\'')
            *p = '"';
    return copy;
}

static yyjson_doc *read_text(const char *text)
{
    char *json = with_quotes(text);
    yyjson_doc *doc = yyjson_read(json, strlen(json), 0);

    if (!doc)
        fail_msg("no JSON: %s", text);
    free(json);
    return doc;
}

#define META(more) "'metadata':{'name':'api','uid':'u1','resourceVersion':'77'" more "}"
#define TESTS                                                                                      \
    "{'op':'test','path':'/metadata/uid','value':'u1'},"                                           \
    "{'op':'test','path':'/metadata/resourceVersion','value':'77'}"
#define TEMPLATE_TO(labels, annotations)                                                           \
    "[" TESTS ",{'op':'add','path':'/spec/template','value':{'metadata':{'labels':{" labels        \
    "}},'spec':{'n':9007199254740993}}},{'op':'add','path':'/metadata/annotations','value':"       \
    "{" annotations "}}]"
#define REPLICASET(annotations)                                                                    \
    "{'metadata':{'uid':'rs','resourceVersion':'5','annotations':{" annotations                    \
    "}},'spec':{'replicas':0,'template':{'metadata':{'labels':{'app':'a','pod-template-hash':"     \
    "'123'}},'spec':{'n':9007199254740993}}}}"

static const struct {
    const char *name;
    json_t *(*make)(yyjson_val *, yyjson_val *, struct view);
    const char *workload, *revision;
    const char *patch; /* NULL: none can be made */
} table[] = {
    {"a template comes back without the label of its ReplicaSet", patch_to_replicaset,
     "{" META() "}", REPLICASET(""), TEMPLATE_TO("'app':'a'", "")},
    {"annotations: six stay, others come back", patch_to_replicaset,
     "{" META(",'annotations':{'deployment.kubernetes.io/revision':'7','deployment.kubernetes.io/"
              "revision-history':'1,3','deployment.kubernetes.io/desired-replicas':'2','deployment."
              "kubernetes.io/max-replicas':'3','deprecated.deployment.rollback.to':'1','kubectl."
              "kubernetes.io/last-applied-configuration':'{}','kubernetes.io/change-cause':'v2',"
              "'team':'x'}") "}",
     REPLICASET("'deployment.kubernetes.io/revision':'3','deployment.kubernetes.io/"
                "max-replicas':'9','kubernetes.io/change-cause':'v1','owner':'y'"),
     TEMPLATE_TO("'app':'a'",
                 "'deployment.kubernetes.io/revision':'7','deployment.kubernetes.io/"
                 "revision-history':'1,3','deployment.kubernetes.io/desired-replicas':'2',"
                 "'deployment.kubernetes.io/max-replicas':'3','deprecated.deployment.rollback.to':"
                 "'1','kubectl.kubernetes.io/last-applied-configuration':'{}',"
                 "'kubernetes.io/change-cause':'v1','owner':'y'")},
    {"ours neither stay nor come back", patch_to_replicaset,
     "{" META(
         ",'annotations':{'tidegate.dev/rollback':'h by a at t','tidegate.dev/approve':'x'}") "}",
     REPLICASET("'tidegate.dev/approve':'old','tidegate.dev/break-glass':'then','tidegate.devs':"
                "'y'"),
     TEMPLATE_TO("'app':'a'", "'tidegate.devs':'y'")},
    {"a Deployment without a version", patch_to_replicaset, "{'metadata':{'uid':'u1'}}",
     REPLICASET(""), NULL},
    {"a Deployment without a uid", patch_to_replicaset, "{'metadata':{'resourceVersion':'7'}}",
     REPLICASET(""), NULL},
    {"a ReplicaSet without a template", patch_to_replicaset, "{" META() "}", "{'spec':{}}", NULL},
    {"a template that is none", patch_to_replicaset, "{" META() "}", "{'spec':{'template':[]}}",
     NULL},

    {"a ControllerRevision's template", patch_to_controllerrevision,
     "{" META(",'annotations':{'a':'b'}") "}",
     "{'data':{'spec':{'template':{'$patch':'replace','spec':{'x':1}}}}}",
     "{'metadata':{'uid':'u1','resourceVersion':'77'},'spec':{'template':{'$patch':'replace',"
     "'spec':{'x':1}}}}"},
    {"nothing else that it holds", patch_to_controllerrevision, "{" META() "}",
     "{'data':{'metadata':{'annotations':{'tidegate.dev/approve':'x'}},'spec':{'replicas':0,"
     "'template':{'$patch':'delete','spec':{'x':1}}}}}",
     "{'metadata':{'uid':'u1','resourceVersion':'77'},'spec':{'template':{'$patch':'replace',"
     "'spec':{'x':1}}}}"},
    {"a StatefulSet without a version", patch_to_controllerrevision, "{'metadata':{'uid':'u1'}}",
     "{'data':{'spec':{'template':{'spec':{}}}}}", NULL},
    {"a ControllerRevision without data", patch_to_controllerrevision, "{" META() "}", "{}", NULL},
};

static void undoes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        yyjson_doc *workload = read_text(table[i].workload);
        yyjson_doc *revision = read_text(table[i].revision);
        json_t *patch =
            table[i].make(yyjson_doc_get_root(workload), yyjson_doc_get_root(revision), VIEW(""));
        char *expected = table[i].patch ? with_quotes(table[i].patch) : NULL;
        json_t *wanted = expected ? json_loads(expected, 0, NULL) : NULL;

        if (table[i].patch && !wanted)
            fail_msg("%s: expected is not JSON", table[i].name);
        if ((patch || wanted) && !json_equal(patch, wanted))
            fail_msg("%s: %s", table[i].name, patch ? json_dumps(patch, 0) : "none");
        json_decref(patch);
        json_decref(wanted);
        free(expected);
        yyjson_doc_free(workload);
        yyjson_doc_free(revision);
    }
}

static void restores_what_kubectl_applied(void **state)
{
    yyjson_doc *deployment =
        read_text("{" META(",'annotations':{'" PATCH_LAST_APPLIED "':'now'}") "}");
    yyjson_doc *replicaset = read_text(REPLICASET("'" PATCH_LAST_APPLIED "':'then'"));
    yyjson_doc *revision = read_text("{'data':{'spec':{'template':{'spec':{}}}}}");
    json_t *patch = patch_to_replicaset(yyjson_doc_get_root(deployment),
                                        yyjson_doc_get_root(replicaset), VIEW("merged"));
    json_t *merge = patch_to_controllerrevision(yyjson_doc_get_root(deployment),
                                                yyjson_doc_get_root(revision), VIEW("merged"));

    (void)state;
    assert_string_equal(
        json_string_at(json_object_get(json_array_get(patch, 3), "value"), PATCH_LAST_APPLIED),
        "merged");
    assert_string_equal(
        json_string_at(json_object_get(json_object_get(merge, "metadata"), "annotations"),
                       PATCH_LAST_APPLIED),
        "merged");
    json_decref(patch);
    json_decref(merge);
    yyjson_doc_free(deployment);
    yyjson_doc_free(replicaset);
    yyjson_doc_free(revision);
}

static void pauses(void **state)
{
    yyjson_doc *doc = read_text("{" META() "}"), *bare = read_text("{}");
    json_t *patch = patch_to_paused(yyjson_doc_get_root(doc));
    char *expected = with_quotes("[" TESTS ",{'op':'add','path':'/spec/paused','value':true}]");
    char *text = json_dumps(patch, JSON_COMPACT);

    (void)state;
    assert_string_equal(text, expected);
    assert_null(patch_to_paused(yyjson_doc_get_root(bare)));
    free(text);
    free(expected);
    json_decref(patch);
    yyjson_doc_free(doc);
    yyjson_doc_free(bare);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(undoes),
        cmocka_unit_test(restores_what_kubectl_applied),
        cmocka_unit_test(pauses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
