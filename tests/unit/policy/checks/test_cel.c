#include "policy/limits.h"
#include "unit/policy/check_fixture.h"

#define RULES                                                                                      \
    "apiVersion: tidegate.dev/v1alpha1\nkind: Policy\nmetadata: {name: p}\nspec:\n"                \
    "  match: {%s}\n  rules:\n    - id: r\n"
#define CONTAINERS_OF(list) "{\"spec\":{\"template\":{\"spec\":{\"containers\":" list "}}}}"

enum { NOW = 1700000000 };

/* One expression over one Deployment. */
static const struct {
    const char *name, *expression, *object;
    const char *found; /* of each finding, "path=value "; "" when it holds; or "?why" */
} cases[] = {
    {"it holds", "object.spec.replicas >= 3", "{\"spec\":{\"replicas\":3}}", ""},
    {"a comparison", "object.spec.replicas >= 3", "{\"spec\":{\"replicas\":2}}",
     "spec.replicas=2 "},
    {"has", "has(object.spec.paused)", "{\"spec\":{}}", "spec.paused=nothing "},
    {"an optional", "object.?spec.?paused.orValue(false) == true", "{\"spec\":{}}",
     "spec.paused=nothing "},
    {"both of two", "object.spec.a == 1 && object.spec.b == 1", "{\"spec\":{\"a\":2,\"b\":3}}",
     "spec.a=2 spec.b=3 "},
    {"the one that is false", "object.spec.a == 1 && object.spec.b == 1",
     "{\"spec\":{\"a\":1,\"b\":3}}", "spec.b=3 "},
    {"neither of two of one", "!has(object.spec.a) || object.spec.a == 1", "{\"spec\":{\"a\":2}}",
     "spec.a=2 "},
    {"not", "!(object.spec.a == 1 || object.spec.b == 1)", "{\"spec\":{\"a\":2,\"b\":1}}",
     "spec.b=1 "},
    {"a choice", "has(object.spec.a) ? object.spec.a > 1 : object.spec.b > 1",
     "{\"spec\":{\"b\":1}}", "spec.b=1 "},
    {"one against another", "object.spec.a < object.spec.b", "{\"spec\":{\"a\":2,\"b\":1}}",
     "spec.a=spec.a 2, spec.b 1 "},
    {"a key in brackets", "object.metadata.labels['a.b/c'] == 'x'",
     "{\"metadata\":{\"labels\":{\"a.b/c\":\"y\"}}}", "metadata.labels[a.b/c]=\"y\" "},
    {"an element without a name", "object.spec.a.all(x, x > 1)", "{\"spec\":{\"a\":[2,1,0]}}",
     "spec.a[1]=1 spec.a[2]=0 "},
    {"elements with names", "object.spec.a.all(x, x.b == 1)",
     "{\"spec\":{\"a\":[{\"name\":\"n\",\"b\":2}]}}", "spec.a[n].b=2 "},
    {"with what an optional has not", "object.spec.?a.orValue([]).all(x, x > 1)",
     "{\"spec\":{\"a\":[1]}}", "spec.a[0]=1 "},
    {"an element, when it is several fields", "object.spec.a.all(x, x.b < x.c)",
     "{\"spec\":{\"a\":[{\"b\":2,\"c\":1}]}}", "spec.a[0]=spec.a[0].b 2, spec.a[0].c 1 "},
    {"none of a list", "object.spec.a.exists(x, x == 1)", "{\"spec\":{\"a\":[2]}}",
     "spec.a=a list of 1 "},
    {"one of a list that may not", "!object.spec.a.exists(x, x == 1)", "{\"spec\":{\"a\":[2,1]}}",
     "spec.a[1]=1 "},
    {"each in each", "object.spec.a.all(x, x.b.all(y, y > 1))",
     "{\"spec\":{\"a\":[{\"b\":[1]},{\"b\":[2,0]}]}}", "spec.a[0].b[0]=1 spec.a[1].b[1]=0 "},
    {"keys of a map", "object.spec.a.all(k, k != 'x')", "{\"spec\":{\"a\":{\"x\":1}}}",
     "spec.a.x=1 "},
    {"two variables", "object.spec.a.all(i, x, x > i)", "{\"spec\":{\"a\":[1,1]}}", "spec.a[1]=1 "},
    {"an index", "object.spec.a[1] == 1", "{\"spec\":{\"a\":[1,2]}}", "spec.a[1]=2 "},
    {"of nothing", "1 > 2", "{}", "=false "},
    {"of nothing, in each", "[1, 2].all(x, x > 2)", "{}", "=false "},
    {"of the request", "request.userInfo.username != 'alice'", "{}",
     "request.userInfo.username=alice "},
    {"the namespace", "namespaceObject.metadata.name == 'x'", "{}",
     "namespaceObject.metadata.name= "},

    /* Ours. */
    {"pod", "pod.spec.hostNetwork != true",
     "{\"spec\":{\"template\":{\"spec\":{\"hostNetwork\":true}}}}",
     "spec.template.spec.hostNetwork=true "},
    {"containers", "containers.all(c, c.image != 'x')",
     CONTAINERS_OF("[{\"name\":\"a\",\"image\":\"y\"},{\"name\":\"b\",\"image\":\"x\"}],"
                   "\"initContainers\":[{\"name\":\"c\",\"image\":\"x\"}]"),
     "spec.template.spec.containers[b].image=x spec.template.spec.initContainers[c].image=x "},
    {"their kind", "containers.all(c, c.kind == 'initContainer' || c.image != 'x')",
     CONTAINERS_OF("[{\"name\":\"b\",\"image\":\"x\"}],"
                   "\"initContainers\":[{\"name\":\"c\",\"image\":\"x\"}]"),
     "spec.template.spec.containers[b]=spec.template.spec.containers[b].kind nothing, "
     "spec.template.spec.containers[b].image x "},
    {"image", "containers.all(c, image(c.image).registry == 'ghcr.io')",
     CONTAINERS_OF("[{\"name\":\"b\",\"image\":\"nginx\"}]"),
     "spec.template.spec.containers[b].image=nginx "},
    {"its parts",
     "image('nginx').tag == 'latest' && image('ghcr.io/a/b:1').repository == 'a/b' && "
     "!has(image('nginx').digest)",
     "{}", ""},

    /* What has no value is not true. */
    {"no such key", "object.spec.replicas >= 3", "{\"spec\":{}}",
     "?\"object.spec.replicas >= 3\" has no value: no such key: replicas"},
    {"of another type", "object.spec.replicas >= 3", "{\"spec\":{\"replicas\":\"3\"}}",
     "?\"object.spec.replicas >= 3\" has no value: no such overload"},
    {"not an image", "image(object.spec.a).tag == '1'", "{\"spec\":{\"a\":\"A\"}}",
     "?\"image(object.spec.a).tag == '1'\" has no value: \"A\" is not an image reference: "
     "its repository must be in lower case"},
    {"labels that are not known", "namespaceObject.metadata.labels.a == 'b'", "{}",
     "?\"namespaceObject.metadata.labels.a == 'b'\" has no value: \"labels\" of the namespace is "
     "not "
     "known here"},
    {"a bool by its type alone", "([true] + object.spec.a)[1]", "{\"spec\":{\"a\":[\"text\"]}}",
     "?\"([true] + object.spec.a)[1]\" has no value: it has to be a bool, and is of type string"},
    {"absorbed", "object.spec.replicas >= 3 || true", "{\"spec\":{}}", ""},
};

