#include "rollout/act/field_owners.h"

#include "base/arena.h"
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

static yyjson_val *parse(const char *text, yyjson_doc **doc)
{
    char *json = with_quotes(text);

    *doc = yyjson_read(json, strlen(json), 0);
    if (!*doc)
        fail_msg("no JSON: %s", text);
    free(json);
    return yyjson_doc_get_root(*doc);
}

#define WORKLOAD(entries)                                                                          \
    "{'metadata':{'uid':'u','resourceVersion':'7','managedFields':[" entries "]}}"
#define ENTRY(who, operation, fields)                                                              \
    "{'manager':'" who "','operation':'" operation "','apiVersion':'apps/v1','time':'T',"          \
    "'fieldsType':'FieldsV1','fieldsV1':{" fields "}}"
#define TEMPLATE(field) "'f:template':{'f:" field "':{}}"
#define NOTES(keys)     "'f:metadata':{'f:annotations':{" keys "}}"

/* Healthy, now, and whom the fields are given to. */
static const struct {
    const char *name, *healthy, *now, *after;
} cases[] = {
    {"one that applied it has it again",
     ENTRY("helm", "Apply", "'f:spec':{'f:replicas':{}," TEMPLATE("old") "}"),
     ENTRY("helm", "Apply", "'f:spec':{'f:replicas':{}," TEMPLATE("new") "}") "," ENTRY(
         "tidegate", "Update", "'f:spec':{" TEMPLATE("old") "}"),
     ENTRY("helm", "Apply", "'f:spec':{'f:replicas':{}," TEMPLATE("old") "}")},
    {"replicas stay with whom they have gone to since",
     ENTRY("kubectl", "Apply", "'f:spec':{'f:replicas':{}," TEMPLATE("old") "}"),
     ENTRY("kubectl", "Apply", "'f:spec':{" TEMPLATE("new") "}") "," ENTRY(
         "hpa", "Update", "'f:spec':{'f:replicas':{}}"),
     ENTRY("kubectl", "Apply", "'f:spec':{" TEMPLATE("old") "}") "," ENTRY(
         "hpa", "Update", "'f:spec':{'f:replicas':{}}")},
    {"who owned nothing of the healthy one has nothing, and is gone",
     ENTRY("kubectl", "Apply", "'f:spec':{" TEMPLATE("old") "}"),
     ENTRY("kubectl", "Apply", "'f:spec':{" TEMPLATE("old") "}") "," ENTRY(
         "kubectl-set", "Update", "'f:spec':{" TEMPLATE("image") "}"),
     ENTRY("kubectl", "Apply", "'f:spec':{" TEMPLATE("old") "}")},
    {"who is there no more comes back, with the template alone",
     ENTRY("helm", "Update", NOTES("'f:a':{}") ",'f:spec':{'f:replicas':{}," TEMPLATE("old") "}"),
     ENTRY("helm", "Apply", NOTES("'f:a':{}") ",'f:spec':{" TEMPLATE("new") "}"),
     ENTRY("helm", "Apply", NOTES("'f:a':{}")) "," ENTRY("helm", "Update",
                                                         "'f:spec':{" TEMPLATE("old") "}")},
    {"annotations that the rollback wrote, and no others",
     ENTRY("helm", "Apply", NOTES("'.':{},'f:a':{},'f:b':{}")),
     ENTRY("helm", "Apply", NOTES("'.':{},'f:c':{}")) "," ENTRY(
         "tidegate", "Update", NOTES("'f:a':{}") ",'f:spec':{" TEMPLATE("old") "}"),
     ENTRY("helm", "Apply", NOTES("'.':{},'f:c':{},'f:a':{}"))},
    {"orders to the guard stay its own",
     ENTRY("helm", "Apply", NOTES("'f:tidegate.dev/rollback':{}")),
     ENTRY("tidegate", "Update", NOTES("'f:tidegate.dev/rollback':{},'f:a':{}")),
     ENTRY("tidegate", "Update", NOTES("'f:tidegate.dev/rollback':{}"))},
    {"an earlier rollback of ours is nobody's manifest",
     ENTRY("tidegate", "Update", "'f:spec':{" TEMPLATE("old") "}"),
     ENTRY("tidegate", "Update", "'f:spec':{" TEMPLATE("old") "}"), ""},
    {"one of our name that applies is somebody else",
     ENTRY("tidegate", "Apply", "'f:spec':{" TEMPLATE("old") "}"),
     ENTRY("tidegate", "Apply", "'f:spec':{" TEMPLATE("new") "}"),
     ENTRY("tidegate", "Apply", "'f:spec':{" TEMPLATE("old") "}")},
};

