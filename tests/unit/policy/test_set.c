#include "policy/set.h"

#include "base/buf.h"
#include "base/diag.h"
#include "cmocka_all.h"
#include "unit/policy/rules_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define HEAD "apiVersion: tidegate.dev/v1alpha1\nkind: "
#define ENVIRONMENT(name)                                                                          \
    HEAD "Environment\nmetadata: {name: " name "}\nspec: {namespaces: [" name "]}\n"
#define POLICY(name, environment)                                                                  \
    HEAD "Policy\nmetadata: {name: " name "}\nspec:\n"                                             \
         "  match: {environments: [" environment "]}\n"                                            \
         "  rules: [{id: r, fields: [{path: spec, exists: true}]}]\n"

enum { MOST = 4 };

/* What comes of a directory with one file `a.yaml` (NULL: no directory) and of texts by name. */
static const struct {
    const char *name, *file;
    struct {
        const char *name, *text;
    } texts[MOST];
    const char *policies; /* their names, in order; NULL: it does not compile */
    const char *problem;  /* with "DIR" for the directory */
} cases[] = {
    {"a file alone", ENVIRONMENT("e") "---\n" POLICY("p", "e"), {{NULL, NULL}}, "p ", ""},
    {"texts alone, in their order",
     NULL,
     {{"configmap/z/a.yaml", POLICY("z", "e")},
      {"configmap/b/a.yml", POLICY("b", "e")},
      {"configmap/b/e.json",
       "{\"apiVersion\": \"tidegate.dev/v1alpha1\", \"kind\": \"Environment\", "
       "\"metadata\": {\"name\": \"e\"}, \"spec\": {\"namespaces\": [\"e\"]}}"}},
     "z b ",
     ""},
    {"the file first, and what names what is in the other",
     POLICY("file", "e"),
     {{"configmap/a/a.yaml", ENVIRONMENT("e") "---\n" POLICY("text", "e")}},
     "file text ",
     ""},
    {"one name in both",
     ENVIRONMENT("e") "---\n" POLICY("p", "e"),
     {{"configmap/a/a.yaml", POLICY("p", "e")}},
     NULL,
     "configmap/a/a.yaml:3:18: error: Policy \"p\" is there twice, first in DIR/a.yaml line 6\n"
     "  | metadata: {name: p}\n"
     "  |                  ^\n"
     "1 error\n"},
    {"a mistake in a text has its place",
     NULL,
     {{"configmap/a/a.yaml", POLICY("p", "f")}, {"configmap/b/a.yaml", ENVIRONMENT("e")}},
     NULL,
     "configmap/a/a.yaml:5:26: error: unknown environment \"f\"\n"
     "  |   match: {environments: [f]}\n"
     "  |                          ^\n"
     "  = accepted here: e\n"
     "1 error\n"},
    {"no rule file",
     ENVIRONMENT("e") "---\n" POLICY("p", "e"),
     {{"configmap/a.yaml/README", "x"},
      {"configmap/a/.yaml", "x"},
      {"configmap/a/binary.yaml", NULL}},
     NULL,
     "configmap/a.yaml/README: error: this is not a rule file\n"
     "  = give it a name that ends in .yaml, .yml or .json\n"
     "configmap/a/.yaml: error: this is not a rule file\n"
     "  = give it a name that ends in .yaml, .yml or .json\n"
     "configmap/a/binary.yaml: error: this is not UTF-8 text\n"
     "3 errors\n"},
    {"an empty text is not a mistake",
     ENVIRONMENT("e") "---\n" POLICY("p", "e"),
     {{"configmap/a/a.yaml", ""}},
     "p ",
     ""},
    {"no rule at all",
     NULL,
     {{"configmap/a/a.yaml", ENVIRONMENT("e")}},
     NULL,
     "everything: error: there is no Policy and no RolloutGuard in it\n1 error\n"},
    {"nothing at all",
     NULL,
     {{NULL, NULL}},
     NULL,
     "everything: error: there is no Policy and no RolloutGuard in it\n1 error\n"},
};

/* Replaces the directory's name by DIR. */
static void write_problem(const struct diags *diags, const char *directory, struct buf *out)
{
    struct buf text;
    struct view rest;
    const char *at;

    buf_init(&text, 1 << 20);
    diags_write(diags, &text);
    buf_add_char(&text, '\0');
    for (rest = buf_view(&text); (at = strstr(rest.p, directory));
         rest.p = at + strlen(directory)) {
        buf_add(out, (struct view){rest.p, (size_t)(at - rest.p)});
        buf_add_str(out, "DIR");
    }
    buf_add_str(out, rest.p);
    buf_release(&text);
}