static const char *rules_of(const char *match, const char *rest)
{
    static struct buf text;

    buf_release(&text);
    buf_init(&text, 1 << 20);
    buf_printf(&text, RULES, match);
    buf_add_str(&text, rest);
    return text.p;
}

static const char *findings(struct fixture *f, const struct ask *a)
{
    struct request request;
    struct verdict v = fixture_ask(f, fixture_request(f, a).p, NOW, &request);
    struct view text = VIEW("");

    if (!v.first)
        return "";
    if (v.first->status == RULE_UNANSWERED)
        return arena_printf(&f->arena, "?%.*s", VIEW_ARGS(v.first->error)).p;
    for (const struct finding *i = v.first->findings; i; i = i->next)
        text = arena_printf(&f->arena, "%.*s%.*s=%.*s ", VIEW_ARGS(text), VIEW_ARGS(i->path),
                            VIEW_ARGS(i->found));
    return text.p;
}

static void what_is_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct ask ask = {.object = cases[i].object};
        char rule[1024];
        struct fixture f;

        snprintf(rule, sizeof(rule), "      cel: [{expression: \"%s\"}]\n", cases[i].expression);
        fixture_open(&f, rules_of("operations: [CREATE]", rule));
        if (strcmp(findings(&f, &ask), cases[i].found) != 0)
            fail_msg("%s: %s", cases[i].name, findings(&f, &ask));
        fixture_close(&f);
    }
}

