#include "base/buf.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"
#include "certs/make.h"
#include "certs/pair.h"
#include "cli/command.h"
#include "cli/world_options.h"
#include "kube/config.h"
#include "server/cluster.h"
#include "server/decision_log.h"
#include "server/gate.h"
#include "server/http.h"
#include "server/listen.h"
#include "server/reload.h"
#include "server/routes.h"
#include "server/tls.h"

#include <errno.h>
#include <jansson.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum {
    OPT_RULES = 1,
    OPT_LISTEN,
    OPT_TLS_CERT,
    OPT_TLS_KEY,
    OPT_TLS_NAME,
    OPT_CA_OUT,
    OPT_CLIENT_CA,
    OPT_KUBECONFIG,
    OPT_THREADS,
    OPT_LOG_ALLOWED,
    OPT_LOG_FORMAT,
    OPT_OWN_NAMESPACE,
    OPT_CONTROLLER,
    OPT_SHUTDOWN_DELAY,
};

static const struct option_row options[] = {
    {OPT_RULES, "rules", "DIR", "the rule files (required)"},
    {OPT_LISTEN, "listen", "ADDR:PORT", "where to listen (0.0.0.0:8443)"},
    {OPT_TLS_CERT, "tls-cert", "FILE", "certificate and chain; without one it makes its own"},
    {OPT_TLS_KEY, "tls-key", "FILE", "the certificate's key"},
    {OPT_TLS_NAME, "tls-name", "NAME", "one more name or address of its own certificate"},
    {OPT_CA_OUT, "ca-out", "FILE", "where to write the CA of its own certificate"},
    {OPT_CLIENT_CA, "client-ca", "FILE", "reviews only from callers with a certificate of these"},
    {OPT_KUBECONFIG, "kubeconfig", "FILE", "how to reach the cluster (in a pod: its own)"},
    {OPT_THREADS, "threads", "N", "threads that answer (one a core)"},
    {OPT_LOG_ALLOWED, "log-allowed", "SAMPLE", "all, none or 1/N of what no rule spoke of (all)"},
    {OPT_LOG_FORMAT, "log-format", "FORMAT", "text or json, of what goes to stderr (text)"},
    {OPT_OWN_NAMESPACE, "own-namespace", "NS", "never in its own way there (tidegate-system)"},
    {OPT_CONTROLLER, "controller", "USER", "one more user that acts for Kubernetes; repeatable"},
    {OPT_SHUTDOWN_DELAY, "shutdown-delay", "SECONDS", "serve on after SIGTERM, 0 to 600 (10)"},
    {0, NULL, NULL, NULL},
};

enum { CA_DAYS = 3650 };

#define SERVICE_ACCOUNT "/var/run/secrets/kubernetes.io/serviceaccount"

struct settings {
    const struct command *command;
    const char *rules, *listen, *cert, *key, *ca_out, *client_ca, *kubeconfig;
    struct world_options world;
    struct view names[LIMIT_TLS_NAMES];
    size_t name_count;
    unsigned threads, every_allowed, shutdown_delay;
    enum log_format format;
};

/* --- options -------------------------------------------------------------------------------- */

static int wrong(const struct settings *s, const char *option, const char *value, const char *takes)
{
    command_misused(s->command, "--%s is \"%s\": it takes %s", option, value, takes);
    return -1;
}

/* A decimal number from least to most; -1 after a message on anything else. */
static int set_number(const struct settings *s, const char *option, const char *value,
                      unsigned least, unsigned most, unsigned *out)
{
    unsigned n = 0;
    size_t i;

    for (i = 0; value[i] >= '0' && value[i] <= '9' && i < 6; i++)
        n = n * 10 + (unsigned)(value[i] - '0');
    if (i == 0 || value[i] != '\0' || n < least || n > most) {
        command_misused(s->command, "--%s is \"%s\": it takes a number from %u to %u", option,
                        value, least, most);
        return -1;
    }
    *out = n;
    return 0;
}