static void assert_case(size_t i, const char *directory)
{
    struct source texts[MOST];
    struct policy_sources from = {.paths =
                                      cases[i].file ? (const char *const[]){directory, NULL} : NULL,
                                  .texts = texts,
                                  .whole = "everything"};
    struct policy_set *set = NULL;
    struct diags diags;
    struct buf said, names;
    int status;

    for (size_t k = 0; k < MOST && cases[i].texts[k].name; k++)
        texts[from.text_count++] = (struct source){.name = view_of(cases[i].texts[k].name),
                                                   .text = view_of(cases[i].texts[k].text)};
    diags_init(&diags, NULL);
    buf_init(&said, 1 << 20);
    buf_init(&names, 1 << 20);
    status = policy_set_load(&from, &diags, &set);
    write_problem(&diags, directory, &said);
    assert_non_null(set);
    for (size_t k = 0; k < set->policy_count; k++)
        buf_printf(&names, "%.*s ", VIEW_ARGS(set->policies[k].name));
    if (status != (cases[i].policies ? 0 : -1) || !view_eq_str(buf_view(&said), cases[i].problem) ||
        (status == 0 && !view_eq_str(buf_view(&names), cases[i].policies)))
        fail_msg("%s: %d, %.*s\n%.*s", cases[i].name, status, VIEW_ARGS(buf_view(&names)),
                 VIEW_ARGS(buf_view(&said)));
    assert_int_equal(set->text_count, from.text_count);
    for (size_t k = 0; k < set->text_count; k++)
        assert_true(view_eq(set->texts[k].name, from.texts[k].name));
    buf_release(&names);
    buf_release(&said);
    policy_set_release(set);
}

static void files_and_texts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char directory[] = "/tmp/tidegate-test-XXXXXX", path[64];
        FILE *f;

        assert_non_null(mkdtemp(directory));
        snprintf(path, sizeof(path), "%s/a.yaml", directory);
        assert_non_null(f = fopen(path, "w"));
        fputs(cases[i].file ? cases[i].file : "", f);
        fclose(f);
        assert_case(i, directory);
        unlink(path);
        rmdir(directory);
    }
}

/* What no rule reads is not parsed. */
static void assert_reads_managed_fields(const char *rule, bool reads)
{
    bool brace = *rule == '{';
    struct policy_set *set;
    struct buf text;

    buf_init(&text, 4096);
    buf_printf(&text,
               HEAD "Policy\nmetadata: {name: p}\nspec:\n  match: {namespaces: [a]}\n"
                    "  rules:\n    - {id: r, %.*s}\n",
               (int)(strlen(rule) - 2 * brace), rule + brace);
    set = fixture_compile(text.p, NULL);
    if (set->ignores_managed_fields == reads)
        fail_msg("%s", rule);
    policy_set_release(set);
    buf_release(&text);
}

static void a_set_knows_whether_it_reads_managed_fields(void **state)
{
    static const struct {
        const char *path;
        bool reads;
    } paths[] = {
        {"metadata.name", false},
        {"metadata.labels.managedFields", false},
        {"spec.template.metadata.managedFields", false},
        {"managedFields", false},
        {"container.name", false},
        {"container.*", false},
        {"pod.metadata.name", false},
        {"*.labels", false},
        {"metadata", true},
        {"metadata.*", true},
        {"metadata.managedFields", true},
        {"metadata[\"managedFields\"]", true},
        {"metadata.managedFields[*].manager", true},
        {"*.managedFields", true},
        {"*.*", true},
        {"*", true},
        {"pod.metadata.managedFields[*].manager", true},
        {"pod.*.*", true},
    };
    static const struct {
        const char *rule;
        bool reads;
    } rules[] = {
        {"cel: [{expression: \"object.metadata.name == 'a'\"}]", false},
        {"cel: [{expression: \"object.spec == oldObject.spec\"}]", false},
        {"cel: [{expression: \"containers.all(c, has(c.metadata.managedFields))\"}]", false},
        {"cel: [{expression: \"has(object.metadata.managedFields)\"}]", true},
        {"cel: [{expression: \"object.metadata == oldObject.metadata\"}]", true},
        {"cel: [{expression: \"object['meta' + 'data'].size() > 0\"}]", true},
        {"cel: [{expression: \"pod.metadata.managedFields[0].manager == 'a'\"}]", true},
        {"cel: [{expression: object.a == 1, messageExpression: string(object.metadata)}]", true},
        {"cel: [{expression: object.a == 1, path: metadata.managedFields}]", true},
        {"{when: object.a == 1, images: {digest: required}}", false},
        {"{when: dyn(object).size() == 1, images: {digest: required}}", true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
        assert_reads_managed_fields(rules[i].rule, rules[i].reads);
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        struct source source = {.name = VIEW("configmap/a/a.yaml")};
        const struct policy_sources from = {.texts = &source, .text_count = 1, .starting = true};
        struct policy_set *set = NULL;
        struct diags diags;
        struct buf text;

        buf_init(&text, 4096);
        buf_printf(&text,
                   HEAD "Policy\nmetadata: {name: p}\nspec:\n"
                        "  match: {namespaces: [a]}\n"
                        "  rules:\n"
                        "    - {id: a, images: {digest: required}}\n"
                        "    - {id: b, podSecurity: {controls: [runAsUser]}}\n"
                        "    - {id: c, resources: {require: [limits.cpu]}}\n"
                        "    - {id: d, approval: {approvers: {groups: [a]}, validFor: 1h}}\n"
                        "    - {id: e, freeze: {deny: [{schedule: \"0 8 * * *\", duration: 1h}],"
                        " timeZone: Europe/Paris}}\n"
                        "    - id: r\n"
                        "      fields: [{path: spec, exists: true}, {path: '%s', exists: true}]\n",
                   paths[i].path);
        source.text = buf_view(&text);
        diags_init(&diags, NULL);
        assert_int_equal(policy_set_load(&from, &diags, &set), 0);
        if (set->ignores_managed_fields == paths[i].reads)
            fail_msg("%s", paths[i].path);
        policy_set_release(set);
        buf_release(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_and_texts),
        cmocka_unit_test(a_set_knows_whether_it_reads_managed_fields),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