/* One rule over an object as it was and as it is. */
static const struct {
    const char *name, *rule, *old, *now;
    const char *verdict; /* as fixture_rules has it */
} updates[] = {
    {"made worse", "cel: [{expression: object.spec.replicas >= 3}]", "{\"spec\":{\"replicas\":3}}",
     "{\"spec\":{\"replicas\":2}}", "r"},
    {"left as it was", "cel: [{expression: object.spec.replicas >= 3}]",
     "{\"spec\":{\"replicas\":2}}", "{\"spec\":{\"replicas\":2,\"paused\":true}}", "e:r"},
    {"worse than it was", "cel: [{expression: object.spec.replicas >= 3}]",
     "{\"spec\":{\"replicas\":2}}", "{\"spec\":{\"replicas\":1}}", "r"},
    {"held all the same", "existing: deny\n      cel: [{expression: object.spec.replicas >= 3}]",
     "{\"spec\":{\"replicas\":2}}", "{\"spec\":{\"replicas\":2}}", "r"},
    {"before it had no value", "cel: [{expression: object.spec.replicas >= 3}]", "{\"spec\":{}}",
     "{\"spec\":{\"replicas\":2}}", "r"},
    {"one field of two is another", "cel: [{expression: object.spec.a < object.spec.b}]",
     "{\"spec\":{\"a\":2,\"b\":1}}", "{\"spec\":{\"a\":2,\"b\":0}}", "r"},
    {"both are as they were", "cel: [{expression: object.spec.a < object.spec.b}]",
     "{\"spec\":{\"a\":2,\"b\":1}}", "{\"spec\":{\"a\":2,\"b\":1,\"c\":1}}", "e:r"},
    {"one more element", "cel: [{expression: 'object.spec.a.all(x, x > 1)'}]",
     "{\"spec\":{\"a\":[1]}}", "{\"spec\":{\"a\":[1,0]}}", "r"},
    {"an element that moved", "cel: [{expression: 'object.spec.a.all(x, x > 1)'}]",
     "{\"spec\":{\"a\":[1]}}", "{\"spec\":{\"a\":[2,1]}}", "e:r"},
    {"the path of the author", "cel: [{expression: object.spec.a == 1, path: spec.b}]",
     "{\"spec\":{\"a\":2,\"b\":1}}", "{\"spec\":{\"a\":2,\"b\":1}}", "e:r"},
    {"what the write does", "cel: [{expression: object.spec.a == oldObject.spec.a}]",
     "{\"spec\":{\"a\":1}}", "{\"spec\":{\"a\":2}}", "r"},
    {"what was false hides nothing that has no value",
     "cel: [{expression: object.spec.a == 1}, {expression: object.spec.b == 1}]",
     "{\"spec\":{\"a\":2,\"b\":1}}", "{\"spec\":{\"a\":2}}", "r"},
    {"who writes", "cel: [{expression: request.userInfo.username != 'alice'}]", "{\"spec\":{}}",
     "{\"spec\":{}}", "r"},

    {"it does not apply", "when: has(object.spec.a)\n      cel: [{expression: 'false'}]",
     "{\"spec\":{}}", "{\"spec\":{}}", ""},
    {"it applies from now on",
     "when: has(object.spec.a)\n      cel: [{expression: object.spec.b == 1}]",
     "{\"spec\":{\"b\":2}}", "{\"spec\":{\"a\":1,\"b\":2}}", "r"},
    {"it applied before", "when: has(object.spec.a)\n      cel: [{expression: object.spec.b == 1}]",
     "{\"spec\":{\"a\":0,\"b\":2}}", "{\"spec\":{\"a\":1,\"b\":2}}", "e:r"},
    {"nobody knows whether it applies",
     "when: object.spec.a == 1\n      fields: [{path: spec.b, absent: true}]", "{\"spec\":{}}",
     "{\"spec\":{}}", "r"},
    {"when it is not a bool",
     "when: '([true] + object.spec.a)[1]'\n      onError: allow\n      fields: [{path: spec.b, "
     "absent: "
     "true}]",
     "{}", "{\"spec\":{\"a\":[\"text\"]}}", "u:r"},
    {"and it may",
     "when: object.spec.a == 1\n      onError: allow\n      fields: [{path: spec.b, absent: true}]",
     "{\"spec\":{}}", "{\"spec\":{}}", "u:r"},
};

