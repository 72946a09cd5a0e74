/* Random lives of a workload: people, pods, refusals and kills in any order, and what must hold in
 * all of them. A run that fails is told by its number, and is the same each time. */
#include "rollout/judge/rollout.h"
#include "rollout/limits.h"

#include "cmocka_all.h"
#include "unit/rollout/judge/model.h"

#include <inttypes.h>

enum { RUNS = 10000, EVENTS = 60, DEPLOYED = 5, MOST_STEP = 40 };

enum quality { WELL, CRASHES, HANGS, FLICKERS };

struct life {
    unsigned run;
    uint64_t random;
    struct model model;
    struct rollout rollout;
    struct buf stored;
    struct arena arena;
    int64_t now;
    enum quality quality[TEMPLATES];
    int64_t up_since;       /* all pods are, without a gap; 0: they are not */
    bool proven[TEMPLATES]; /* was up for `soak` */
    bool undone[TEMPLATES]; /* and was not forgiven since */
    int64_t running;        /* how long this attempt is underway, unsuspended */
    char shown_later;       /* an undo that was done, and that the watch did not show */
    bool quiet;             /* no person and no refusal comes in between any more */
};

static unsigned pick(struct life *l, unsigned below)
{
    l->random ^= l->random << 13;
    l->random ^= l->random >> 7;
    l->random ^= l->random << 17;
    return (unsigned)((l->random >> 11) % below);
}

#define HOLDS(l, what, ...)                                                                        \
    do {                                                                                           \
        if (!(what)) {                                                                             \
            print_error("run %u at %" PRId64 ": ", (l)->run, (l)->now);                            \
            fail_msg(__VA_ARGS__);                                                                 \
        }                                                                                          \
    } while (0)

static void read_stored(struct life *l, struct record *record)
{
    const char *problem;

    record_init(record);
    if (l->stored.n > 0)
        assert_int_equal(record_read(buf_view(&l->stored), record, &problem), 0);
}

/* --- the workload ----------------------------------------------------------------------------- */

static bool is_quarantined(struct life *l, char template)
{
    struct record record;
    const struct record_failure *failure;
    bool quarantined;

    read_stored(l, &record);
    failure = record_failure(&record, model_hash(&l->model, template));
    quarantined = failure && failure->quarantined;
    record_release(&record);
    return quarantined;
}

static void deploy(struct life *l, char template)
{
    if (template == l->model.template)
        return;
    model_deploy(&l->model, template);
    l->model.observed = pick(l, 4) > 0;
    l->up_since = l->running = 0;
    l->shown_later = 0;
}

/* A person; what is in quarantine seldom passes the door. */
static void person(struct life *l)
{
    struct model *m = &l->model;
    char template = (char)('a' + pick(l, DEPLOYED));

    switch (pick(l, 12)) {
    case 0:
    case 1:
    case 2:
    case 3:
        if (!is_quarantined(l, template) || pick(l, 8) == 0)
            deploy(l, template);
        break;
    case 4: m->paused = true; break;
    case 5: m->desired = 1 + pick(l, 5); break;
    case 6: m->desired = 0; break;
    case 7: model_order(m, m->release, template, l->now); break;
    case 8: model_order(m, m->rollback, pick(l, 2) ? m->template : template, l->now); break;
    case 9:
        m->uid++;
        l->running = 0;
        break;
    default: m->paused = false; m->desired = 3;
    }
    m->uid += m->deleting;
    m->deleting = pick(l, 40) == 0;
}

static void pods(struct life *l)
{
    struct model *m = &l->model;

    m->observed = m->observed || pick(l, 2);
    switch (l->quality[m->template - 'a']) {
    case WELL: m->available = m->desired; break;
    case CRASHES:
        m->exits += pick(l, 2);
        m->available = pick(l, 4) ? 0 : m->desired;
        break;
    case HANGS: m->available = 0; break;
    case FLICKERS: m->available = pick(l, 2) ? m->desired : 0; break;
    }
    if (pick(l, 20) == 0)
        m->available = 0; /* a drain */
    if (l->shown_later && pick(l, 2))
        deploy(l, l->shown_later);
}

static bool is_held(const struct model *m)
{
    return m->paused || m->desired == 0 || !m->observed || m->deleting;
}

/* What the test knows for itself of the time that passed. */
static void pass(struct life *l, int64_t seconds)
{
    struct model *m = &l->model;
    bool up = !is_held(m) && m->available >= m->desired;

    l->now += seconds;
    l->running = is_held(m) ? 0 : l->running + seconds;
    if (!up)
        l->up_since = 0;
    else if (l->up_since == 0)
        l->up_since = l->now - seconds;
    if (up && l->now - l->up_since >= m->guard.soak)
        l->proven[m->template - 'a'] = true;
}

