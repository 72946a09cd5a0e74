/* Orders to the guard: random writes, and what is obeyed. */
#include "unit/policy/guarded_fixture.h"

#include "policy/object/guard_command.h"

static const char guarded[] = PARIS GUARD(RELEASED_BY);

/* Alice, who may release nothing, and carol, who may, write what they like, templates fail, the
 * deployment controller copies annotations to and fro, and a guard whose clock is another one looks
 * now and then. Whatever it obeys was ordered by whom it names, and releases by carol alone. */
enum { TEXT = 192, GIVEN = 4096, SKEW = 4 * MINUTE };

struct bears {
    char release[TEXT], rollback[TEXT];
};

struct walk {
    struct fixture f;
    struct known known;
    uint64_t random;
    int64_t now, skew;
    int template;
    struct bears bears, replicasets[TEMPLATES];
    int seen; /* the template that the guard saw last */
    char given[GIVEN][TEXT];
    size_t given_count;
    size_t releases, rollbacks, denials;
};

static unsigned roll(struct walk *w, unsigned sides)
{
    w->random = w->random * 6364136223846793005U + 1442695040888963407U;
    return (unsigned)(w->random >> 33) % sides;
}

static void any_order(struct walk *w, const char *user, char out[TEXT])
{
    static const char *const names[] = {"alice", "carol"};
    static const int64_t times[] = {0, -1, 4, -9, -10, -11, -16, -30, -60, 20};
    struct guard_command order = {.by = view_of(roll(w, 3) ? user : names[roll(w, 2)])};
    struct view text;

    order.hash = hash_of(&w->f.arena, roll(w, 2) ? w->template : (int)roll(w, TEMPLATES));
    order.at = w->now + times[roll(w, 10)] * MINUTE;
    text = guard_command_print(&order, &w->f.arena);
    snprintf(out, TEXT, "%.*s", VIEW_ARGS(text));
}

static const char *workload(struct walk *w, int template, const struct bears *bears)
{
    return arena_printf(&w->f.arena,
                        "{\"metadata\":{\"name\":\"api\",\"annotations\":{\"" GUARD_COMMAND_RELEASE
                        "\":\"%s\",\"" GUARD_COMMAND_ROLLBACK
                        "\":\"%s\"}},\"spec\":{\"replicas\":1,\"template\":%.*s}}",
                        bears->release, bears->rollback,
                        VIEW_ARGS(template_text(&w->f.arena, template, "")))
        .p;
}

static bool admits(struct walk *w, const struct ask *ask)
{
    struct view text = fixture_request(&w->f, ask);
    yyjson_doc *doc = yyjson_read(text.p, text.n, 0);
    struct request request;
    struct verdict verdict;
    const char *problem;

    assert_int_equal(request_read(yyjson_doc_get_root(doc), &request, &problem), 0);
    assert_int_equal(
        evaluate(w->f.set, &request, &w->f.cluster_view, w->now, &w->f.arena, &verdict), 0);
    yyjson_doc_free(doc);
    w->denials += !verdict.allowed;
    return verdict.allowed;
}

/* Notes an order that the writer gave in the own name, and may give. */
static void note_given(struct walk *w, const char *user, const char *text, bool release)
{
    struct guard_command order;

    if (guard_command_parse(view_of(text), &order) < 0 || !view_eq_str(order.by, user) ||
        order.at < w->now - GUARD_COMMAND_TOLERANCE ||
        order.at > w->now + GUARD_COMMAND_TOLERANCE || (release && strcmp(user, "carol") != 0))
        return;
    memcpy(w->given[w->given_count++ % GIVEN], text, TEXT);
}

static bool was_given(const struct walk *w, const char *text)
{
    for (size_t i = 0; i < GIVEN; i++)
        if (strcmp(w->given[i], text) == 0)
            return true;
    return false;
}

