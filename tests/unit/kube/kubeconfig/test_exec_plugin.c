#include "kube/kubeconfig/exec_plugin.h"

#include "cmocka_all.h"
#include "kube/limits.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define V1   "client.authentication.k8s.io/v1"
#define BETA "client.authentication.k8s.io/v1beta1"
#define ANSWER(status)                                                                             \
    "{\"kind\":\"ExecCredential\",\"apiVersion\":\"" V1 "\",\"status\":" status "}"

static char problem[512];

/* What came of a plugin that is this script of the shell. */
static int ask(const char *script, struct exec_credential *c)
{
    const char *const argv[] = {"sh", "-c", script, NULL};
    const char *const env[] = {"GREETING=hello", NULL};
    const struct exec_plugin p = {.argv = argv,
                                  .env = env,
                                  .api_version = V1,
                                  .interactive = EXEC_IF_AVAILABLE,
                                  .seconds = 60};

    problem[0] = '\0';
    return exec_plugin_ask(&p, 1000, c, problem, sizeof(problem));
}

static void what_it_prints(void **state)
{
    static const struct {
        const char *script, *token, *cert, *key;
        int64_t expires;
    } table[] = {
        {"echo '" ANSWER("{\"token\":\"t\"}") "'", "t", "", "", 0},
        {"echo '" ANSWER("{\"token\":\"t\",\"expirationTimestamp\":\"1970-01-01T01:00:00Z\"}") "'",
         "t", "", "", 3600},
        {"echo '" ANSWER("{\"clientCertificateData\":\"C\",\"clientKeyData\":\"K\"}") "'", "", "C",
         "K", 0},
        {"echo '" ANSWER("{\"token\":\"'$GREETING'\"}") "'", "hello", "", "", 0},
        {"case $KUBERNETES_EXEC_INFO in '{\"kind\":\"ExecCredential\",\"apiVersion\":\"" V1
         "\",\"spec\":{"
         "\"interactive\":false}}') echo '" ANSWER("{\"token\":\"told\"}") "';; esac",
         "told", "", "", 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct exec_credential c;

        exec_credential_init(&c);
        if (ask(table[i].script, &c) != 1)
            fail_msg("%zu: %s", i, problem);
        assert_true(view_eq_str(buf_view(&c.token), table[i].token));
        assert_true(view_eq_str(buf_view(&c.cert), table[i].cert));
        assert_true(view_eq_str(buf_view(&c.key), table[i].key));
        assert_int_equal(c.expires, table[i].expires);
        exec_credential_release(&c);
    }
}

static void what_is_wrong_with_it(void **state)
{
    static const struct {
        const char *script, *problem;
    } table[] = {
        {"exit 2", "the credential plugin \"sh\" failed with exit code 2"},
        {"true", "the credential plugin \"sh\" printed no ExecCredential"},
        {"echo s3cret", "the credential plugin \"sh\" printed no ExecCredential"},
        {"echo '{\"kind\":\"ExecCredential\",\"apiVersion\":\"" BETA "\"}'",
         "the credential plugin \"sh\" printed another apiVersion than the kubeconfig asks for"},
        {"echo '" ANSWER("null") "'", "the credential plugin \"sh\" printed no status"},
        {"echo '" ANSWER("{}") "'",
         "the credential plugin \"sh\" printed no token and no client certificate"},
        {"echo '" ANSWER("{\"clientKeyData\":\"s3cret\"}") "'",
         "the credential plugin \"sh\" printed a client certificate or its key, but not both"},
        {"echo '" ANSWER("{\"token\":\"t\",\"expirationTimestamp\":\"soon\"}") "'",
         "the credential plugin \"sh\" printed an expirationTimestamp that is not a time"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct exec_credential c;

        exec_credential_init(&c);
        assert_int_equal(ask(table[i].script, &c), -1);
        assert_string_equal(problem, table[i].problem);
        assert_false(c.is_there);
        exec_credential_release(&c);
    }
}

/* It is run again when what it said has ended, and not before. */
static void how_long_it_holds(void **state)
{
    const char *const argv[] = {
        "sh", "-c",
        "echo '" ANSWER("{\"token\":\"t\",\"expirationTimestamp\":\"1970-01-01T01:00:00Z\"}") "'",
        NULL};
    const char *const env[] = {NULL};
    const struct exec_plugin p = {.argv = argv, .env = env, .api_version = V1, .seconds = 60};
    static const struct {
        int64_t now;
        int asked;
    } table[] = {{0, 1}, {3599, 0}, {3600, 0}, {3601, 1}};
    struct exec_credential c;

    (void)state;
    exec_credential_init(&c);
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        assert_int_equal(exec_plugin_ask(&p, table[i].now, &c, problem, sizeof(problem)),
                         table[i].asked);
    exec_credential_release(&c);
}

static void what_cannot_be_run(void **state)
{
    const char *const argv[] = {"no-such-plugin", NULL}, *const env[] = {NULL};
    const char *const slow[] = {"sleep", "100", NULL};
    struct exec_plugin p = {.argv = argv,
                            .env = env,
                            .api_version = V1,
                            .hint = "Install it:\n  brew install it",
                            .seconds = 60};
    struct exec_credential c;

    (void)state;
    exec_credential_init(&c);
    assert_int_equal(exec_plugin_ask(&p, 0, &c, problem, sizeof(problem)), -1);
    assert_string_equal(problem,
                        "the kubeconfig asks \"no-such-plugin\" for credentials, which is not "
                        "installed: Install it:   brew install it");
    p.argv = slow;
    p.seconds = 1;
    assert_int_equal(exec_plugin_ask(&p, 0, &c, problem, sizeof(problem)), -1);
    assert_string_equal(problem, "the credential plugin \"sleep\" took longer than 1 s");
    p.interactive = EXEC_ALWAYS;
    assert_int_equal(exec_plugin_ask(&p, 0, &c, problem, sizeof(problem)), -1);
    assert_string_equal(
        problem, "the credential plugin \"sleep\" asks at a terminal, and standard input is none");
    exec_credential_release(&c);
}

/* One byte less than the limit, as many, and one more. */
static void as_much_as_it_may_print(void **state)
{
    (void)state;
    for (int more = -1; more < 2; more++) {
        struct exec_credential c;
        char script[512];

        snprintf(script, sizeof(script), "printf '%%-%ds' '" ANSWER("{\"token\":\"t\"}") "'",
                 LIMIT_CREDENTIAL + more);
        exec_credential_init(&c);
        assert_int_equal(ask(script, &c), more > 0 ? -1 : 1);
        if (more > 0)
            assert_string_equal(problem,
                                "the credential plugin \"sh\" printed more than 131072 bytes");
        exec_credential_release(&c);
    }
}

static int close_stdin(void **state)
{
    (void)state;
    close(STDIN_FILENO);
    return open("/dev/null", O_RDONLY) == STDIN_FILENO ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_it_prints),          cmocka_unit_test(what_is_wrong_with_it),
        cmocka_unit_test(how_long_it_holds),       cmocka_unit_test(what_cannot_be_run),
        cmocka_unit_test(as_much_as_it_may_print),
    };

    return cmocka_run_group_tests(tests, close_stdin, NULL);
}
