#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/sys/log.h"
#include "certs/issue.h"
#include "certs/pair.h"
#include "cli/command.h"
#include "cli/connect.h"
#include "cli/limits.h"
#include "cli/ruleset.h"
#include "cli/serve_options.h"
#include "kube/kubeconfig/config.h"
#include "kube/limits.h"
#include "policy/limits.h"
#include "policy/shapes/shapes.h"
#include "server/cluster.h"
#include "server/decision_log.h"
#include "server/http/http.h"
#include "server/http/listen.h"
#include "server/limits.h"
#include "server/reload.h"
#include "server/routes.h"
#include "server/rules/rule_configmaps.h"
#include "server/rules/rule_objects.h"
#include "server/server_state.h"
#include "server/tls/tls.h"
#include "server/tls/tls_secret.h"

#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { OWN_LIFE = 3650 * 24 * 60 * 60 };

/* --- the parts of a running server ---------------------------------------------------------- */

struct server {
    const struct serve_options *settings;
    struct log *log;
    struct decision_log *decisions;
    struct server_state server;
    struct reload reload;
    struct pair own;
    struct config config; /* of the cluster, when there is one */
    struct cluster *cluster;
    char identity[LIMIT_IDENTITY + 1];
    struct http_server *http;
    char ca_dir[64]; /* a temporary one of ours, or empty */
    char ca_file[256];
    char address[LISTEN_ADDRESS];
};

static int complain(struct buf *why)
{
    struct view text = view_trim(buf_view(why));

    fprintf(stderr, "tidegate serve: %.*s\n", VIEW_ARGS(text));
    return -1;
}

static int write_ca(struct server *s, const struct pair *ca)
{
    const char *given = s->settings->ca_out;
    FILE *f;

    if (!given) {
        snprintf(s->ca_dir, sizeof(s->ca_dir), "/tmp/tidegate-XXXXXX");
        if (!mkdtemp(s->ca_dir)) {
            s->ca_dir[0] = '\0';
            fprintf(
                stderr,
                "tidegate serve: the CA of its own certificate cannot be written to \"/tmp\": %s; "
                "--ca-out takes another file, or /dev/stderr\n",
                strerror(errno));
            return -1;
        }
    }
    snprintf(s->ca_file, sizeof(s->ca_file), given ? "%s" : "%s/ca.crt", given ? given : s->ca_dir);
    f = fopen(s->ca_file, "we");
    if (f && fwrite(ca->cert.p, 1, ca->cert.n, f) == ca->cert.n && fclose(f) == 0)
        return 0;
    fprintf(stderr, "tidegate serve: cannot write \"%s\": %s\n", s->ca_file, strerror(errno));
    return -1;
}

/* The CA's key is forgotten here: nothing can be signed by it again. */
static int make_own(struct server *s, struct buf *why)
{
    struct pair ca;
    int status;

    if (issue_ca(&ca, "Tidegate CA", clock_wall(), OWN_LIFE, why) < 0)
        return complain(why);
    if (issue_leaf(&s->own, &ca, s->settings->names, s->settings->name_count, clock_wall(),
                   OWN_LIFE, why) < 0)
        status = complain(why);
    else
        status = write_ca(s, &ca);
    atomic_store(&s->server.counters.ca_expiry, ca.not_after);
    pair_release(&ca);
    s->reload.own = &s->own;
    return status;
}

static int complain_of_rules(struct buf *why)
{
    fprintf(stderr, "%.*s", VIEW_ARGS(buf_view(why)));
    return -1;
}

static int load_rules(struct server *s)
{
    struct buf why;
    int status;

    buf_init(&why, LIMIT_ANSWER);
    status = reload_rules(&s->reload, &why);
    if (status < 0)
        complain_of_rules(&why);
    buf_release(&why);
    return status;
}

static bool is_told_to_end(void)
{
    sigset_t pending;

    sigpending(&pending);
    return sigismember(&pending, SIGTERM) || sigismember(&pending, SIGINT);
}

static uint64_t rules_version(const struct server *s)
{
    return s->reload.objects ? rule_objects_version(s->reload.objects)
                             : rule_configmaps_version(s->reload.maps);
}

static void await_version(const struct server *s, uint64_t version)
{
    if (s->reload.objects)
        rule_objects_await(s->reload.objects, version, 1);
    else
        rule_configmaps_await(s->reload.maps, version, 1);
}

/* Waits for a whole list of ConfigMaps or objects whose rules compile; or until it is told to end.
 */
static int await_rules(struct server *s)
{
    int64_t until = clock_monotonic_ns() + LIMIT_RULES_TIME * INT64_C(1000000000);
    struct buf why;
    int status;

    s->reload.maps = cluster_rule_maps(s->cluster);
    s->reload.objects = cluster_rule_objects(s->cluster);
    buf_init(&why, LIMIT_ANSWER);
    do {
        uint64_t version = rules_version(s);

        buf_reset(&why);
        status = reload_rules(&s->reload, &why);
        if (status < 0)
            await_version(s, version);
    } while (status < 0 && clock_monotonic_ns() < until && !is_told_to_end());
    if (status < 0)
        complain_of_rules(&why);
    buf_release(&why);
    return status;
}

