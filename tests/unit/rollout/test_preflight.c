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

/* --- rights ------------------------------------------------------------------------------------
 */

static bool has(const struct preflight_permissions *list, const char *resource,
                const char *subresource, const char *verb)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct permission *row = &list->rows[i];

        if (strcmp(row->resource, resource) == 0 && strcmp(row->verb, verb) == 0 &&
            strcmp(row->subresource ? row->subresource : "", subresource) == 0)
            return true;
    }
    return false;
}

#define HTTP(more) "  fail: {http: [{" more "}]}\n"

/* Only what the guards and the options need is asked for. */
static void rights_follow_what_guards_do(void **state)
{
    static const struct {
        const char *rules;
        bool pod_logs, log, delete, proxy;
    } cases[] = {
        {GUARD("a", ""), true, true, true, false},
        {GUARD("a", ""), false, false, true, false},
        {GUARD("a", "  mode: audit\n"), true, true, false, false},
        {GUARD("a", HTTP("service: api, port: 80, path: /")), false, false, true, true},
        {GUARD("a", HTTP("service: api, port: 80, path: /, via: direct")), false, false, true,
         false},
        {GUARD("a", HTTP("url: 'http://api/'")), false, false, true, false},
        {"apiVersion: tidegate.dev/v1alpha1\nkind: RolloutGuard\nmetadata: {name: a}\nspec:\n"
         "  match: {kinds: [Deployment, DaemonSet]}\n  deadline: 10m\n  soak: 1m\n"
         "  onFailure: notify\n",
         true, true, false, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct policy_set *set = fixture_compile(cases[i].rules, NULL);
        struct preflight_permissions list;

        preflight_list(set, cases[i].pod_logs, "tidegate-system", &list);
        if (has(&list, "pods", "log", "get") != cases[i].log ||
            has(&list, "pods", "", "delete") != cases[i].delete ||
            has(&list, "services", "proxy", "get") != cases[i].proxy)
            fail_msg("case %zu", i);
        assert_true(has(&list, "pods", "", "watch"));
        policy_set_release(set);
    }
}

/* "get, list, watch" */
static bool lists(struct view message, const char *word)
{
    for (struct view one; message.n > 0;) {
        view_cut(message, ',', &one, &message);
        if (view_eq_str(view_trim(one), word))
            return true;
    }
    return false;
}

/* The line of docs/rbac.md on a resource that has the verb, by an option of the guard. */
static bool is_documented(const char *page, const struct permission *row)
{
    char begin[128];

    snprintf(begin, sizeof(begin), "\n| `%s%s%s%s%s` |", row->resource, row->subresource ? "/" : "",
             row->subresource ? row->subresource : "", *row->group ? "." : "", row->group);
    for (const char *at = page; (at = strstr(at, begin)); at++) {
        const char *end = strchr(at + 1, '\n');
        struct view line = {at, (size_t)(end - at)}, names, verbs;

        view_cut(view_from(line, strlen(begin)), '|', &names, &verbs);
        view_cut(verbs, '|', &verbs, &line);
        if (view_eq_str(view_trim(names), row->name ? row->name : "") && lists(verbs, row->verb))
            return true;
    }
    return false;
}

/* How many verbs the page has in the rows of the guard's options. */
static size_t count_documented(const char *page)
{
    size_t count = 0;

    for (const char *at = page; (at = strstr(at, "| `guard.")); at++)
        for (const char *c = at - 1; *c != '|'; c--)
            count += *c == ',' || c[-1] == '|';
    return count;
}

/* docs/rbac.md names each right that is asked for, and no more; the list and the watch of
 * ConfigMaps are there for rules as well. tests/chart holds the chart against that page. */
static void the_page_on_rights_has_them_all(void **state)
{
    struct policy_set *set =
        fixture_compile(GUARD("a", HTTP("service: api, port: 80, path: /")), NULL);
    struct preflight_permissions list;
    char page[16384];
    FILE *f = fopen("docs/rbac.md", "r");

    (void)state;
    assert_non_null(f);
    page[fread(page, 1, sizeof(page) - 1, f)] = '\0';
    fclose(f);
    preflight_list(set, true, "tidegate-system", &list);
    for (size_t i = 0; i < list.count; i++)
        if (!is_documented(page, &list.rows[i]))
            fail_msg("docs/rbac.md lacks %s of %s", list.rows[i].verb, list.rows[i].resource);
    assert_int_equal(count_documented(page) + 2, list.count);
    policy_set_release(set);
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
    struct policy_set *set = fixture_compile(query, NULL);
    struct client_answer answer;
    struct client *client;
    struct buf missing;
    struct api api;

    (void)state;
    api_start(&api);
    assert_non_null(client = client_create(&api.kube));
    buf_init(&missing, 1 << 16);
    assert_int_equal(
        preflight_cluster(client, set, true, VIEW("tidegate-system"), NULL, &missing, &answer), 0);
    assert_int_equal(missing.n, 0);
    api_meddle(&api, refuse, NULL);
    assert_int_equal(
        preflight_cluster(client, set, true, VIEW("tidegate-system"), NULL, &missing, &answer), -1);
    assert_int_equal(answer.status, 403);
    buf_release(&missing);
    policy_set_release(set);
    client_free(client);
    api_stop(&api);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_options_do_not_give_is_told),
        cmocka_unit_test(rights_follow_what_guards_do),
        cmocka_unit_test(the_page_on_rights_has_them_all),
        cmocka_unit_test(rbac_is_asked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
