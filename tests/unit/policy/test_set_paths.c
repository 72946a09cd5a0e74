#include "policy/set_paths.h"

#include "base/mem.h"
#include "policy/shapes/shapes.h"
#include "unit/policy/rules_fixture.h"

#define POLICY(match, rules)                                                                       \
    "apiVersion: tidegate.dev/v1alpha1\nkind: Policy\nmetadata: {name: p}\nspec:\n"                \
    "  match: " match "\n  rules:\n" rules
#define RULE(id, match, path)                                                                      \
    "    - {id: " id ", match: {" match "}, fields: [{path: '" path "', exists: true}]}\n"

static const char widget[] =
    "kind: CustomResourceDefinition\n"
    "spec:\n"
    "  group: example.com\n"
    "  names: {kind: Widget}\n"
    "  versions: [{schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, "
    "properties: {size: {type: integer}}}}}}}]\n";

/* The kinds that nobody knows, and what is told once Widget is known. */
static const struct {
    const char *rules, *unknown, *told;
} cases[] = {
    {POLICY("{}", RULE("r", "kinds: [Deployment]", "spec.quux")), "", ""},
    {POLICY("{}", RULE("r", "kinds: [example.com/Widget]", "spec.siez")
                      RULE("s", "kinds: [Widget]", "spec.size")),
     "Widget example.com/Widget ",
     "7: \"spec.siez\" may lead nowhere: \"spec\" has no field \"siez\"\n"},
    {POLICY("{}", RULE("r", "kinds: [Gadget, Widget]", "spec.size")
                      RULE("s", "kinds: [Gadget]", "spec.siez")),
     "Gadget Widget ",
     "7: the paths of rule \"r\" are not checked for kind \"Gadget\": because\n"
     "8: the paths of rule \"s\" are not checked for kind \"Gadget\": because\n"},
    /* The kinds of a policy that its rules do not mean. */
    {POLICY("{kinds: [Widget, Gadget]}", RULE("r", "kinds: [Widget]", "spec.siez")), "Widget ",
     "7: \"spec.siez\" may lead nowhere: \"spec\" has no field \"siez\"\n"},
    /* What has no paths asks for no fields. */
    {POLICY("{kinds: [Deployment, Gadget]}",
            "    - {id: r, resources: {require: [limits.memory]}}\n"),
     "", ""},
    /* Certain now, and warnings all the same. */
    {POLICY("{}", RULE("r", "kinds: [Widget]", "spec.size.x")), "Widget ",
     "7: \"spec.size.x\" may lead nowhere: \"spec.size\" is an integer\n"},
    {POLICY("{}", RULE("r", "kinds: [Deployment, Widget]", "spec.siez")), "Widget ",
     "7: \"spec.siez\" leads nowhere: \"spec\" has no field \"siez\"\n"},
    /* Told when the set was compiled. */
    {POLICY("{}", RULE("r", "kinds: [Deployment, Widget]", "object.spec")), "Widget ", ""},
    {POLICY("{}", RULE("r", "kinds: [Deployment, Widget]", "spec.replicas.x")), "Widget ", ""},
    {POLICY("{}", RULE("r", "kinds: [Deployment, Widget]", "spec.quux")), "Widget ",
     "7: \"spec.quux\" may lead nowhere: \"spec\" has no field \"quux\" in Kubernetes 1.35\n"},
};

static void add_text(struct policy_set *set, struct shapes *shapes, struct arena *arena,
                     struct buf *unknown, struct buf *told)
{
    struct unknown_kind *kinds;
    struct diags diags;
    size_t count, found;

    diags_init(&diags, arena);
    assert_int_equal(set_paths_unknown(set, shapes, arena, &kinds, &count), 0);
    for (size_t i = 0; i < count; i++) {
        buf_printf(unknown, "%.*s ", VIEW_ARGS(kinds[i].kind));
        kinds[i].why = "because";
    }
    assert_int_equal(shapes_read(shapes,
                                 &(struct source){.name = VIEW("crd"), .text = view_of(widget)},
                                 &diags, &found),
                     0);
    assert_int_equal(found, 1);
    assert_int_equal(set_paths_check(set, shapes, kinds, count, &diags), 0);
    for (const struct diag *d = diags.first; d; d = d->next) {
        assert_int_equal(d->level, DIAG_WARNING);
        buf_printf(told, "%u: %.*s\n", d->place.line, VIEW_ARGS(d->message));
    }
    buf_add_char(unknown, '\0');
    buf_add_char(told, '\0');
}

static void paths_are_checked_once_their_kind_is_known(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct buf report, unknown, told;
        struct shapes *shapes = shapes_create();
        struct policy_set *set;
        struct arena arena;

        arena_init(&arena, 1 << 24);
        buf_init(&report, 1 << 16);
        buf_init(&unknown, 1 << 16);
        buf_init(&told, 1 << 16);
        set = fixture_compile(cases[i].rules, &report);
        if (!set)
            fail_msg("%.*s", VIEW_ARGS(buf_view(&report)));
        add_text(set, shapes, &arena, &unknown, &told);
        assert_string_equal(unknown.p, cases[i].unknown);
        assert_string_equal(told.p, cases[i].told);
        policy_set_release(set);
        shapes_free(shapes);
        buf_release(&report);
        buf_release(&unknown);
        buf_release(&told);
        arena_release(&arena);
    }
}

/* Without memory nothing is taken for known, and nothing breaks. */
static void memory_that_is_out_is_told(void **state)
{
    struct policy_set *set = fixture_compile(cases[2].rules, NULL);
    struct shapes *shapes = shapes_create();
    int result = -1;

    (void)state;
    for (size_t n = 1; result < 0; n++) {
        struct unknown_kind *kinds;
        struct arena arena;
        struct diags diags;
        size_t count;

        arena_init(&arena, 1 << 24);
        diags_init(&diags, &arena);
        mem_fail_nth(n);
        result = set_paths_unknown(set, shapes, &arena, &kinds, &count);
        if (result == 0)
            result = set_paths_check(set, shapes, kinds, count, &diags);
        mem_fail_nth(0);
        assert_true(n < 1000);
        arena_release(&arena);
    }
    policy_set_release(set);
    shapes_free(shapes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_are_checked_once_their_kind_is_known),
        cmocka_unit_test(memory_that_is_out_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
