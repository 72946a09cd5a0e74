#include "rollout/record/outcome.h"

#include "base/arena.h"
#include "cmocka_all.h"
#include "kube/client.h"

static void outcomes_of_answers(void **state)
{
    static const struct {
        unsigned status;
        enum outcome outcome;
    } table[] = {
        {0, OUTCOME_UNREACHABLE},   {200, OUTCOME_UNREACHABLE}, {307, OUTCOME_UNREACHABLE},
        {400, OUTCOME_REFUSED},     {401, OUTCOME_UNREACHABLE}, {403, OUTCOME_REFUSED},
        {404, OUTCOME_SUPERSEDED},  {409, OUTCOME_SUPERSEDED},  {422, OUTCOME_REFUSED},
        {429, OUTCOME_UNREACHABLE}, {499, OUTCOME_REFUSED},     {500, OUTCOME_UNREACHABLE},
        {503, OUTCOME_UNREACHABLE},
    };
    struct arena arena;

    (void)state;
    arena_init(&arena, 64 * 1024);
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct client_answer answer = {.status = table[i].status, .problem = "why"};
        struct view message;

        assert_int_equal(outcome_of(&answer, &arena, &message), table[i].outcome);
        assert_true(view_eq_str(message, "why"));
    }
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(outcomes_of_answers)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
