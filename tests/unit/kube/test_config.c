#include "kube/config.h"

#include "base/buf.h"
#include "base/mem.h"
#include "cmocka_all.h"
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
         "k:1:69: error: proxy-url is not supported\n"},
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
    put("k", CONFIG(SERVER ", certificate-authority-data: " PEM_DATA, TOKEN));
    for (size_t n = 1;; n++) {
        struct config c;
        struct buf why;
        int status;

        buf_init(&why, 4096);
        mem_fail_nth(n);
        status = config_of_file(&c, "k", &why);
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
        cmocka_unit_test(a_file_that_is_not_there_or_too_large),
        cmocka_unit_test(what_is_read),
        cmocka_unit_test(names_of_files_are_relative_to_the_kubeconfig),
        cmocka_unit_test(what_a_pod_is_given),
        cmocka_unit_test(memory_runs_out),
    };

    return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