static int add_name(struct settings *s, const char *name)
{
    if (s->name_count == LIMIT_TLS_NAMES) {
        command_misused(s->command, "too many --tls-name: the certificate has at most %d names",
                        LIMIT_TLS_NAMES);
        return -1;
    }
    s->names[s->name_count++] = view_of(name);
    return 0;
}

static int set_format(struct settings *s, const char *value)
{
    if (strcmp(value, "json") == 0)
        s->format = LOG_JSON;
    else if (strcmp(value, "text") == 0)
        s->format = LOG_TEXT;
    else
        return wrong(s, "log-format", value, "text or json");
    return 0;
}

static int set_option(struct settings *s, int id, const char *value)
{
    switch (id) {
    case OPT_RULES: s->rules = value; return 0;
    case OPT_LISTEN: s->listen = value; return 0;
    case OPT_TLS_CERT: s->cert = value; return 0;
    case OPT_TLS_KEY: s->key = value; return 0;
    case OPT_TLS_NAME: return add_name(s, value);
    case OPT_CA_OUT: s->ca_out = value; return 0;
    case OPT_CLIENT_CA: s->client_ca = value; return 0;
    case OPT_KUBECONFIG: s->kubeconfig = value; return 0;
    case OPT_LOG_FORMAT: return set_format(s, value);
    case OPT_OWN_NAMESPACE: world_options_own_namespace(&s->world, value); return 0;
    case OPT_CONTROLLER: return world_options_controller(&s->world, s->command, value);
    case OPT_THREADS: return set_number(s, "threads", value, 1, LIMIT_THREADS, &s->threads);
    case OPT_LOG_ALLOWED:
        return decision_log_parse_sample(view_of(value), &s->every_allowed) == 0
                   ? 0
                   : wrong(s, "log-allowed", value, "all, none or 1/N");
    case OPT_SHUTDOWN_DELAY:
        return set_number(s, "shutdown-delay", value, 0, LIMIT_SHUTDOWN_DELAY, &s->shutdown_delay);
    default: return -1;
    }
}

static int judge_settings(const struct settings *s)
{
    if (!s->rules)
        command_misused(s->command, "--rules is missing: it takes the directory of the rule files");
    else if (!s->cert != !s->key)
        command_misused(s->command, "--tls-cert and --tls-key belong together");
    else if (s->cert && s->ca_out)
        command_misused(s->command, "--ca-out is for a certificate of its own, not --tls-cert");
    else
        return 0;
    return -1;
}

static int read_settings(struct settings *s, int argc, char **argv)
{
    const char *value;
    int id, rest;

    while ((id = command_option(s->command, argc, argv, &value, &rest)) > 0)
        if (set_option(s, id, value) < 0)
            return EXIT_UNASKED;
    if (id != OPTION_END)
        return id == OPTION_HELP ? EXIT_YES : EXIT_UNASKED;
    if (rest < argc)
        return command_misused(s->command, "unexpected argument \"%s\"", argv[rest]);
    return judge_settings(s) == 0 ? -1 : EXIT_UNASKED;
}

/* --- the parts of a running server ---------------------------------------------------------- */

struct server {
    const struct settings *settings;
    struct log *log;
    struct decision_log *decisions;
    struct gate gate;
    struct reload reload;
    struct pair own;
    struct config config; /* of the cluster, when there is one */
    struct cluster *cluster;
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
            perror("tidegate serve: a directory for the CA");
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

    if (make_ca(&ca, "Tidegate CA", clock_wall(), CA_DAYS, why) < 0)
        return complain(why);
    if (make_leaf(&s->own, &ca, s->settings->names, s->settings->name_count, clock_wall(), CA_DAYS,
                  why) < 0)
        status = complain(why);
    else
        status = write_ca(s, &ca);
    atomic_store(&s->gate.metrics.ca_expiry, ca.not_after);
    pair_release(&ca);
    s->reload.own = &s->own;
    return status;
}