static void gives_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char healthy[2048], now[2048], after[2048];
        yyjson_doc *then_doc, *now_doc, *after_doc;
        struct arena arena;
        struct view text;
        yyjson_val *then, *current, *wanted;
        json_t *patch, *expected;
        char *list;

        arena_init(&arena, 1 << 20);
        snprintf(healthy, sizeof(healthy), WORKLOAD("%s"), cases[i].healthy);
        snprintf(now, sizeof(now), WORKLOAD("%s"), cases[i].now);
        snprintf(after, sizeof(after), "[%s]", cases[i].after);
        then = parse(healthy, &then_doc);
        current = parse(now, &now_doc);
        wanted = parse(after, &after_doc);
        text = field_owners_text(then, VIEW("h1"), &arena);
        assert_null(field_owners_parse(text, VIEW("h2"), &arena));
        patch = field_owners_patch(current, field_owners_parse(text, VIEW("h1"), &arena));
        list = yyjson_val_write(wanted, 0, NULL);
        expected = json_loads(list, 0, NULL);
        free(list);
        if (!json_equal(json_object_get(json_array_get(patch, 2), "value"), expected))
            fail_msg("%s: %s", cases[i].name, patch ? json_dumps(patch, 0) : "none");
        assert_string_equal(json_string_value(json_object_get(json_array_get(patch, 2), "path")),
                            "/metadata/managedFields");
        json_decref(patch);
        json_decref(expected);
        yyjson_doc_free(then_doc);
        yyjson_doc_free(now_doc);
        yyjson_doc_free(after_doc);
        arena_release(&arena);
    }
}

#define APPLIED(text)                                                                              \
    "{'metadata':{'annotations':{'kubectl.kubernetes.io/last-applied-configuration':'" text "'}}}"

/* Backquotes are the quotes within. */
static yyjson_val *parse_applied(const char *text, yyjson_doc **doc)
{
    char out[1024];
    size_t n = 0;

    for (; *text; text++) {
        if (*text == '`')
            out[n++] = '\\';
        out[n++] = *text == '`' ? '"' : *text;
    }
    out[n] = '\0';
    return parse(out, doc);
}

static void merges_what_kubectl_applied(void **state)
{
    static const struct {
        const char *healthy, *now, *after;
        bool annotations;
    } table[] = {
        {APPLIED("{`metadata`:{`annotations`:{`a`:`1`}},`spec`:{`replicas`:1,`template`:{`a`:1}}}"),
         APPLIED("{`metadata`:{`annotations`:{`b`:`1`}},`spec`:{`replicas`:2,`template`:{`b`:1}}}"),
         "{\"metadata\":{\"annotations\":{\"b\":\"1\"}},\"spec\":{\"replicas\":2,\"template\":{"
         "\"a\":1}}}",
         false},
        {APPLIED("{`metadata`:{`annotations`:{`a`:`1`}},`spec`:{`template`:{`a`:1}}}"),
         APPLIED("{`metadata`:{`annotations`:{`b`:`1`}},`spec`:{`template`:{`b`:1}}}"),
         "{\"metadata\":{\"annotations\":{\"a\":\"1\"}},\"spec\":{\"template\":{\"a\":1}}}", true},
        {APPLIED("{`metadata`:{},`spec`:{`template`:{`a`:1}}}"), "{'metadata':{}}", "", true},
        {"{'metadata':{}}", APPLIED("{`metadata`:{},`spec`:{`template`:{`b`:1}}}"), "", true},
        {APPLIED("{`spec`:{`template`:{`a`:1}}}"), APPLIED("{`spec`:{`template`:{`b`:1}}}"), "",
         true},
        {APPLIED("{`spec`:{`template`:{`a`:1}}}"), APPLIED("no JSON"), "", true},
        {APPLIED("{`spec`:{`template`:{`a`:1}}}"), APPLIED("[1]"), "", true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        yyjson_doc *then_doc, *now_doc;
        struct arena arena;
        struct view text;

        arena_init(&arena, 1 << 20);
        text = field_owners_text(parse_applied(table[i].healthy, &then_doc), VIEW("h"), &arena);
        text = field_owners_last_applied(parse_applied(table[i].now, &now_doc),
                                         field_owners_parse(text, VIEW("h"), &arena),
                                         table[i].annotations, &arena);
        if (!view_eq_str(text, table[i].after))
            fail_msg("%zu: %.*s", i, VIEW_ARGS(text));
        yyjson_doc_free(then_doc);
        yyjson_doc_free(now_doc);
        arena_release(&arena);
    }
}

#define HELM(more)                                                                                 \
    "{'metadata':{'annotations':{'meta.helm.sh/release-name':'web',"                               \
    "'meta.helm.sh/release-namespace':'shop'},'managedFields':[" more "]}}"
#define WROTE(who, operation, time)                                                                \
    "{'manager':'" who "','operation':'" operation "','time':'" time "','fieldsV1':{'f:spec':{"    \
    "'f:template':{}}}}"

static void knows_a_release_that_is_out_of_reach(void **state)
{
    static const struct {
        const char *workload, *release;
    } table[] = {
        {HELM(WROTE("helm", "Update", "1")), "shop/web"},
        {HELM(WROTE("helm", "Apply", "1")), ""},
        {HELM(WROTE("helm", "Update", "1") "," WROTE("kubectl-set", "Update", "2")), ""},
        {HELM(WROTE("helm", "Update", "2") "," WROTE("kubectl-set", "Update", "1")), "shop/web"},
        {HELM(WROTE("helm-controller", "Update", "1")), ""},
        {HELM(""), ""},
        {"{'metadata':{'managedFields':[" WROTE("helm", "Update", "1") "]}}", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        yyjson_doc *doc;
        struct arena arena;
        struct view release;

        arena_init(&arena, 1 << 16);
        release = field_owners_helm_release(parse(table[i].workload, &doc), &arena);
        if (!view_eq_str(release, table[i].release))
            fail_msg("%zu: %.*s", i, VIEW_ARGS(release));
        yyjson_doc_free(doc);
        arena_release(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_back),
        cmocka_unit_test(merges_what_kubectl_applied),
        cmocka_unit_test(knows_a_release_that_is_out_of_reach),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