static void what_an_update_leaves(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(updates) / sizeof(updates[0]); i++) {
        struct ask ask = {.object = updates[i].now, .old = updates[i].old};
        char rule[1024];
        struct fixture f;

        snprintf(rule, sizeof(rule), "      %s\n", updates[i].rule);
        fixture_open(&f, rules_of("namespaces: [shop]", rule));
        if (strcmp(fixture_rules(&f, &ask, NOW), updates[i].verdict) != 0)
            fail_msg("%s: %s", updates[i].name, fixture_rules(&f, &ask, NOW));
        fixture_close(&f);
    }
}

static const struct {
    const char *name, *rule, *scale;
    const char *verdict;
} scales[] = {
    {"enough", "cel: [{expression: object.spec.replicas >= 3}]", "{\"spec\":{\"replicas\":3}}", ""},
    {"too few", "cel: [{expression: object.spec.replicas >= 3}]", "{\"spec\":{\"replicas\":2}}",
     "r"},
    {"none", "onError: allow\n      cel: [{expression: object.spec.replicas >= 3}]",
     "{\"spec\":{}}", "r"},
    {"what a Scale has not", "cel: [{expression: has(object.spec.paused)}]",
     "{\"spec\":{\"replicas\":2}}", ""},
    {"containers", "cel: [{expression: size(containers) > 0}]", "{\"spec\":{\"replicas\":2}}", ""},
    {"when it is unknown",
     "when: has(object.spec.paused)\n      fields: [{path: spec.replicas, min: 3}]",
     "{\"spec\":{\"replicas\":2}}", "r"},
    {"when it makes no difference",
     "when: has(object.spec.paused)\n      fields: [{path: spec.replicas, min: 3}]",
     "{\"spec\":{\"replicas\":3}}", ""},
};

static void a_scale_has_replicas_and_a_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(scales) / sizeof(scales[0]); i++) {
        struct ask ask = {.operation = "UPDATE",
                          .kind = "Scale",
                          .group = "apps",
                          .resource = "deployments",
                          .subresource = "scale",
                          .object = scales[i].scale};
        char rule[512];
        struct fixture f;

        snprintf(rule, sizeof(rule), "      match: {kinds: [Deployment]}\n      %s\n",
                 scales[i].rule);
        fixture_open(&f, rules_of("namespaces: [shop]", rule));
        if (strcmp(fixture_rules(&f, &ask, NOW), scales[i].verdict) != 0)
            fail_msg("%s: %s", scales[i].name, fixture_rules(&f, &ask, NOW));
        fixture_close(&f);
    }
}

