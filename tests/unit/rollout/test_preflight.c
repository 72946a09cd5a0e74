#include "rollout/preflight.h"

#include "base/buf.h"
#include "kube/client.h"
#include "rollout/notify/notifier.h"
#include "unit/policy/rules_fixture.h"
#include "unit/rollout/api.h"

#define GUARD(name, more)                                                                          \
    "apiVersion: tidegate.dev/v1alpha1\nkind: RolloutGuard\nmetadata: {name: " name "}\nspec:\n"   \
    "  match: {namespaces: [" name "]}\n  deadline: 10m\n  soak: 1m\n  onFailure: notify\n" more

static const char query[] = GUARD("shop", "  fail: {prometheus: [{query: errors, max: 1}]}\n");
static const char told[] = GUARD("shop", "  notify: [ops, nobody]\n");
static const char both[] =
    GUARD("shop", "  notify: [ops]\n") "---\n" GUARD("web", "  notify: [nobody]\n");

/* A directory with the notifier "ops". */
static void what_options_do_not_give_is_told(void **state)
{
    static const struct {
        const char *rules, *prometheus;
        bool directory;
        const char *begin, *other; /* of the first and of a second line; NULL: there is none */
    } cases[] = {
        {query, "http://prometheus", true, NULL, NULL},
        {query, NULL, true,
         "RolloutGuard shop: its queries are not asked: serve was given no --prometheus\n", NULL},
        {told, NULL, true, "RolloutGuard shop: ", NULL},
        {told, NULL, false, "RolloutGuard shop: ", "\nRolloutGuard shop: "},
        {both, NULL, true, "RolloutGuard web: ", NULL},
    };
    char folder[] = "/tmp/test-needs-XXXXXX", path[64];
    FILE *f;

    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/ops.slack", folder);
    assert_non_null(f = fopen(path, "w"));
    fputs("http://127.0.0.1:1/s3cret\n", f);
    fclose(f);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct notifier *notifier = notifier_start(cases[i].directory ? folder : NULL, NULL);
        struct policy_set *set = fixture_compile(cases[i].rules, NULL);
        struct buf missing;

        buf_init(&missing, 1 << 16);
        preflight_rules(set, notifier, cases[i].prometheus, NULL, &missing);
        if (!cases[i].begin)
            assert_int_equal(missing.n, 0);
        else if (strncmp(missing.p, cases[i].begin, strlen(cases[i].begin)) != 0 ||
                 !strstr(missing.p, cases[i].other ? cases[i].other : "\n") ||
                 (!cases[i].other && strchr(missing.p, '\n')[1] != '\0'))
            fail_msg("case %zu: %s", i, missing.p);
        assert_null(missing.p ? strstr(missing.p, "s3cret") : NULL);
        buf_release(&missing);
        policy_set_release(set);
        notifier_stop(notifier);
    }
    unlink(path);
    rmdir(folder);
}

static unsigned refuse(void *ctx, const char *verb, const char *path)
{
    (void)ctx;
    (void)verb;
    (void)path;
    return 403;
}

static void rbac_is_asked(void **state)
{
    struct client_answer answer;
    struct client *client;
    struct buf missing;
    struct api api;

    (void)state;
    api_start(&api);
    assert_non_null(client = client_create(&api.config, &api.calls));
    buf_init(&missing, 1 << 16);
    assert_int_equal(preflight_cluster(client, VIEW("tidegate-system"), NULL, &missing, &answer),
                     0);
    assert_int_equal(missing.n, 0);
    api_meddle(&api, refuse, NULL);
    assert_int_equal(preflight_cluster(client, VIEW("tidegate-system"), NULL, &missing, &answer),
                     -1);
    assert_int_equal(answer.status, 403);
    buf_release(&missing);
    client_free(client);
    api_stop(&api);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_options_do_not_give_is_told),
        cmocka_unit_test(rbac_is_asked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
