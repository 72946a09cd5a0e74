#include "policy/object/guarded_kind.h"

#include "base/arena.h"
#include "cmocka_all.h"
#include "policy/object/kinds.h"
#include "policy/object/workload.h"

/* A guarded kind holds a pod template, under the resource that it is scaled by, and kubectl names
 * it so. */
static void rows_agree_with_other_tables(void **state)
{
    (void)state;
    for (size_t i = 0; i < GUARDED_KINDS; i++) {
        const struct guarded_kind *row = &guarded_kinds[i];
        const struct workload_kind *workload =
            workload_kind_of(view_of(row->group), view_of(row->kind));
        const struct kind_row *meant = kind_meant(view_of(row->resource));

        assert_non_null(workload);
        assert_string_equal(workload->resource, row->resource);
        assert_non_null(meant);
        assert_string_equal(meant->kind, row->kind);
        assert_string_equal(meant->group, row->group);
        assert_ptr_equal(guarded_kind_of(view_of(row->group), view_of(row->kind)), row);
        assert_string_equal(guarded_kind_name_at(i), row->kind);
        assert_true(row->version && row->revisions && row->count && row->undo && row->undo_type);
    }
    assert_null(guarded_kind_name_at(GUARDED_KINDS));
}

static void other_kinds_are_not_guarded(void **state)
{
    (void)state;
    assert_null(guarded_kind_of(VIEW("apps"), VIEW("ReplicaSet")));
    assert_null(guarded_kind_of(VIEW("extensions"), VIEW("Deployment")));
    assert_null(guarded_kind_of(VIEW(""), VIEW("")));
}

static void the_list_reads_as_a_sentence(void **state)
{
    struct arena arena;

    (void)state;
    arena_init(&arena, 4096);
    assert_true(view_eq_str(guarded_kind_list(&arena), "Deployment, StatefulSet or DaemonSet"));
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_agree_with_other_tables),
        cmocka_unit_test(other_kinds_are_not_guarded),
        cmocka_unit_test(the_list_reads_as_a_sentence),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