/* On DELETE there is no object, as in Kubernetes, and the pod is that of the old one. */
static void what_is_deleted(void **state)
{
    static const char old[] = CONTAINERS_OF("[{\"name\":\"a\"}]");
    struct ask ask = {.operation = "DELETE", .old = old};
    struct fixture f;

    (void)state;
    fixture_open(&f, rules_of("operations: [DELETE]",
                              "      cel:\n"
                              "        - expression: object == null && has(oldObject.spec)\n"
                              "        - expression: containers[0].name == 'b'\n"));
    assert_string_equal(findings(&f, &ask), "spec.template.spec.containers[a].name=a ");
    fixture_close(&f);
}

static bool labels_of(void *ctx, struct view name, struct yyjson_val **labels)
{
    (void)name;
    *labels = ctx;
    return true;
}

static void the_labels_of_a_namespace(void **state)
{
    yyjson_doc *doc = yyjson_read("{\"a\":\"b\"}", 9, 0);
    struct ask ask = {.object = "{}"}, nowhere = {.object = "{}", .kind = "Node", .namespace_ = ""};
    struct fixture f;

    (void)state;
    fixture_open(&f, rules_of("operations: [CREATE]",
                              "      cel:\n        - expression: namespaceObject == null || "
                              "namespaceObject.metadata.labels.a != 'b'\n"));
    f.cluster_view.namespace_labels = labels_of;
    f.cluster_view.ctx = yyjson_doc_get_root(doc);
    assert_string_equal(fixture_rules(&f, &ask, NOW), "r");
    assert_string_equal(fixture_rules(&f, &nowhere, NOW), "");
    fixture_close(&f);
    yyjson_doc_free(doc);
}

