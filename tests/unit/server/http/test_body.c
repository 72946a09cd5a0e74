#include "server/http/body.h"

#include "cmocka_all.h"
#include "policy/limits.h"
#include "server/http/http.h"
#include "server/limits.h"

#include <stdlib.h>
#include <string.h>

static char *block; /* LIMIT_BODY bytes and one */

static struct body_budget callers; /* all of one */

static void parts_become_one_padded_body(void **state)
{
    struct body_budget budget = {0};
    struct body b;

    (void)state;
    for (size_t announced = 0; announced <= 11; announced += 11) {
        body_init(&b, &budget, &callers);
        assert_int_equal(body_expect(&b, announced), 0);
        assert_int_equal(body_add(&b, VIEW("one ")), BODY_TAKEN);
        assert_int_equal(body_add(&b, VIEW("and two")), BODY_TAKEN);
        assert_int_equal(budget.held, 11);
        assert_memory_equal(body_finish(&b), "one and two\0\0\0\0", 11 + BODY_PADDING);
        body_release(&b);
        assert_int_equal(budget.held, 0);
    }
}

static void nothing_is_nothing(void **state)
{
    struct body_budget budget = {0};
    struct body b;

    (void)state;
    body_init(&b, &budget, &callers);
    assert_null(body_finish(&b));
    body_release(&b);
}

static void a_body_has_a_limit(void **state)
{
    struct body_budget budget = {0};
    struct body b;

    (void)state;
    for (int over = -1; over <= 1; over++) {
        size_t n = (size_t)(LIMIT_BODY + over);

        body_init(&b, &budget, &callers);
        assert_int_equal(body_add(&b, (struct view){block, 10}), BODY_TAKEN);
        assert_int_equal(body_add(&b, (struct view){block, n - 10}),
                         over > 0 ? BODY_TOO_LARGE : BODY_TAKEN);
        body_release(&b);
        assert_int_equal(budget.held, 0);
    }
}

/* Another caller holds all but that. */
static void all_bodies_together_have_a_limit(void **state)
{
    struct body_budget budget = {LIMIT_BODIES - 22};
    struct body b;

    (void)state;
    body_init(&b, &budget, &callers);
    assert_int_equal(body_add(&b, VIEW("0123456789")), BODY_TAKEN);
    assert_int_equal(body_add(&b, VIEW("0")), BODY_TAKEN);
    assert_int_equal(body_add(&b, VIEW("0")), BODY_NO_ROOM);
    assert_int_equal(budget.held, LIMIT_BODIES - 22);
    body_release(&b);
    assert_int_equal(budget.held, LIMIT_BODIES - 22);
    assert_int_equal(callers.held, 0);
}

/* Each caller takes what it can, one after the other: the next one has room all the same. */
static void a_caller_leaves_room_for_the_next(void **state)
{
    enum { CALLERS = 5, PART = 64 * 1024 };
    static struct body bodies[CALLERS][LIMIT_BODIES / LIMIT_BODY + 1];
    static struct body_budget of[CALLERS];
    struct body_budget budget = {0};

    (void)state;
    for (size_t i = 0; i < CALLERS; i++) {
        enum body_result result = BODY_TAKEN;

        for (size_t k = 0; result == BODY_TAKEN; k++) {
            body_init(&bodies[i][k], &budget, &of[i]);
            while (result == BODY_TAKEN && bodies[i][k].n + PART <= LIMIT_BODY)
                result = body_add(&bodies[i][k], (struct view){block, PART});
        }
        assert_true(of[i].held >= LIMIT_BODY);
        assert_true(of[i].held <= LIMIT_BODIES - budget.held);
    }
    for (size_t i = 0; i < CALLERS; i++)
        for (size_t k = 0; k < sizeof(bodies[i]) / sizeof(bodies[i][0]); k++)
            if (bodies[i][k].all)
                body_release(&bodies[i][k]);
    assert_int_equal(budget.held, 0);
}

static int make_block(void **state)
{
    (void)state;
    block = calloc(1, LIMIT_BODY + 1);
    return block ? 0 : -1;
}

static int free_block(void **state)
{
    (void)state;
    free(block);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_become_one_padded_body),
        cmocka_unit_test(nothing_is_nothing),
        cmocka_unit_test(a_body_has_a_limit),
        cmocka_unit_test(all_bodies_together_have_a_limit),
        cmocka_unit_test(a_caller_leaves_room_for_the_next),
    };

    return cmocka_run_group_tests(tests, make_block, free_block);
}