/* --- who acts --------------------------------------------------------------------------------- */

static void kill_and_take_over(struct life *l)
{
    struct record record;

    read_stored(l, &record);
    /* An undo that was done and not written is not known to have been. */
    for (int i = 0; i < TEMPLATES; i++) {
        const struct record_failure *failure = record_failure(&record, view_of(l->model.hashes[i]));

        l->undone[i] = l->undone[i] && failure && (failure->undone || failure->again);
    }
    rollout_release(&l->rollout);
    rollout_init(&l->rollout, &record);
    l->running = 0;
}

static void check_decision(struct life *l, const struct intention *in)
{
    struct record record;
    const struct record_failure *failure;

    read_stored(l, &record);
    failure = record_failure(&record, in->hash);
    HOLDS(l, failure, "an act without a failure on record");
    if (in->kind == INTENT_UNDO)
        HOLDS(l, record.state == ROLLOUT_ROLLING_BACK && view_eq(failure->target, in->target->hash),
              "an undo that is not on record");
    record_release(&record);
}

static enum outcome undo(struct life *l, const struct intention *in)
{
    struct model *m = &l->model;
    char from = model_template(m, in->hash), to = model_template(m, in->target->hash);
    struct record_failure *failure = record_failure(&l->rollout.record, in->hash);

    check_decision(l, in);
    HOLDS(l, l->proven[to - 'a'], "back to %c, which was not healthy", to);
    if (l->shown_later || pick(l, 8) == 0)
        return OUTCOME_SUPERSEDED;
    if (!l->quiet && pick(l, 3) == 0)
        return pick(l, 2) ? OUTCOME_UNREACHABLE : OUTCOME_REFUSED;
    HOLDS(l, !l->undone[from - 'a'] || view_eq_str(failure->cause, "Person"),
          "%c was rolled back twice", from);
    l->undone[from - 'a'] = true;
    if (pick(l, 2))
        deploy(l, to);
    else
        l->shown_later = to;
    return OUTCOME_DONE;
}

/* What is forgiven may be rolled back again. */
static enum outcome write(struct life *l)
{
    if (!l->quiet && pick(l, 8) == 0)
        return OUTCOME_UNREACHABLE;
    buf_reset(&l->stored);
    record_write(&l->rollout.record, &l->stored);
    assert_false(l->stored.failed);
    for (int i = 0; i < TEMPLATES; i++)
        if (!record_failure(&l->rollout.record, view_of(l->model.hashes[i])))
            l->undone[i] = false;
    return OUTCOME_DONE;
}

static enum outcome perform(struct life *l, const struct intention *in)
{
    switch (in->kind) {
    case INTENT_UNDO: return undo(l, in);
    case INTENT_WRITE: return write(l);
    case INTENT_PAUSE:
        check_decision(l, in);
        l->model.paused = true;
        return OUTCOME_DONE;
    case INTENT_PUBLISH: return pick(l, 5) ? OUTCOME_DONE : OUTCOME_UNREACHABLE;
    case INTENT_KEEP_OWNERS:
    case INTENT_GIVE_BACK:
        if (!l->quiet && pick(l, 3) == 0)
            return (enum outcome)pick(l, 4);
        return OUTCOME_DONE;
    case INTENT_DELETE_POD:
    case INTENT_PROBE:
    case INTENT_NOTHING: break;
    }
    return OUTCOME_DONE;
}

static void next(struct life *l, struct intention *in)
{
    struct intention again;

    rollout_next(&l->rollout, &l->model.guard, model_look(&l->model), &l->model.brake, l->now,
                 &l->arena, in);
    rollout_next(&l->rollout, &l->model.guard, model_look(&l->model), &l->model.brake, l->now,
                 &l->arena, &again);
    HOLDS(l,
          in->kind == again.kind && view_eq(in->hash, again.hash) && in->target == again.target &&
              in->next == again.next,
          "asked twice it wants something else");
}

static void check_end(struct life *l)
{
    const struct model *m = &l->model;
    enum rollout_state state = l->rollout.record.state;

    if (l->rollout.unsaved || (state != ROLLOUT_PROGRESSING && state != ROLLOUT_SOAKING))
        return;
    HOLDS(l, l->running <= m->guard.deadline + 2 * m->guard.soak + 3 * MOST_STEP,
          "underway for %" PRId64 " s", l->running);
}