/* Waits for another replica, or cert-manager, or the API server; or until it is told to end. */
static int await_secret(struct server *s, struct buf *why)
{
    s->reload.secret = cluster_tls_secret(s->cluster);
    for (int i = 0; i < LIMIT_TLS_SECRET_TIME; i++) {
        buf_reset(why);
        if (tls_secret_await(s->reload.secret, 1, why) == 0)
            return 0;
        if (is_told_to_end())
            break;
    }
    return complain(why);
}

/* The certificate, from where the options say. */
static int load_tls(struct server *s)
{
    const struct serve_options *set = s->settings;
    struct buf why;
    int status = 0;

    buf_init(&why, LIMIT_ANSWER);
    if (set->tls_secret)
        status = await_secret(s, &why);
    else if (!set->cert)
        status = make_own(s, &why);
    if (status == 0 && reload_tls(&s->reload, &why) < 0)
        status = complain(&why);
    buf_release(&why);
    return status;
}

/* Of this process alone: a pod keeps its name when its container is started again. */
static void name_self(struct server *s)
{
    char host[HOST_NAME_MAX + 1] = "tidegate";
    unsigned random = 0;

    gethostname(host, HOST_NAME_MAX);
    if (getentropy(&random, sizeof(random)) < 0)
        random = (unsigned)getpid();
    snprintf(s->identity, sizeof(s->identity), "%.64s_%08x", host, random);
}

static struct tls_secret_options tls_options(const struct server *s)
{
    const struct serve_options *set = s->settings;

    return (struct tls_secret_options){.namespace_ = s->server.cluster_view.own_namespace,
                                       .name = set->tls_secret,
                                       .follow = set->tls_follow,
                                       .wish = {.names = set->names,
                                                .name_count = set->name_count,
                                                .ca_life = set->ca_life,
                                                .leaf_life = set->leaf_life},
                                       .configurations = set->configurations,
                                       .configuration_count = set->configuration_count};
}

static struct cluster *follow_cluster(struct server *s)
{
    const struct serve_options *set = s->settings;
    struct cluster_options options = {.config = &s->config,
                                      .log = s->log,
                                      .decisions = s->server.decisions,
                                      .own_namespace = s->server.cluster_view.own_namespace,
                                      .rules_in_force = server_state_set,
                                      .ctx = &s->server,
                                      .prometheus = set->prometheus,
                                      .prometheus_ca_file = set->prometheus_ca,
                                      .prometheus_token_file = set->prometheus_token,
                                      .notifiers = set->notifiers,
                                      .no_pod_logs = set->no_pod_logs,
                                      .schemas = set->schemas,
                                      .rule_objects = set->rules_objects,
                                      .tls = tls_options(s),
                                      .rules = {.namespace_ = s->server.cluster_view.own_namespace,
                                                .selector = set->rules_configmaps}};

    name_self(s);
    options.identity = view_of(s->identity);
    return cluster_start(&options);
}

/* The option that takes a cluster; NULL: none was given. */
static const char *needs_cluster(const struct serve_options *set)
{
    return set->rules_configmaps ? "rules-configmaps"
           : set->rules_objects  ? "rules-objects"
           : set->tls_secret     ? "tls-secret"
                                 : NULL;
}

static int start_cluster(struct server *s)
{
    const char *needing = needs_cluster(s->settings);
    struct buf why;
    int status;

    buf_init(&why, LIMIT_ANSWER);
    status = connect_server(&s->config, s->settings->kubeconfig, &why);
    if (status > 0 && !(s->cluster = follow_cluster(s))) {
        buf_add_str(&why, "the cluster cannot be followed: out of memory or threads");
        status = -1;
    }
    if (status == 0 && needing) {
        buf_printf(&why,
                   "--%s requires a cluster: this is not a pod with a token, and there is no "
                   "--kubeconfig",
                   needing);
        status = -1;
    }
    if (status < 0)
        complain(&why);
    buf_release(&why);
    s->server.cluster = s->cluster;
    return status < 0 ? -1 : 0;
}

static int start_http(struct server *s)
{
    struct http_options o = {.threads = s->settings->threads,
                             .tls = s->reload.tls,
                             .log = s->log,
                             .handler = routes_handler(&s->server)};
    struct buf why;

    buf_init(&why, 1024);
    o.listener = listen_open(view_of(s->settings->listen), s->address, &why);
    if (o.listener < 0)
        complain(&why);
    buf_release(&why);
    if (o.listener < 0)
        return -1;
    s->http = http_start(&o);
    if (!s->http)
        fprintf(stderr, "tidegate serve: the HTTPS server cannot be started\n");
    return s->http ? 0 : -1;
}

static void prepare_reload(struct server *s)
{
    const struct serve_options *set = s->settings;

    s->reload = (struct reload){.rules = set->rules.count > 0 ? set->rules.paths : NULL,
                                .rules_text = set->rules.count > 0 ? set->rules.text : NULL,
                                .cert_file = set->cert,
                                .key_file = set->key,
                                .client_ca_file = set->client_ca,
                                .server = &s->server,
                                .log = s->log};
}

