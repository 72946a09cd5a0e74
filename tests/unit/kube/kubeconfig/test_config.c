#include "kube/kubeconfig/config.h"

#include "base/buf.h"
#include "base/mem.h"
#include "cmocka_all.h"
#include "kube/kubeconfig/exec_plugin.h"
#include "kube/limits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PEM_DATA "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t" /* -----BEGIN CERTIFICATE----- */
#define CONFIG(cluster, user)                                                                      \
    "clusters: [{name: c, cluster: {" cluster "}}]\n"                                              \
    "users: [{name: u, user: {" user "}}]\n"                                                       \
    "contexts: [{name: x, context: {cluster: c, user: u}}]\n"                                      \
    "current-context: x\n"
#define SERVER "server: 'https://k:6443'"
#define TOKEN  "token: s3cret"

static void put(const char *name, const char *text)
{
    FILE *f = fopen(name, "w");

    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, strlen(text), f), strlen(text));
    assert_int_equal(fclose(f), 0);
}

static char folder[] = "/tmp/test-config-XXXXXX";

static int enter_folder(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(folder));
    assert_int_equal(chdir(folder), 0);
    put("pem", "a certificate\n");
    put("token", "from-a-file\n");
    put("ca.crt", "a CA\n");
    return 0;
}

static int leave_folder(void **state)
{
    (void)state;
    unlink("k");
    unlink("pem");
    unlink("token");
    unlink("ca.crt");
    return rmdir(folder);
}