/* Until nothing is left to do, unless it is killed before, in the middle of what it does. */
static void look(struct life *l)
{
    struct intention in;

    for (int i = 0; i < 40; i++) {
        next(l, &in);
        if (in.kind == INTENT_NOTHING) {
            HOLDS(l, in.next == 0 || in.next > l->now, "it wants to look again at once");
            check_end(l);
            return;
        }
        if (!l->quiet && pick(l, 30) == 0) {
            kill_and_take_over(l);
            continue;
        }
        rollout_result(&l->rollout, &in, perform(l, &in), VIEW("no"), l->now);
    }
    HOLDS(l, false, "it never has enough");
}

static void live(struct life *l, unsigned run)
{
    static const enum guard_act acts[] = {GUARD_ROLLBACK, GUARD_ROLLBACK, GUARD_ROLLBACK,
                                          GUARD_PAUSE};

    *l = (struct life){.run = run, .random = 0x9e3779b97f4a7c15u * (run + 1), .now = 100000};
    model_init(&l->model);
    l->model.guard.act = acts[pick(l, 4)];
    l->model.guard.quarantine = l->model.guard.act == GUARD_ROLLBACK && pick(l, 2);
    l->model.guard.deadline = 200;
    for (int i = 0; i < DEPLOYED; i++)
        l->quality[i] = (enum quality)pick(l, 4);
    l->quality[0] = WELL;
    arena_init(&l->arena, 1 << 24);
    buf_init(&l->stored, LIMIT_RECORD);
    rollout_init(&l->rollout, NULL);
    deploy(l, 'a');
}

static void end(struct life *l)
{
    rollout_release(&l->rollout);
    arena_release(&l->arena);
    buf_release(&l->stored);
}

static void no_life_breaks_a_promise(void **state)
{
    static struct life l;
    unsigned undone = 0;

    (void)state;
    for (unsigned run = 0; run < RUNS; run++) {
        live(&l, run);
        for (int i = 0; i < EVENTS; i++) {
            if (pick(&l, 4) == 0)
                person(&l);
            pods(&l);
            look(&l);
            pass(&l, 1 + pick(&l, MOST_STEP));
        }
        for (int i = 0; i < TEMPLATES; i++)
            undone += l.undone[i];
        end(&l);
    }
    assert_in_range(undone, RUNS / 20, RUNS * DEPLOYED); /* something happened */
}

/* --- order ------------------------------------------------------------------------------------ */

/* Facts of one instant that say nothing about each other. */
static void tell_fact(struct life *l, unsigned fact, unsigned value)
{
    struct model *m = &l->model;

    switch (fact) {
    case 0: m->exits = value % 5; break;
    case 1: m->desired = 3 + value % 2; break;
    case 2: model_order(m, m->release, 'b', l->now); break;
    case 3: m->old = value % 2; break;
    case 4: m->flaps = value % 7; break;
    case 5: m->available = value % 2 ? 9 : 0; break;
    default: m->waiting = value % 2 ? "ErrImagePull" : NULL; m->waiting_since = l->now - 31;
    }
}

enum { FACTS = 7 };

static void shuffle(struct life *l, unsigned order[FACTS])
{
    for (unsigned i = 0; i < FACTS; i++)
        order[i] = i;
    for (unsigned i = FACTS - 1; i > 0; i--) {
        unsigned k = pick(l, i + 1), kept = order[i];

        order[i] = order[k];
        order[k] = kept;
    }
}

/* The state that facts of one instant lead to, told in an order of their own; `between` looks at
 * each, else at all of them at once. */
static enum rollout_state end_of(unsigned run, unsigned seed, bool between)
{
    static struct life l;
    unsigned order[FACTS];
    enum rollout_state state;

    live(&l, run);
    l.quiet = true;
    l.model.observed = true;
    l.model.available = l.model.desired;
    look(&l);
    pass(&l, 60);
    look(&l);
    deploy(&l, 'b');
    l.model.observed = true;
    look(&l);
    pass(&l, 10);
    l.random += seed;
    shuffle(&l, order);
    for (unsigned i = 0; i < FACTS; i++) {
        tell_fact(&l, order[i], run >> order[i]);
        if (between && l.model.template == 'b')
            look(&l);
    }
    if (l.model.template == 'b')
        look(&l);
    state =
        l.model.template == 'b' && !l.shown_later ? l.rollout.record.state : ROLLOUT_ROLLING_BACK;
    end(&l);
    return state;
}

static void the_same_facts_in_another_order_end_the_same(void **state)
{
    (void)state;
    for (unsigned run = 0; run < RUNS / 10; run++) {
        enum rollout_state first = end_of(run, 0, false);

        for (unsigned seed = 1; seed < 5; seed++) {
            enum rollout_state other = end_of(run, seed, seed % 2);

            if (first != other)
                fail_msg("run %u: %s, and in order %u %s", run, rollout_state_name(first), seed,
                         rollout_state_name(other));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_life_breaks_a_promise),
        cmocka_unit_test(the_same_facts_in_another_order_end_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