/* Mistakes in a directory are told without asking the cluster, where all rules are in it. */
static int load_rules_and_cluster(struct server *s)
{
    if (!s->settings->rules_configmaps && !s->settings->rules_objects)
        return load_rules(s) == 0 ? start_cluster(s) : -1;
    return start_cluster(s) == 0 ? await_rules(s) : -1;
}

static int start(struct server *s)
{
    s->log = log_create(STDERR_FILENO, s->settings->format);
    s->decisions = decision_log_create(STDOUT_FILENO, s->settings->every_allowed);
    if (!s->log || !s->decisions) {
        fprintf(stderr, "tidegate serve: out of memory\n");
        return -1;
    }
    server_state_init(&s->server, s->log, s->decisions);
    s->server.cluster_view = s->settings->cluster_view.cluster_view;
    prepare_reload(s);
    s->reload.shapes = ruleset_shapes(s->settings->schemas);
    if (!s->reload.shapes || load_rules_and_cluster(s) < 0 || load_tls(s) < 0)
        return -1;
    return start_http(s);
}

static void announce(const struct server *s)
{
    if (s->settings->format == LOG_JSON) {
        LOG(s->log, LOG_LEVEL_INFO, "listening", LOG_STR("address", s->address),
            LOG_STR("ca", s->ca_file));
        return;
    }
    if (s->ca_file[0])
        fprintf(stderr, "its CA is in %s\n", s->ca_file);
    fprintf(stderr, "listening on https://%s\n", s->address);
}

static void stop(struct server *s)
{
    http_stop(s->http);
    tls_free(s->reload.tls);
    reload_release(&s->reload);
    shapes_free(s->reload.shapes);
    cluster_stop(s->cluster);
    config_release(&s->config);
    if (s->decisions && s->log)
        server_state_release(&s->server);
    decision_log_free(s->decisions);
    log_free(s->log);
    pair_release(&s->own);
    if (s->ca_dir[0]) {
        unlink(s->ca_file);
        rmdir(s->ca_dir);
    }
}

/* --- life ----------------------------------------------------------------------------------- */

static void block_signals(sigset_t *set)
{
    signal(SIGPIPE, SIG_IGN);
    sigemptyset(set);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGHUP);
    pthread_sigmask(SIG_BLOCK, set, NULL);
}

/* Looks after the files each second until it is told to end; returns by which signal. */
static int attend(struct server *s, const sigset_t *set)
{
    const struct timespec second = {.tv_sec = 1};
    int signal;

    while ((signal = sigtimedwait(set, NULL, &second)) != SIGTERM && signal != SIGINT)
        reload_look(&s->reload, signal == SIGHUP);
    LOG(s->log, LOG_LEVEL_INFO, "stopping", LOG_STR("signal", signal == SIGTERM ? "TERM" : "INT"),
        LOG_INT("delay", signal == SIGTERM ? s->settings->shutdown_delay : 0));
    return signal;
}

/* Until every kube-proxy knows that this address is gone, requests still come. A second signal ends
 * the wait. */
static void linger(struct server *s, const sigset_t *set)
{
    int64_t until = clock_monotonic_ns() + s->settings->shutdown_delay * INT64_C(1000000000), left;

    server_state_set_stopping(&s->server);
    http_say_goodbye(s->http);
    while ((left = until - clock_monotonic_ns()) > 0) {
        struct timespec wait = {left / 1000000000, left % 1000000000};
        int signal = sigtimedwait(set, NULL, &wait);

        if (signal == SIGTERM || signal == SIGINT)
            return;
    }
}

/* Room for all connections: the usual soft limit of 1024 is below it. */
static void raise_descriptors(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= LIMIT_CONNECTIONS + 64)
        return;
    limit.rlim_cur =
        limit.rlim_max < LIMIT_CONNECTIONS + 64 ? limit.rlim_max : LIMIT_CONNECTIONS + 64;
    setrlimit(RLIMIT_NOFILE, &limit);
}

static int run_server(const struct serve_options *settings)
{
    struct server s = {.settings = settings};
    sigset_t signals;
    int status = EXIT_USAGE;

    pair_init(&s.own);
    block_signals(&signals);
    raise_descriptors();
    if (start(&s) == 0) {
        server_state_set_serving(&s.server);
        announce(&s);
        if (attend(&s, &signals) == SIGTERM)
            linger(&s, &signals);
        status = EXIT_OK;
    }
    stop(&s);
    return status;
}

static int run(const struct command *command, int argc, char **argv)
{
    struct serve_options settings;
    int answer = serve_options_read(&settings, command, argc, argv);

    if (answer >= 0)
        return answer;
    json_set_alloc_funcs(mem_alloc, mem_free);
    /* A review's memory is the next one's: the kernel need not have it in between. */
    mallopt(M_TRIM_THRESHOLD, 16 * 1024 * 1024);
    return run_server(&settings);
}

const struct command command_serve = {
    .name = "serve",
    .arguments = "",
    .summary = "answer admission reviews over HTTPS",
    .example = "serve --rules rules/starter --listen 127.0.0.1:8443",
    .options = serve_options_rows,
    .run = run,
};
