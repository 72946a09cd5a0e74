#include "rollout/judge/plan.h"

#include "base/arena.h"
#include "base/mem.h"
#include "cmocka_all.h"
#include "policy/guard/guard.h"
#include "policy/object/guarded_kind.h"
#include "rollout/judge/brake.h"
#include "rollout/judge/states.h"
#include "rollout/record/record.h"
#include "rollout/watch/snapshot.h"

/* The text that says why has no memory, and the brake holds all the same. */
static void the_brake_holds_without_memory(void **state)
{
    const struct snapshot_revision revisions[] = {{.hash = VIEW("bad"), .number = 2},
                                                  {.hash = VIEW("good"), .number = 1}};
    const struct snapshot snapshot = {.guarded_kind = &guarded_kinds[0],
                                      .namespace_ = VIEW("shop"),
                                      .hash = VIEW("bad"),
                                      .revisions = revisions,
                                      .revision_count = 2};
    const struct rollout_guard guard = {.act = GUARD_ROLLBACK,
                                        .brake = {.in_namespace = 3, .in_all = 5, .within = 3600}};
    const struct brake_count counts[] = {{.namespace_ = 3, .all = 3}, {.namespace_ = 2, .all = 5}};
    struct record record;

    (void)state;
    record_init(&record);
    assert_int_equal(record_add_good(&record, &(struct record_good){.hash = VIEW("good")}), 0);
    for (size_t i = 0; i < 3; i++) {
        size_t n = 0, made;

        do {
            const struct brake_count none = {0};
            struct plan plan;
            struct arena arena;

            arena_init(&arena, 65536);
            mem_fail_nth(n);
            plan_of(&record, &guard, &snapshot, i < 2 ? &counts[i] : &none, CAUSE_CRASH_LOOP,
                    &arena, &plan);
            made = mem_fail_nth(0);
            assert_int_equal(plan.input, i < 2 ? INPUT_STAY : INPUT_UNDO);
            arena_release(&arena);
        } while (n++ <= made);
        assert_true(n > 2);
    }
    record_release(&record);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_brake_holds_without_memory)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
