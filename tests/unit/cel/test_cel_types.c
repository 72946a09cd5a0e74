#include "cel/authorizer.h"
#include "cel_test.h"
#include "cmocka_all.h"

/* A Deployment whose fields are known, and `variables`, made as they are asked for. */

static const struct cel_type *spec_field(const struct cel_type *object, struct view name)
{
    (void)object;
    if (view_eq(name, VIEW("replicas")))
        return &cel_type_int;
    return view_eq(name, VIEW("paused")) ? &cel_type_bool : NULL;
}

static const char *spec_name(const struct cel_type *object, size_t i)
{
    static const char *const names[] = {"replicas", "paused", NULL};

    (void)object;
    return names[i];
}

static const struct cel_fields spec_fields = {spec_field, spec_name};
static const struct cel_type spec_type = {
    .kind = CEL_TYPE_OBJECT, .name = "DeploymentSpec", .fields = &spec_fields};

static const struct cel_type *object_field(const struct cel_type *object, struct view name)
{
    (void)object;
    return view_eq(name, VIEW("spec")) ? &spec_type : NULL;
}

static const struct cel_fields object_fields = {object_field, NULL};
static const struct cel_type object_type = {
    .kind = CEL_TYPE_OBJECT, .name = "Deployment", .fields = &object_fields};

struct variables {
    struct cel_object object;
    unsigned *asked;
};

static bool variable(const struct cel_object *object, struct view name, struct cel_run *run,
                     struct cel_value *value)
{
    ++*((const struct variables *)object)->asked;
    if (view_eq(name, VIEW("three")))
        *value = cel_int(3);
    else if (view_eq(name, VIEW("broken")))
        *value = cel_fail(run, "it is broken", (struct view){NULL, 0});
    else
        return false;
    return true;
}

static bool same(const struct cel_object *a, const struct cel_object *b)
{
    return a == b;
}

static const struct cel_class variables_class = {
    .name = "variables", .type = &cel_type_dyn, .equal = same, .field = variable};

struct typed {
    struct arena arena;
    char text[1024];
    unsigned asked;
    const char *halted;
};

static const char *evaluate(struct typed *t, const char *expression, const struct cel_type *result)
{
    static const char json[] = "{\"spec\":{\"replicas\":3}}";
    struct cel_variable names[] = {{"object", &object_type},
                                   {"variables", &cel_type_dyn},
                                   {"authorizer", cel_authorizer_type()}};
    struct cel_source source = {view_of(expression), NULL, names, 3, result};
    struct variables variables = {{&variables_class}, &t->asked};
    yyjson_doc *doc = yyjson_read(json, sizeof(json) - 1, 0);
    struct cel_value values[] = {cel_of_json(yyjson_doc_get_root(doc)),
                                 cel_of_object(&variables.object), cel_authorizer()};
    struct cel_run run = {.arena = &t->arena, .variables = values};
    const struct cel_program *program;
    struct cel_issues issues;
    struct buf out;

    t->asked = 0;
    arena_init(&t->arena, CEL_TEST_ARENA);
    source.env = cel_env_create(35, NULL, 0, &t->arena);
    cel_issues_init(&issues, &t->arena);
    program = cel_compile(&source, &t->arena, &issues);
    if (!program) {
        snprintf(t->text, sizeof(t->text), "issue: %.*s (%.*s)", VIEW_ARGS(issues.first->message),
                 VIEW_ARGS(issues.first->hint));
    } else {
        struct cel_value value = cel_eval(program, &run);

        buf_init(&out, sizeof(t->text) - 1);
        if (value.kind != CEL_ERROR)
            cel_write(value, &out);
        else if (!run.halted)
            cel_error_write(value.error, &out);
        snprintf(t->text, sizeof(t->text), "%s%s", run.halted ? run.halted : "",
                 out.p ? out.p : "");
        assert_int_equal(cel_program_reads(program, 0), strstr(expression, "object") != NULL);
        assert_int_equal(cel_program_reads(program, 2), strstr(expression, "authorizer") != NULL);
        buf_release(&out);
    }
    yyjson_doc_free(doc);
    arena_release(&t->arena);
    return t->text;
}

static void fields_have_types(void **state)
{
    struct typed t;

    (void)state;
    assert_string_equal(evaluate(&t, "object.spec.replicas > 2", &cel_type_bool), "true");
    assert_string_equal(evaluate(&t, "has(object.spec.paused)", &cel_type_bool), "false");
    assert_string_equal(evaluate(&t, "object.spec.replica > 2", NULL),
                        "issue: undefined field \"replica\" (did you mean \"replicas\"?)");
    assert_string_equal(evaluate(&t, "has(object.status)", NULL),
                        "issue: undefined field \"status\" ()");
    assert_string_equal(evaluate(&t, "object.spec.replicas.x", NULL),
                        "issue: type \"int\" does not support field selection ()");
    assert_string_equal(evaluate(&t, "object.spec.?paused.orValue(true)", &cel_type_bool), "true");
}

static void result_has_to_be_of_its_type(void **state)
{
    struct typed t;

    (void)state;
    assert_string_equal(evaluate(&t, "object.spec.replicas", &cel_type_bool),
                        "issue: the expression has to be of type \"bool\", but is of type "
                        "\"int\" ()");
    /* As in Kubernetes, what is known only later will not do. */
    assert_string_equal(evaluate(&t, "variables.three", &cel_type_bool),
                        "issue: the expression has to be of type \"bool\", but is of type "
                        "\"dyn\" (write \"== true\" behind it, for it may be anything)");
}

static void variables_are_made_when_they_are_read(void **state)
{
    struct typed t;

    (void)state;
    assert_string_equal(evaluate(&t, "variables.three + variables.three", NULL), "6");
    assert_int_equal(t.asked, 2);
    assert_string_equal(evaluate(&t, "true || variables.three == 3", NULL), "true");
    assert_int_equal(t.asked, 0);
    assert_string_equal(evaluate(&t, "variables.four", NULL), "no such key: four");
    assert_string_equal(evaluate(&t, "variables.broken", NULL), "it is broken");
    assert_string_equal(evaluate(&t, "variables.broken || true", NULL), "true");
    assert_string_equal(evaluate(&t, "has(variables.three)", NULL), "true");
}

static void authorizer_has_no_answer(void **state)
{
    static const char ask[] = "authorizer.group('').resource('pods').check('list').allowed()";
    struct typed t;
    char absorbed[128];

    (void)state;
    snprintf(absorbed, sizeof(absorbed), "%s || true", ask);
    assert_string_equal(evaluate(&t, ask, &cel_type_bool),
                        "the authorizer is asked, and only an API server can answer");
    assert_string_equal(evaluate(&t, absorbed, &cel_type_bool),
                        "the authorizer is asked, and only an API server can answer");
    snprintf(absorbed, sizeof(absorbed), "true || %s", ask);
    assert_string_equal(evaluate(&t, absorbed, &cel_type_bool), "true");
    assert_string_equal(evaluate(&t, "authorizer.check('list')", NULL),
                        "issue: found no matching overload for \"check\" applied to "
                        "kubernetes.authorization.Authorizer.(string) (there is "
                        "(kubernetes.authorization.PathCheck).check(string) -> "
                        "kubernetes.authorization.Decision; "
                        "(kubernetes.authorization.ResourceCheck).check(string) -> "
                        "kubernetes.authorization.Decision)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_have_types),
        cmocka_unit_test(result_has_to_be_of_its_type),
        cmocka_unit_test(variables_are_made_when_they_are_read),
        cmocka_unit_test(authorizer_has_no_answer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
