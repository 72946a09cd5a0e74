#include "base/buf.h"
#include "base/diag.h"
#include "base/mem.h"
#include "cmocka_all.h"
#include "policy/limits.h"
#include "policy/shapes/shapes.h"
#include "policy/shapes/shapes_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char crd[] =
    "kind: CustomResourceDefinition\n"
    "spec:\n"
    "  group: example.com\n"
    "  names: {kind: Widget}\n"
    "  versions:\n"
    "    - schema: {openAPIV3Schema: {properties: {spec: {type: array, items: {type: string}}}}}\n"
    "---\n"
    "definitions:\n"
    "  a.Gadget:\n"
    "    type: object\n"
    "    x-kubernetes-group-version-kind: [{group: example.com, version: v1, kind: Gadget}]\n"
    "    properties: {metadata: {type: object}, spec: {$ref: '#/definitions/a.Spec'}}\n"
    "  a.Spec: {type: object, properties: {again: {$ref: '#/definitions/a.Spec'}}}\n";

struct place_of {
    char directory[32], path[48];
};

static int set_up(void **state)
{
    static struct place_of p;
    FILE *file;

    snprintf(p.directory, sizeof(p.directory), "/tmp/tidegate-test-XXXXXX");
    assert_non_null(mkdtemp(p.directory));
    snprintf(p.path, sizeof(p.path), "%s/crd.yaml", p.directory);
    assert_non_null(file = fopen(p.path, "w"));
    fputs(crd, file);
    fclose(file);
    *state = &p;
    return 0;
}

static int tear_down(void **state)
{
    const struct place_of *p = *state;

    unlink(p->path);
    rmdir(p->directory);
    return 0;
}

static struct shape *kind_of(const struct shapes *s, const char *name)
{
    const struct shape_kind *kind;

    for (size_t i = 0; (kind = shapes_kind(s, i)); i++)
        if (view_eq_str(kind->kind, name) && view_eq_str(kind->group, "example.com"))
            return kind->shape;
    return NULL;
}

static void schemas_are_read(void **state)
{
    const struct place_of *p = *state;
    struct shapes *s = shapes_create();
    struct arena arena;
    struct diags diags;

    arena_init(&arena, 1 << 24);
    diags_init(&diags, &arena);
    assert_int_equal(shapes_load(s, p->directory, &diags), 0);
    assert_int_equal(shape_at(kind_of(s, "Widget"), "spec")->of->type, SHAPE_TEXT);
    assert_true(shape_at(kind_of(s, "Widget"), "spec")->foreign);
    assert_non_null(shape_at(kind_of(s, "Widget"), "metadata.labels"));
    assert_non_null(shape_at(kind_of(s, "Gadget"), "spec.again.again.again"));
    shapes_free(s);
    arena_release(&arena);
}

/* What they take has a limit, and whatever allocation fails, that is an error. */
static void memory_that_is_out_is_an_error(void **state)
{
    const struct place_of *p = *state;
    size_t made = 1;

    assert_true(LIMIT_SHAPES > 0);
    for (size_t n = 0; n <= made; n++) {
        struct shapes *s = shapes_create();
        struct arena arena;
        struct diags diags;
        int result;

        assert_non_null(s);
        arena_init(&arena, 1 << 24);
        diags_init(&diags, &arena);
        s->arena.limit = n == 0 ? s->arena.held : LIMIT_SHAPES;
        while (n == 0 && arena_alloc(&s->arena, 16))
            ;
        mem_fail_nth(n);
        result = shapes_load(s, p->directory, &diags);
        made = n > 0 ? mem_fail_nth(0) : 1;
        assert_true(result == 0 || diags.errors > 0 || n > 0);
        assert_true(result < 0 || (kind_of(s, "Widget") && kind_of(s, "Gadget")));
        if (n == 0)
            assert_string_equal(diags.first->message.p,
                                "the schemas need more memory than the limit of 64 MiB");
        shapes_free(s);
        arena_release(&arena);
    }
}

static void a_table_without_memory_is_none(void **state)
{
    struct shapes *s = NULL;

    (void)state;
    for (size_t n = 1; !s; n++) {
        mem_fail_nth(n);
        s = shapes_create();
        mem_fail_nth(0);
        assert_true(n < 100000);
    }
    shapes_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(schemas_are_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(memory_that_is_out_is_an_error, set_up, tear_down),
        cmocka_unit_test(a_table_without_memory_is_none)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