static void write_deployment(struct walk *w, const char *user)
{
    struct bears bears = w->bears;
    int template = roll(w, 3) ? w->template : (int)roll(w, TEMPLATES);
    struct ask ask = {.user = user, .groups = *user == 'c' ? COMMANDERS : NULL};

    switch (roll(w, 4)) {
    case 0: bears = w->replicasets[template]; break; /* an undo */
    case 1: any_order(w, user, bears.release); break;
    case 2: any_order(w, user, bears.rollback); break;
    default: break;
    }
    ask.subresource = template == w->template && roll(w, 8) == 0 ? "status" : NULL;
    ask.old = workload(w, w->template, &w->bears);
    ask.object = workload(w, template, &bears);
    if (!admits(w, &ask))
        return;
    if (strcmp(bears.release, w->bears.release) != 0)
        note_given(w, user, bears.release, true);
    if (strcmp(bears.rollback, w->bears.rollback) != 0)
        note_given(w, user, bears.rollback, false);
    w->template = template;
    w->bears = bears;
    if (roll(w, 4))
        w->replicasets[template] = bears; /* by the deployment controller */
}

static void write_replicaset(struct walk *w, const char *user)
{
    int template = (int)roll(w, TEMPLATES);
    struct bears bears = w->replicasets[template];
    struct ask ask = {.user = user, .kind = "ReplicaSet"};

    any_order(w, user, roll(w, 2) ? bears.release : bears.rollback);
    ask.old = workload(w, template, &w->replicasets[template]);
    ask.object = workload(w, template, &bears);
    if (admits(w, &ask))
        w->replicasets[template] = bears;
}

/* As docs say what counts. */
static void guard_looks(struct walk *w)
{
    int64_t now = w->now + w->skew;
    struct guard_command order;

    if (w->seen != w->template) {
        w->seen = w->template;
        w->known.begun = now;
    }
    if (guard_command_parse(view_of(w->bears.rollback), &order) == 0 &&
        view_eq(order.hash, hash_of(&w->f.arena, w->template)) &&
        order.at >= w->known.begun - GUARD_COMMAND_TOLERANCE) {
        if (!was_given(w, w->bears.rollback))
            fail_msg("a rollback that nobody ordered: %s", w->bears.rollback);
        w->rollbacks++;
    }
    for (int i = 0; i < TEMPLATES; i++) {
        if (!w->known.of[i].quarantined ||
            guard_command_parse(view_of(w->bears.release), &order) < 0 ||
            !view_eq(order.hash, hash_of(&w->f.arena, i)) || order.at <= w->known.of[i].failed_at)
            continue;
        if (!was_given(w, w->bears.release))
            fail_msg("a release that nobody ordered: %s", w->bears.release);
        w->known.of[i].quarantined = false;
        w->releases++;
    }
    if (roll(w, 4) == 0)
        w->known.of[w->template] = (struct cluster_view_rollout){
            .quarantined = true, .failed_at = now, .cause = VIEW("x")};
}

static void step(struct walk *w)
{
    const char *user = roll(w, 3) ? "alice" : "carol";

    w->now += (int64_t)roll(w, 4) * MINUTE;
    switch (roll(w, 8)) {
    case 0:
    case 1: guard_looks(w); break;
    case 2: write_replicaset(w, user); break;
    case 3: /* deprecated.deployment.rollback.to, where no rule refuses it */
        if (roll(w, 8) == 0) {
            w->template = (int)roll(w, TEMPLATES);
            w->bears = w->replicasets[w->template];
        }
        break;
    default: write_deployment(w, user); break;
    }
}

static void no_walk_gives_orders_for_others(void **state)
{
    static struct walk w;

    (void)state;
    for (int round = 0; round < 3; round++) {
        w = (struct walk){.random = (uint64_t)round, .now = NOW, .skew = (round - 1) * SKEW};
        guarded_open(&w.f, guarded, &w.known);
        for (int i = 0; i < 15000; i++) {
            step(&w);
            arena_release(&w.f.arena);
        }
        if (w.releases < 20 || w.rollbacks < 50 || w.denials < 1000)
            fail_msg("%zu releases, %zu rollbacks, %zu denials", w.releases, w.rollbacks,
                     w.denials);
        fixture_close(&w.f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(no_walk_gives_orders_for_others)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