static int load_files(struct server *s)
{
    const struct settings *set = s->settings;
    struct buf why;
    int status = -1;

    buf_init(&why, LIMIT_ANSWER);
    s->reload = (struct reload){.rules = set->rules,
                                .cert_file = set->cert,
                                .key_file = set->key,
                                .client_ca_file = set->client_ca,
                                .gate = &s->gate,
                                .log = s->log};
    if (reload_rules(&s->reload, &why) < 0)
        fprintf(stderr, "%.*s", VIEW_ARGS(buf_view(&why)));
    else if (set->cert || make_own(s, &why) == 0)
        status = reload_tls(&s->reload, &why) == 0 ? 0 : complain(&why);
    buf_release(&why);
    return status;
}

/* A pod that is not to know of the cluster is given no token. */
static bool is_in_pod(void)
{
    return getenv("KUBERNETES_SERVICE_HOST") && getenv("KUBERNETES_SERVICE_PORT") &&
           access(SERVICE_ACCOUNT "/token", F_OK) == 0;
}

static int start_cluster(struct server *s)
{
    struct buf why;
    int status;

    if (!s->settings->kubeconfig && !is_in_pod())
        return 0;
    buf_init(&why, LIMIT_ANSWER);
    if (s->settings->kubeconfig)
        status = config_of_file(&s->config, s->settings->kubeconfig, &why);
    else
        status = config_of_pod(&s->config, getenv("KUBERNETES_SERVICE_HOST"),
                               getenv("KUBERNETES_SERVICE_PORT"), SERVICE_ACCOUNT, &why);
    if (status == 0 && !(s->cluster = cluster_start(&s->config, s->log))) {
        buf_add_str(&why, "the cluster cannot be followed: out of memory or threads");
        status = -1;
    }
    if (status < 0)
        complain(&why);
    buf_release(&why);
    s->gate.cluster = s->cluster;
    return status;
}

static int start_http(struct server *s)
{
    struct http_options o = {.threads = s->settings->threads,
                             .tls = s->reload.tls,
                             .log = s->log,
                             .handler = routes_handler(&s->gate)};
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

static int start(struct server *s)
{
    s->log = log_create(STDERR_FILENO, s->settings->format);
    s->decisions = decision_log_create(STDOUT_FILENO, s->settings->every_allowed);
    if (!s->log || !s->decisions) {
        fprintf(stderr, "tidegate serve: out of memory\n");
        return -1;
    }
    gate_init(&s->gate, s->log, s->decisions);
    s->gate.world = s->settings->world.world;
    return load_files(s) == 0 && start_cluster(s) == 0 ? start_http(s) : -1;
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
    cluster_stop(s->cluster);
    config_release(&s->config);
    if (s->decisions && s->log)
        gate_release(&s->gate);
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

    gate_set_stopping(&s->gate);
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

static int run_server(const struct settings *settings)
{
    struct server s = {.settings = settings};
    sigset_t signals;
    int status = EXIT_UNASKED;

    pair_init(&s.own);
    block_signals(&signals);
    raise_descriptors();
    if (start(&s) == 0) {
        gate_set_serving(&s.gate);
        announce(&s);
        if (attend(&s, &signals) == SIGTERM)
            linger(&s, &signals);
        status = EXIT_YES;
    }
    stop(&s);
    return status;
}

static unsigned cores(void)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);

    return n < 1 ? 1 : n > LIMIT_THREADS ? LIMIT_THREADS : (unsigned)n;
}

static int run(const struct command *command, int argc, char **argv)
{
    struct settings s = {
        .command = command,
        .listen = "0.0.0.0:8443",
        .threads = cores(),
        .every_allowed = 1,
        .shutdown_delay = 10,
        .format = LOG_TEXT,
        .names = {VIEW("localhost"), VIEW("127.0.0.1"), VIEW("::1"),
                  VIEW("tidegate.tidegate-system.svc")},
        .name_count = 4,
    };
    int answer;

    world_options_init(&s.world);
    answer = read_settings(&s, argc, argv);
    if (answer >= 0)
        return answer;
    json_set_alloc_funcs(mem_alloc, mem_free);
    /* A review's memory is the next one's: the kernel need not have it in between. */
    mallopt(M_TRIM_THRESHOLD, 16 * 1024 * 1024);
    return run_server(&s);
}

const struct command command_serve = {"serve", "", "answer admission reviews over HTTPS", options,
                                      run};