static void what_is_refused(void **state)
{
    static const struct {
        const char *text, *why;
    } table[] = {
        {"", "k: error: this is not a kubeconfig\n"},
        {"[]", "k: error: this is not a kubeconfig\n"},
        {"a: 1\n---\nb: 1\n", "k: error: this is not a kubeconfig\n"},
        {"users:\n  - {token: *s3cret}\n", "k:2:13: error: this is not YAML\n"},
        {"token: \"s3cret\n", "k:2:1: error: this is not YAML\n"},
        {"clusters: []\n", "k:1:1: error: there is no \"current-context\"\n"
                           "  = choose one with kubectl config use-context\n"},
        {"current-context: ''\n", "k:1:1: error: there is no \"current-context\"\n"
                                  "  = choose one with kubectl config use-context\n"},
        {"current-context: [x]\n",
         "k:1:18: error: \"current-context\" must be a string, found a list\n"
         "k:1:1: error: there is no \"current-context\"\n"
         "  = choose one with kubectl config use-context\n"},
        {"current-context: x\n", "k:1:18: error: no context is named \"x\"\n"},
        {"contexts: [{name: x}]\ncurrent-context: x\n",
         "k:1:19: error: the context \"x\" is empty\n"},
        {"contexts: [{name: x, context: {}}]\ncurrent-context: x\n",
         "k:1:31: error: the context has no \"cluster\"\n"
         "k:1:31: error: the context has no \"user\"\n"},
        {"contexts: [{name: x, context: {cluster: c, user: u}}]\ncurrent-context: x\n",
         "k:1:41: error: no cluster is named \"c\"\n"
         "k:1:50: error: no user is named \"u\"\n"},
        {CONFIG("certificate-authority: pem", TOKEN),
         "k:1:31: error: the cluster has no \"server\"\n"},
        {CONFIG("server: 'http://k'", TOKEN),
         "k:1:40: error: the server is not an address that begins with https://\n"},
        {CONFIG("server: 'https://'", TOKEN), "k:1:40: error: the server is not an address\n"},
        {CONFIG("server: 'https://me:s3cret@k'", TOKEN),
         "k:1:40: error: the server has more than a host, a port and a path\n"},
        {CONFIG("server: 'https://k?a=b'", TOKEN),
         "k:1:40: error: the server has more than a host, a port and a path\n"},
        {CONFIG(SERVER ", insecure-skip-tls-verify: true", TOKEN),
         "k:1:84: error: insecure-skip-tls-verify is refused: anybody could be the API server\n"
         "  = give its CA as certificate-authority\n"},
        {CONFIG(SERVER ", proxy-url: 'http://p'", TOKEN),
         "k:1:69: error: proxy-url is not supported\n"
         "  = set HTTPS_PROXY\n"},
        {CONFIG(SERVER ", certificate-authority: gone", TOKEN),
         "k:1:81: error: certificate-authority \"gone\" cannot be read: No such file or "
         "directory\n"},
        {CONFIG(SERVER ", certificate-authority-data: '%'", TOKEN),
         "k:1:86: error: certificate-authority-data is not base64\n"},
        {CONFIG(SERVER ", certificate-authority-data: Zm9v", TOKEN),
         "k:1:86: error: certificate-authority-data holds no PEM\n"},
        {CONFIG(SERVER, ""),
         "k:2:25: error: the user has no token, no tokenFile and no client-certificate\n"},
        {CONFIG(SERVER, "token: [s3cret]"),
         "k:2:33: error: \"token\" must be a string, found a list\n"},
        {CONFIG(SERVER, "token: 12345"),
         "k:2:33: error: \"token\" must be a string, found an integer\n"},
        {CONFIG(SERVER, "tokenFile: gone"),
         "k:2:37: error: tokenFile \"gone\" cannot be read: No such file or directory\n"},
        {CONFIG(SERVER, "client-certificate: pem"),
         "k:2:25: error: client-certificate and client-key belong together\n"},
        {CONFIG(SERVER, "client-key-data: " PEM_DATA ", " TOKEN),
         "k:2:25: error: client-certificate and client-key belong together\n"},
        {CONFIG(SERVER, "client-certificate: pem, client-key-data: s3cret"),
         "k:2:68: error: client-key-data is not base64\n"},
        {CONFIG(SERVER, "exec: {command: aws}"),
         "k:2:32: error: exec is refused: no program is run for credentials\n"
         "  = give a token, a tokenFile or a client-certificate\n"},
        {CONFIG(SERVER, "auth-provider: {name: gcp}"),
         "k:2:41: error: auth-provider is refused: Kubernetes has given them up\n"
         "  = give a token, a tokenFile or a client-certificate\n"},
        {CONFIG(SERVER, "username: me, password: s3cret"),
         "k:2:36: error: username is refused: an API server takes no passwords\n"
         "  = give a token, a tokenFile or a client-certificate\n"},
        {CONFIG(SERVER, "as: root, " TOKEN),
         "k:2:30: error: as is not supported: nobody is impersonated\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct config config;
        struct buf why;

        put("k", table[i].text);
        buf_init(&why, 4096);
        assert_int_equal(config_of_file(&config, "k", &why), -1);
        if (!view_eq_str(buf_view(&why), table[i].why))
            fail_msg("%zu:\n%s\nnot:\n%s", i, why.p, table[i].why);
        assert_null(config.server);
        buf_release(&why);
    }
}

/* Reads a kubeconfig as a person's command does. */
static int read_for_person(struct config *c, const char *text, struct buf *why)
{
    const char *file = "k";
    const struct config_source source = {&file, 1, NULL, true};

    put(file, text);
    buf_init(why, 16384);
    return config_of_files(c, &source, why);
}

#define V1   "apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never"
#define BETA "apiVersion: client.authentication.k8s.io/v1beta1"

static void what_is_refused_to_people(void **state)
{
    static const struct {
        const char *text, *why;
    } table[] = {
        {CONFIG(SERVER ", insecure-skip-tls-verify: true, certificate-authority: pem", TOKEN),
         "k:1:84: error: insecure-skip-tls-verify and a certificate-authority exclude each "
         "other\n"},
        {CONFIG(SERVER ", insecure-skip-tls-verify: 'yes'", TOKEN),
         "k:1:84: error: \"insecure-skip-tls-verify\" must be true or false, found a string\n"},
        {CONFIG(SERVER ", proxy-url: 'ftp://p'", TOKEN),
         "k:1:69: error: proxy-url must begin with http://, https:// or socks5://\n"},
        {CONFIG(SERVER, ""), "k:2:25: error: the user has no token, no tokenFile, no "
                             "client-certificate and no exec\n"},
        {CONFIG(SERVER, "exec: {" V1 "}"), "k:2:32: error: exec has no \"command\"\n"},
        {CONFIG(SERVER, "exec: {command: aws}"),
         "k:2:32: error: the apiVersion of exec must be client.authentication.k8s.io/v1 or "
         "client.authentication.k8s.io/v1beta1\n"
         "  = let the provider's tool write the kubeconfig again, as aws eks update-kubeconfig "
         "does\n"},
        {CONFIG(SERVER, "exec: {command: aws, "
                        "apiVersion: client.authentication.k8s.io/v1alpha1}"),
         "k:2:59: error: the apiVersion of exec must be client.authentication.k8s.io/v1 or "
         "client.authentication.k8s.io/v1beta1\n"
         "  = let the provider's tool write the kubeconfig again, as aws eks update-kubeconfig "
         "does\n"},
        {CONFIG(SERVER, "exec: {command: aws, apiVersion: client.authentication.k8s.io/v1}"),
         "k:2:32: error: the interactiveMode of exec must be Never, IfAvailable or Always\n"},
        {CONFIG(SERVER, "exec: {command: aws, " BETA ", interactiveMode: never}"),
         "k:2:114: error: the interactiveMode of exec must be Never, IfAvailable or Always\n"},
        {CONFIG(SERVER, "exec: {command: aws, " V1 ", args: [1]}"),
         "k:2:123: error: an argument of exec must be a string, found an integer\n"},
        {CONFIG(SERVER, "exec: {command: aws, " V1 ", env: [{value: s3cret}], args: x}"),
         "k:2:146: error: \"args\" must be a list, found a string\n"
         "k:2:122: error: a variable of exec has no \"name\"\n"},
        {CONFIG(SERVER, "auth-provider: {name: gcp}"),
         "k:2:41: error: auth-provider is refused: Kubernetes has given them up\n"
         "  = give a token, a tokenFile or a client-certificate\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct config config;
        struct buf why;

        assert_int_equal(read_for_person(&config, table[i].text, &why), -1);
        if (!view_eq_str(buf_view(&why), table[i].why))
            fail_msg("%zu:\n%s\nnot:\n%s", i, why.p, table[i].why);
        buf_release(&why);
    }
}

static void what_people_may_have(void **state)
{
    struct config c;
    struct buf why;

    (void)state;
    assert_int_equal(
        read_for_person(
            &c, CONFIG(SERVER ", insecure-skip-tls-verify: true, proxy-url: 'socks5://p:1'", TOKEN),
            &why),
        0);
    assert_true(c.insecure);
    assert_string_equal(c.proxy, "socks5h://p:1");
    assert_null(c.exec);
    config_release(&c);
    assert_int_equal(
        read_for_person(
            &c,
            CONFIG(SERVER
                   ", proxy-url: 'http://p:1', certificate-authority-data: " PEM_DATA
                   ", extensions: [{name: client.authentication.k8s.io/exec, extension: {a: 1}}]",
                   "exec: {" V1 ", command: bin/get-token, args: [--region, a], env: [{name: A, "
                   "value: b}], installHint: 'get it', provideClusterInfo: true}"),
            &why),
        0);
    assert_string_equal(c.proxy, "http://p:1");
    assert_false(c.insecure);
    assert_string_equal(c.exec->argv[0], "bin/get-token");
    assert_string_equal(c.exec->argv[1], "--region");
    assert_string_equal(c.exec->argv[2], "a");
    assert_null(c.exec->argv[3]);
    assert_string_equal(c.exec->env[0], "A=b");
    assert_null(c.exec->env[1]);
    assert_string_equal(c.exec->hint, "get it");
    assert_int_equal(c.exec->interactive, EXEC_NEVER);
    assert_int_equal(c.exec->seconds, LIMIT_CREDENTIAL_TIME);
    assert_string_equal(c.exec->cluster,
                        "{\"server\":\"https://k:6443\",\"proxy-url\":\"http://p:1\","
                        "\"certificate-authority-data\":\"" PEM_DATA "\",\"config\":{\"a\":1}}");
    config_release(&c);
    assert_int_equal(read_for_person(&c, CONFIG(SERVER, "exec: {command: aws, " BETA "}"), &why),
                     0);
    assert_int_equal(c.exec->interactive, EXEC_IF_AVAILABLE);
    assert_string_equal(c.exec->argv[0], "aws");
    assert_null(c.exec->cluster);
    config_release(&c);
    buf_release(&why);
}

/* A plugin is told the CA that a file has, and that nothing is verified. */
static void what_a_plugin_is_told(void **state)
{
    struct config c;
    struct buf why;

    (void)state;
#define INFO "exec: {" V1 ", command: c, provideClusterInfo: true}"
    assert_int_equal(read_for_person(&c, CONFIG(SERVER ", certificate-authority: pem", INFO), &why),
                     0);
    assert_string_equal(c.exec->cluster,
                        "{\"server\":\"https://k:6443\",\"certificate-authority-data\":"
                        "\"YSBjZXJ0aWZpY2F0ZQo=\"}");
    config_release(&c);
    assert_int_equal(
        read_for_person(
            &c, CONFIG(SERVER ", insecure-skip-tls-verify: true, tls-server-name: me", INFO), &why),
        0);
    assert_string_equal(c.exec->cluster,
                        "{\"server\":\"https://k:6443\",\"tls-server-name\":\"me\","
                        "\"insecure-skip-tls-verify\":true}");
    config_release(&c);
    buf_release(&why);
}

/* As many arguments as that are read, and one more is too many. */
static void arguments_of_a_plugin(void **state)
{
    (void)state;
    for (int more = -1; more < 2; more++) {
        struct config c;
        struct buf text, why;

        buf_init(&text, 65536);
        buf_add_str(&text,
                    "clusters: [{name: c, cluster: {" SERVER "}}]\n"
                    "contexts: [{name: x, context: {cluster: c, user: u}}]\ncurrent-context: x\n"
                    "users: [{name: u, user: {exec: {" V1 ", command: c, args: [a");
        for (int i = 1; i < LIMIT_CREDENTIAL_ARGS + more; i++)
            buf_add_str(&text, ", a");
        buf_add_str(&text, "]}}}]\n");
        assert_int_equal(read_for_person(&c, text.p, &why), more > 0 ? -1 : 0);
        if (more > 0)
            assert_non_null(strstr(why.p, "\"args\" has more than 64 items"));
        config_release(&c);
        buf_release(&why);
        buf_release(&text);
    }
}

static const char *const several[] = {"k", "gone", "l"};

static int read_several(struct config *c, const char *context, struct buf *why)
{
    const struct config_source source = {several, 3, context, true};

    buf_init(why, 16384);
    return config_of_files(c, &source, why);
}

/* https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/#merging-kubeconfig-files
 */
static void several_files(void **state)
{
    struct config c;
    struct buf why;

    (void)state;
    put("k", "contexts: [{name: a, context: {cluster: a, user: u, namespace: shop}}]\n"
             "users: [{name: u, user: {token: first}}]\n");
    put("l", "contexts: [{name: a, context: {cluster: b, user: v}}, {name: b, context: {cluster: "
             "b, user: u}}]\n"
             "clusters: [{name: a, cluster: {server: 'https://a'}}, {name: b, cluster: {server: "
             "'https://b'}}]\n"
             "users: [{name: u, user: {token: second, tokenFile: token}}]\n"
             "current-context: b\n");
    assert_int_equal(read_several(&c, NULL, &why), 0);
    assert_string_equal(c.server, "https://b");
    assert_string_equal(c.token, "first");
    assert_null(c.token_file);
    config_release(&c);
    assert_int_equal(read_several(&c, "a", &why), 0);
    assert_string_equal(c.server, "https://a");
    assert_string_equal(c.namespace_, "shop");
    config_release(&c);
    assert_int_equal(read_several(&c, "z", &why), -1);
    assert_string_equal(why.p, "k: error: no context is named \"z\"\n");
    buf_release(&why);
    put("l", "[");
    assert_int_equal(read_several(&c, "a", &why), -1);
    assert_string_equal(why.p, "l:1:2: error: this is not YAML\n");
    buf_release(&why);
    unlink("k");
    unlink("l");
    assert_int_equal(read_several(&c, NULL, &why), -1);
    assert_string_equal(why.p, "kubeconfig: error: none of the files is there\n");
    buf_release(&why);
}

static void as_many_files_as_there_may_be(void **state)
{
    const char *files[LIMIT_KUBECONFIGS + 1];

    (void)state;
    put("k", CONFIG(SERVER, TOKEN));
    for (int more = -1; more < 2; more++) {
        struct config_source source = {files, (size_t)(LIMIT_KUBECONFIGS + more), NULL, true};
        struct config c;
        struct buf why;

        for (size_t i = 0; i < source.count; i++)
            files[i] = "k";
        buf_init(&why, 4096);
        assert_int_equal(config_of_files(&c, &source, &why), more > 0 ? -1 : 0);
        if (more > 0)
            assert_string_equal(why.p, "kubeconfig: error: more than 32 files\n");
        config_release(&c);
        buf_release(&why);
    }
}

static void a_file_that_is_not_there_or_too_large(void **state)
{
    char *large = calloc(1, LIMIT_KUBECONFIG + 2);
    struct config config;
    struct buf why;

    (void)state;
    buf_init(&why, 4096);
    unlink("k");
    assert_int_equal(config_of_file(&config, "k", &why), -1);
    assert_string_equal(why.p, "k: error: cannot be read: No such file or directory\n");
    for (int more = 0; more < 2; more++) {
        memset(large, ' ', (size_t)LIMIT_KUBECONFIG + (size_t)more);
        memcpy(large, CONFIG(SERVER, TOKEN), strlen(CONFIG(SERVER, TOKEN)));
        large[LIMIT_KUBECONFIG - 1] = '\n';
        put("k", large);
        buf_reset(&why);
        assert_int_equal(config_of_file(&config, "k", &why), -more);
        config_release(&config);
    }
    assert_string_equal(why.p, "k: error: larger than the limit of 1048576 bytes\n");
    buf_release(&why);
    free(large);
}

static void same(const char *found, const char *wanted)
{
    if (wanted)
        assert_string_equal(found, wanted);
    else
        assert_null(found);
}

static void what_is_read(void **state)
{
    static const struct {
        const char *text;
        const char *server, *server_name, *ca_file, *ca_text;
        const char *cert_file, *key_text, *token, *token_file, *namespace_;
    } table[] = {
        {.text = CONFIG(SERVER, TOKEN), .server = "https://k:6443", .token = "s3cret"},
        {.text = CONFIG("server: 'https://k/api//', insecure-skip-tls-verify: false", TOKEN),
         .server = "https://k/api",
         .token = "s3cret"},
        {.text = CONFIG(SERVER ", tls-server-name: kubernetes, certificate-authority: pem",
                        "tokenFile: token"),
         .server = "https://k:6443",
         .server_name = "kubernetes",
         .ca_file = "pem",
         .token_file = "token"},
        {.text = CONFIG(SERVER ", certificate-authority: gone, "
                               "certificate-authority-data: " PEM_DATA,
                        "client-certificate: pem, client-key-data: " PEM_DATA),
         .server = "https://k:6443",
         .ca_text = "-----BEGIN CERTIFICATE-----",
         .cert_file = "pem",
         .key_text = "-----BEGIN CERTIFICATE-----"},
        {.text = "{\"clusters\": [{\"name\": \"o\", \"cluster\": {\"server\": \"http://other\"}},"
                 "{\"name\": \"c\", \"cluster\": {\"server\": \"https://[::1]:1\"}}],"
                 "\"users\": [{\"name\": \"u\", \"user\": {\"token\": \"t\", \"exec\": null}}],"
                 "\"contexts\": [{\"name\": \"x\", \"context\": {\"cluster\": \"c\", "
                 "\"user\": \"u\", \"namespace\": \"n\"}}],"
                 "\"current-context\": \"x\", \"preferences\": {}}",
         .server = "https://[::1]:1",
         .token = "t",
         .namespace_ = "n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct config c;
        struct buf why;

        put("k", table[i].text);
        buf_init(&why, 4096);
        if (config_of_file(&c, "k", &why) < 0)
            fail_msg("%zu: %s", i, why.p);
        same(c.server, table[i].server);
        same(c.server_name, table[i].server_name);
        same(c.ca.file, table[i].ca_file);
        assert_true(view_eq(c.ca.text, view_of(table[i].ca_text)));
        same(c.cert.file, table[i].cert_file);
        assert_true(view_eq(c.key.text, view_of(table[i].key_text)));
        same(c.namespace_, table[i].namespace_);
        same(c.token, table[i].token);
        same(c.token_file, table[i].token_file);
        config_release(&c);
        buf_release(&why);
    }
}

static void names_of_files_are_relative_to_the_kubeconfig(void **state)
{
    char path[64], wanted[64];
    struct config c;
    struct buf why;

    (void)state;
    put("k", CONFIG(SERVER, "tokenFile: token"));
    buf_init(&why, 4096);
    snprintf(path, sizeof(path), "%s/k", folder);
    snprintf(wanted, sizeof(wanted), "%s/token", folder);
    assert_int_equal(config_of_file(&c, path, &why), 0);
    assert_string_equal(c.token_file, wanted);
    config_release(&c);
    buf_release(&why);
}

static void what_a_pod_is_given(void **state)
{
    static const struct {
        const char *host, *port, *folder, *server, *why;
    } table[] = {
        {"10.96.0.1", "443", ".", "https://10.96.0.1:443", NULL},
        {"fd00::1", "443", ".", "https://[fd00::1]:443", NULL},
        {"10.96.0.1", "", ".", NULL, NULL},
        {"a b", "443", ".", NULL, "the service account: a b:443 is not an address"},
        {"10.96.0.1", "443", "gone", NULL,
         "the service account in \"gone\" cannot be read: No such file or directory"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct config c;
        struct buf why;
        int status;

        buf_init(&why, 4096);
        status = config_of_pod(&c, table[i].host, table[i].port, table[i].folder, &why);
        if (table[i].why)
            assert_string_equal(why.p, table[i].why);
        if (table[i].server) {
            assert_int_equal(status, 0);
            assert_string_equal(c.server, table[i].server);
            assert_string_equal(c.ca.file, "./ca.crt");
            assert_string_equal(c.token_file, "./token");
        }
        config_release(&c);
        buf_release(&why);
    }
}

/* Each allocation fails in turn; nothing is lost and nothing is half read. */
static void memory_runs_out(void **state)
{
    (void)state;
    put("k", CONFIG(SERVER ", certificate-authority-data: " PEM_DATA,
                    "exec: {" V1 ", command: ./c, args: [a], provideClusterInfo: true}"));
    for (size_t n = 1;; n++) {
        const char *file = "k";
        const struct config_source source = {&file, 1, NULL, true};
        struct config c;
        struct buf why;
        int status;

        buf_init(&why, 4096);
        mem_fail_nth(n);
        status = config_of_files(&c, &source, &why);
        if (mem_fail_nth(0) < n) {
            assert_int_equal(status, 0);
            config_release(&c);
            buf_release(&why);
            return;
        }
        assert_true(status == 0 || !c.server);
        config_release(&c);
        buf_release(&why);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_refused),
        cmocka_unit_test(what_is_refused_to_people),
        cmocka_unit_test(what_people_may_have),
        cmocka_unit_test(what_a_plugin_is_told),
        cmocka_unit_test(arguments_of_a_plugin),
        cmocka_unit_test(several_files),
        cmocka_unit_test(as_many_files_as_there_may_be),
        cmocka_unit_test(a_file_that_is_not_there_or_too_large),
        cmocka_unit_test(what_is_read),
        cmocka_unit_test(names_of_files_are_relative_to_the_kubeconfig),
        cmocka_unit_test(what_a_pod_is_given),
        cmocka_unit_test(memory_runs_out),
    };

    return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
