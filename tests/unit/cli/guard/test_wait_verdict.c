#include "cli/guard/wait_verdict.h"

#include "base/arena.h"
#include "cmocka_all.h"
#include "rollout/record/record.h"

/* v1 ("a") is healthy, v2 ("b") failed and was rolled back; then the case changes things. */
enum { GENERATION = 7 };

struct scene {
    struct record record;
    struct wait_question question;
    struct wait_sight sight;
    struct view failed;
    bool no_record;
};

static void healthy(struct scene *s)
{
    s->record.kind = VIEW("Deployment");
    s->record.guard = VIEW("shop");
    s->record.uid = s->sight.uid = VIEW("u");
    s->record.hash = s->sight.hash = VIEW("a");
    s->record.images = VIEW("api:v1");
    s->record.generation = s->sight.generation = GENERATION;
    s->record.state = ROLLOUT_HEALTHY;
    s->record.begun = 1000;
}

static void fails(struct scene *s, bool undone)
{
    const struct record_failure failure = {.hash = VIEW("b"),
                                           .images = VIEW("api:v2"),
                                           .message = VIEW("it crashed"),
                                           .target = VIEW("a"),
                                           .target_images = VIEW("api:v1"),
                                           .undone = undone};

    record_add_failure(&s->record, &failure);
}

static void rolled_back(struct scene *s)
{
    fails(s, true);
    record_add_step(&s->record, &(struct record_step){
                                    .at = 1000, .what = VIEW("RolledBack"), .hash = VIEW("b")});
    record_add_step(&s->record, &(struct record_step){.at = 1000, .what = VIEW("Deployed")});
}

static void named(struct scene *s, const char *hash)
{
    s->question.version = VIEW("revision 2");
    s->failed = view_of(hash);
    s->sight.is_version = view_eq(s->failed, s->sight.hash);
}

static void is_healthy(struct scene *s)
{
    (void)s;
}
static void is_named(struct scene *s)
{
    named(s, "a");
}
static void has_no_record(struct scene *s)
{
    s->no_record = true;
}
static void has_newer_generation(struct scene *s)
{
    s->sight.generation++;
}
static void has_newer_template(struct scene *s)
{
    s->sight.hash = VIEW("c");
}
static void was_created_again(struct scene *s)
{
    s->sight.uid = VIEW("u2");
}
static void lost_its_guard(struct scene *s)
{
    s->record.guard = VIEW("");
}
static void is_paused(struct scene *s)
{
    s->sight.paused = true;
}
static void is_at_zero(struct scene *s)
{
    s->sight.scaled_to_zero = true;
}
static void is_soaking(struct scene *s)
{
    s->record.state = ROLLOUT_SOAKING;
}
static void is_available(struct scene *s)
{
    s->record.state = ROLLOUT_SOAKING;
    s->question.available = true;
}
static void goes_back(struct scene *s)
{
    s->record.hash = s->sight.hash = VIEW("b");
    s->record.images = VIEW("api:v2");
    s->record.state = ROLLOUT_ROLLING_BACK;
    fails(s, false);
}
static void was_rolled_back(struct scene *s)
{
    rolled_back(s);
}
static void was_rolled_back_from_it(struct scene *s)
{
    rolled_back(s);
    named(s, "b");
}
static void was_rolled_back_to_it(struct scene *s)
{
    rolled_back(s);
    named(s, "a");
}
static void was_deployed_later(struct scene *s)
{
    rolled_back(s);
    s->record.begun = 2000;
}
static void is_another(struct scene *s)
{
    named(s, "c");
}
static void is_broken(struct scene *s)
{
    s->record.state = ROLLOUT_DEGRADED;
    s->record.message = VIEW("no disk");
}
static void is_suspended(struct scene *s)
{
    s->record.state = ROLLOUT_SUSPENDED;
    s->record.message = VIEW("OnDelete");
}

static const struct {
    void (*change)(struct scene *s);
    enum wait_answer answer;
    const char *message;
} cases[] = {
    {is_healthy, WAIT_YES, "api:v1 is healthy"},
    {is_named, WAIT_YES, "api:v1 is healthy"},
    {has_no_record, WAIT_ON, "no RolloutGuard matches it, or none has seen it yet"},
    {has_newer_generation, WAIT_ON, "the guard has not seen it as it is now"},
    {has_newer_template, WAIT_ON, "the guard has not seen it as it is now"},
    {was_created_again, WAIT_ON, "the guard has not seen it as it is now"},
    {lost_its_guard, WAIT_UNKNOWN, "no RolloutGuard matches it any more"},
    {is_paused, WAIT_UNKNOWN, "it is paused, and the guard leaves it alone"},
    {is_at_zero, WAIT_UNKNOWN, "it is scaled to zero, and no pod can tell"},
    {is_soaking, WAIT_ON, "api:v1 is Soaking"},
    {is_available, WAIT_YES, "api:v1 is available"},
    {goes_back, WAIT_NO, "api:v2 failed: it crashed"},
    {was_rolled_back, WAIT_NO, "api:v2 failed and was rolled back to api:v1: it crashed"},
    {was_rolled_back_from_it, WAIT_NO, "api:v2 failed and was rolled back to api:v1: it crashed"},
    {was_rolled_back_to_it, WAIT_YES, "api:v1 is healthy"},
    {was_deployed_later, WAIT_YES, "api:v1 is healthy"},
    {is_another, WAIT_NO, "revision 2 is not what it has: that is api:v1"},
    {is_broken, WAIT_NO, "api:v1 was healthy and broke: no disk"},
    {is_suspended, WAIT_UNKNOWN, "it is suspended: OnDelete"},
};

static void answers(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct scene s = {0};
        const struct record_failure *failure;
        struct arena arena;
        struct view message;
        enum wait_answer answer;

        arena_init(&arena, 65536);
        record_init(&s.record);
        healthy(&s);
        cases[i].change(&s);
        answer = wait_verdict(&s.question, &s.sight, s.failed, s.no_record ? NULL : &s.record,
                              &arena, &message, &failure);
        if (answer != cases[i].answer || !view_eq_str(message, cases[i].message))
            fail_msg("%zu: %d, %.*s", i, (int)answer, VIEW_ARGS(message));
        record_release(&s.record);
        arena_release(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(answers)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
