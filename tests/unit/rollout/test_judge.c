#include "rollout/judge.h"

#include "base/arena.h"
#include "cmocka_all.h"
#include "policy/guard.h"
#include "rollout/sight.h"

/* A pod of the new template that no node takes since 100, held against `unschedulable: {for: 10s}`
 * at 110. The counts are those of a status, which has the pods of old templates in it. */
static const struct place_case {
    const char *name;
    int64_t need, available, others_ready; /* the last: further pods of the new template */
    enum cause_kind cause;
} places[] = {
    {"the first one, and an old pod stays until it is ready", 1, 1, 0, CAUSE_UNSCHEDULABLE},
    {"the second one of two", 2, 2, 1, CAUSE_UNSCHEDULABLE},
    {"nothing else is there", 1, 0, 0, CAUSE_UNSCHEDULABLE},
    {"one more than there were to be: it was scaled", 2, 2, 2, CAUSE_NONE},
};

static void test_unschedulable(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        const struct place_case *c = &places[i];
        struct rollout_guard guard = {.fail.unschedulable = {.on = true, .lasting = 10}};
        struct sight_pod pods[3] = {{.name = VIEW("api-1"), .unschedulable_since = 100}};
        struct sight sight = {.observed = true,
                              .desired = c->need,
                              .updated = c->others_ready + 1,
                              .available = c->available,
                              .total = c->available + 1,
                              .pods = pods,
                              .pod_count = (size_t)c->others_ready + 1};
        struct probes probes = {0};
        struct judgement judged;
        struct arena arena;

        arena_init(&arena, 4096);
        for (int64_t k = 1; k <= c->others_ready; k++)
            pods[k].ready = true;
        judge(&guard, &sight, &probes, c->need, 110, &arena, &judged);
        if (judged.cause.kind != c->cause)
            fail_msg("%s: %s", c->name, cause_name(judged.cause.kind));
        arena_release(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_unschedulable)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