/* The author's words, those of an expression, and the expression when that has none. */
static void what_is_needed(void **state)
{
    static const char *const entries[][2] = {
        {"expression: object.spec.a == 1, message: \"one\"", "one"},
        {"expression: object.spec.a == 1, messageExpression: \"'not ' + string(object.spec.a)\"",
         "not 2"},
        {"expression: object.spec.a == 1, message: one, messageExpression: object.spec.b + ''",
         "one"},
        {"expression: object.spec.a == 1, messageExpression: \"'a\\\\nb'\"", "object.spec.a == 1"},
        {"expression: \"object.spec.a\\n   ==\\n 1\"", "object.spec.a == 1"},
        {"expression: object.spec.a == 1, path: 'spec.b', message: one", "one"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++) {
        struct ask ask = {.object = "{\"spec\":{\"a\":2,\"b\":3}}"};
        struct request request;
        struct verdict v;
        struct fixture f;
        char rule[512];

        snprintf(rule, sizeof(rule), "      cel: [{%s}]\n", entries[i][0]);
        fixture_open(&f, rules_of("operations: [CREATE]", rule));
        v = fixture_ask(&f, fixture_request(&f, &ask).p, NOW, &request);
        assert_non_null(v.first);
        assert_string_equal(arena_str(&f.arena, v.first->findings->needs), entries[i][1]);
        fixture_close(&f);
    }
}

/* It costs about 7 units for each pair. */
#define COSTLY "      cel: [{expression: 'object.spec.a.all(x, object.spec.b.all(y, x != y))'}]\n"

static const char *lists(struct fixture *f, size_t a, size_t b)
{
    struct buf out;
    const char *text;

    buf_init(&out, 1 << 20);
    buf_add_str(&out, "{\"spec\":{\"a\":[0");
    for (size_t i = 1; i < a; i++)
        buf_add_str(&out, ",0");
    buf_add_str(&out, "],\"b\":[1");
    for (size_t i = 1; i < b; i++)
        buf_add_str(&out, ",1");
    buf_add_str(&out, "]}}");
    text = arena_str(&f->arena, buf_view(&out));
    buf_release(&out);
    return text;
}

/* LIMIT_CEL_COST: what ends an evaluation is unanswered, and neither true nor false. */
static void what_costs_too_much(void **state)
{
    struct fixture f;
    size_t low = 1, high = 4000;

    (void)state;
    fixture_open(&f, rules_of("operations: [CREATE]", COSTLY));
    while (low + 1 < high) { /* how long the list may be */
        size_t middle = (low + high) / 2;
        struct ask ask = {.object = lists(&f, middle, 100)};

        if (*findings(&f, &ask))
            high = middle;
        else
            low = middle;
    }
    assert_in_range(low * 100, LIMIT_CEL_COST / 8, LIMIT_CEL_COST / 6);
    assert_non_null(
        strstr(findings(&f, &(struct ask){.object = lists(&f, high, 100)}), "cost limit exceeded"));
    fixture_close(&f);
}

/* LIMIT_CEL_RULE_COST: all expressions of one rule together. */
static void what_costs_too_much_together(void **state)
{
    enum { NEARLY = LIMIT_CEL_RULE_COST / LIMIT_CEL_COST };
    (void)state;
    for (size_t count = NEARLY; count <= NEARLY + 2; count += 2) {
        struct fixture f;
        struct buf text;
        const char *found;

        buf_init(&text, 1 << 20);
        buf_add_str(&text, "      cel:\n");
        for (size_t i = 0; i < count; i++)
            buf_add_str(&text, "        - expression: "
                               "'object.spec.a.all(x, object.spec.b.all(y, x != y))'\n");
        fixture_open(&f, rules_of("operations: [CREATE]", text.p));
        found = findings(&f, &(struct ask){.object = lists(&f, 1400, 100)});
        if (count == NEARLY)
            assert_string_equal(found, "");
        else
            assert_non_null(strstr(found, "cost limit exceeded"));
        buf_release(&text);
        fixture_close(&f);
    }
}

/* A false expression is told, though another has no value. */
static void what_is_false_and_what_is_unknown(void **state)
{
    struct ask ask = {.object = "{\"spec\":{\"a\":2}}"};
    struct verdict v;
    struct fixture f;

    (void)state;
    fixture_open(&f,
                 rules_of("operations: [CREATE]", "      onError: allow\n      cel:\n"
                                                  "        - expression: object.spec.b == 1\n"
                                                  "        - expression: object.spec.a == 1\n"));
    assert_non_null(strstr(fixture_denial(&f, &ask, NOW, &v),
                           "note   \"object.spec.b == 1\" has no value: no such key: b"));
    fixture_close(&f);
}

/* Neither an expression nor a message that costs too much lets pass what is false. */
static void what_is_false_whatever_it_costs(void **state)
{
    static const char *const rules[] = {
        "        - expression: object.spec.a == null\n"
        "        - expression: 'object.spec.a.all(x, object.spec.b.all(y, x != y))'\n",
        "        - expression: object.spec.a == null\n"
        "          messageExpression: \"object.spec.a.all(x, object.spec.b.all(y, x != y)) ? 'm' : "
        "'n'\"\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        struct fixture f;
        struct ask ask;
        char rule[1024];

        snprintf(rule, sizeof(rule), "      onError: allow\n      cel:\n%s", rules[i]);
        fixture_open(&f, rules_of("operations: [CREATE]", rule));
        ask = (struct ask){.object = lists(&f, 4000, 100)};
        assert_string_equal(fixture_rules(&f, &ask, NOW), "r");
        fixture_close(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_found),
        cmocka_unit_test(what_an_update_leaves),
        cmocka_unit_test(a_scale_has_replicas_and_a_name),
        cmocka_unit_test(what_is_deleted),
        cmocka_unit_test(the_labels_of_a_namespace),
        cmocka_unit_test(what_is_needed),
        cmocka_unit_test(what_costs_too_much),
        cmocka_unit_test(what_costs_too_much_together),
        cmocka_unit_test(what_is_false_and_what_is_unknown),
        cmocka_unit_test(what_is_false_whatever_it_costs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
