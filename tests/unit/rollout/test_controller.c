#include "rollout/controller.h"

#include "rollout/limits.h"
#include "rollout/notify/notifier.h"
#include "rollout/rollout_counters.h"
#include "unit/policy/rules_fixture.h"
#include "unit/rollout/api.h"
#include "unit/rollout/lists.h"

/* The whole of it before an API server: what its thread does, and when. */

#define GUARD_OF(namespace_)                                                                       \
    "apiVersion: tidegate.dev/v1alpha1\nkind: RolloutGuard\nmetadata: {name: g}\nspec:\n"          \
    "  match: {namespaces: [" namespace_ "]}\n  deadline: 10m\n  soak: 1m\n  onFailure: notify\n"  \
    "  notify: [nobody]\n"

static const int64_t second = 1000 * 1000 * 1000;

struct scene {
    struct api api;
    struct policy_set *elsewhere, *shop;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct policy_set *set; /* guarded by lock, as the next: in force */
    size_t rounds;          /* of the controller's thread */
    struct controller *c;
};

static int enter(void *ctx, struct arena *arena, struct cluster_view *cluster_view)
{
    (void)ctx;
    (void)arena;
    (void)cluster_view;
    return 0;
}

static uint64_t changes(void *ctx)
{
    (void)ctx;
    return 0;
}

/* Each round of the thread asks for the rules once. */
static struct policy_set *rules(void *ctx)
{
    struct scene *s = ctx;
    struct policy_set *set;

    pthread_mutex_lock(&s->lock);
    set = policy_set_acquire(s->set);
    s->rounds++;
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->lock);
    return set;
}

static void decided(void *ctx, struct view line)
{
    (void)ctx;
    (void)line;
}

static void use(struct scene *s, struct policy_set *set)
{
    pthread_mutex_lock(&s->lock);
    s->set = set;
    pthread_mutex_unlock(&s->lock);
}

static void await_rounds(struct scene *s, size_t more)
{
    size_t until;

    pthread_mutex_lock(&s->lock);
    until = s->rounds + more;
    while (s->rounds < until)
        pthread_cond_wait(&s->changed, &s->lock);
    pthread_mutex_unlock(&s->lock);
}

static struct controller *start(struct scene *s, struct view own_namespace)
{
    struct controller_options options = {.own_namespace = own_namespace,
                                         .enter = enter,
                                         .changes = changes,
                                         .rules = rules,
                                         .decided = decided,
                                         .ctx = s};

    return controller_start(&s->api.kube, &options);
}

static void scene_start(struct scene *s)
{
    *s = (struct scene){.elsewhere = fixture_compile(GUARD_OF("elsewhere"), NULL),
                        .shop = fixture_compile(GUARD_OF("shop"), NULL)};
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->changed, NULL);
    api_start(&s->api);
    api_put(&s->api, "/apis/apps/v1/namespaces/shop/deployments/api",
            "{'metadata':{'name':'api','namespace':'shop','uid':'d','generation':1},'spec':{"
            "'replicas':1,'template':{'spec':{'containers':[{'name':'api','image':'api:v1'}]}}},"
            "'status':{'observedGeneration':1}}");
    s->set = s->elsewhere;
}

static void scene_stop(struct scene *s)
{
    controller_stop(s->c);
    api_stop(&s->api);
    policy_set_release(s->elsewhere);
    policy_set_release(s->shop);
    pthread_mutex_destroy(&s->lock);
    pthread_cond_destroy(&s->changed);
}

static void assert_state(struct scene *s, const char *line)
{
    struct buf text;

    buf_init(&text, 1 << 16);
    controller_write_state(s->c, &text);
    if (!text.p || !strstr(text.p, line))
        fail_msg("%s", text.p ? text.p : "");
    buf_release(&text);
}

/* A guard of other workloads records nothing of this one; once the rules name it, it does. */
static void other_rules_look_at_all_again(void **state)
{
    struct controller_figures figures;
    struct scene s;

    (void)state;
    scene_start(&s);
    assert_non_null(s.c = start(&s, VIEW("tidegate-system")));
    do {
        await_rounds(&s, 1);
        controller_figures(s.c, &figures);
    } while (!figures.leads || figures.objects[STORE_DEPLOYMENTS] == 0);
    await_rounds(&s, 4); /* it has settled */
    pthread_mutex_lock(&s.api.lock);
    assert_null(s.api.journal.p ? strstr(s.api.journal.p, "configmaps") : NULL);
    pthread_mutex_unlock(&s.api.lock);
    use(&s, s.shop);
    api_await(&s.api, "create configmaps rollout.deployment.shop.api 201\n");
    assert_state(&s, "[+] guard: leads\n");
    assert_state(&s, "[-] guard: RolloutGuard g: ");
    scene_stop(&s);
}

static unsigned renew(void *ctx, const char *verb, const char *path)
{
    struct scene *s = ctx;
    json_t *lease = json_object_get(s->api.objects, path);
    char stamp[32];

    (void)verb;
    if (lease && strstr(path, "/leases/")) {
        snprintf(stamp, sizeof(stamp), "%ld", ++s->api.version);
        json_object_set_new(json_object_get(lease, "spec"), "renewTime", json_string(stamp));
    }
    return 0;
}

/* Another replica leads, and something changed: four rounds take four seconds, or it would spin on
 * what it does not look at. */
static void who_stands_by_rests(void **state)
{
    struct controller_figures figures;
    struct scene s;
    int64_t began;

    (void)state;
    scene_start(&s);
    use(&s, s.shop);
    api_put(&s.api, "/apis/coordination.k8s.io/v1/namespaces/tidegate-system/leases/tidegate-guard",
            "{'metadata':{'name':'tidegate-guard'},'spec':{'holderIdentity':'tidegate-1',"
            "'leaseDurationSeconds':10,'renewTime':'0','leaseTransitions':1}}");
    api_meddle(&s.api, renew, &s);
    assert_non_null(s.c = start(&s, VIEW("tidegate-system")));
    do {
        await_rounds(&s, 1);
        controller_figures(s.c, &figures);
    } while (figures.objects[STORE_DEPLOYMENTS] == 0);
    await_rounds(&s, 2); /* what was queued meanwhile is forgotten */
    began = clock_monotonic_ns();
    await_rounds(&s, 4);
    assert_true(clock_monotonic_ns() - began > 2 * second);
    controller_figures(s.c, &figures);
    assert_false(figures.leads);
    assert_state(&s, "[+] guard: stands by, tidegate-1 leads\n");
    scene_stop(&s);
}

static void a_namespace_can_be_too_long(void **state)
{
    static char name[LIMIT_KUBE_PATH];
    const size_t longest = LIMIT_KUBE_PATH - sizeof("/api/v1/namespaces//configmaps");
    struct scene s;

    (void)state;
    memset(name, 'n', sizeof(name));
    scene_start(&s);
    for (size_t n = longest - 1; n <= longest; n++) {
        assert_non_null(s.c = start(&s, (struct view){name, n}));
        controller_stop(s.c);
    }
    assert_null(s.c = start(&s, (struct view){name, longest + 1}));
    scene_stop(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(other_rules_look_at_all_again),
        cmocka_unit_test(who_stands_by_rests),
        cmocka_unit_test(a_namespace_can_be_too_long),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
