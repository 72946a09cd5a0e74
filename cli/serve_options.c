#include "cli/serve_options.h"

#include "base/parse_error.h"
#include "base/sys/cpu_count.h"
#include "base/time/duration.h"
#include "certs/authority.h"
#include "certs/limits.h"
#include "cli/limits.h"
#include "cli/workload_arg.h"
#include "server/decision_log.h"
#include "server/limits.h"

#include <string.h>

enum { FEWEST_THREADS = 8 };

enum {
    OPT_RULES = 1,
    OPT_RULES_CONFIGMAPS,
    OPT_RULES_OBJECTS,
    OPT_SCHEMAS,
    OPT_LISTEN,
    OPT_TLS_CERT,
    OPT_TLS_KEY,
    OPT_TLS_NAME,
    OPT_TLS_SECRET,
    OPT_TLS_FOLLOW,
    OPT_CA_LIFE,
    OPT_LEAF_LIFE,
    OPT_WEBHOOK_CONFIGURATION,
    OPT_CA_OUT,
    OPT_CLIENT_CA,
    OPT_KUBECONFIG,
    OPT_PROMETHEUS,
    OPT_PROMETHEUS_CA,
    OPT_PROMETHEUS_TOKEN,
    OPT_NOTIFIERS,
    OPT_NO_POD_LOGS,
    OPT_THREADS,
    OPT_LOG_ALLOWED,
    OPT_LOG_FORMAT,
    OPT_OWN_NAMESPACE,
    OPT_CONTROLLER,
    OPT_SHUTDOWN_DELAY,
};

const struct option_row serve_options_rows[] = {
    RULESET_ROW_RULES(OPT_RULES),
    {OPT_RULES_CONFIGMAPS, "rules-configmaps", "KEY=VALUE",
     "rule files in ConfigMaps of the own namespace, by label"},
    {OPT_RULES_OBJECTS, "rules-objects", NULL,
     "rules that are objects of the cluster: tidegate schema --format crd"},
    RULESET_ROW_SCHEMAS(OPT_SCHEMAS),
    {OPT_LISTEN, "listen", "ADDR:PORT", "where to listen (0.0.0.0:8443)"},
    {OPT_TLS_CERT, "tls-cert", "FILE", "certificate and chain; without one it makes its own"},
    {OPT_TLS_KEY, "tls-key", "FILE", "the certificate's key"},
    {OPT_TLS_NAME, "tls-name", "NAME", "one more name or address of its own certificate"},
    {OPT_TLS_SECRET, "tls-secret", "NAME", "the Secret that all replicas serve; made if need be"},
    {OPT_TLS_FOLLOW, "tls-follow", NULL, "somebody else makes that Secret: only wait for it"},
    {OPT_CA_LIFE, "ca-life", "DURATION", "of the CA in that Secret (8760h, a year)"},
    {OPT_LEAF_LIFE, "leaf-life", "DURATION", "of the certificate in that Secret (2160h, 90 days)"},
    {OPT_WEBHOOK_CONFIGURATION, "webhook-configuration", "NAME",
     "a ValidatingWebhookConfiguration that gets that CA; repeatable"},
    {OPT_CA_OUT, "ca-out", "FILE", "where to write the CA of its own certificate"},
    {OPT_CLIENT_CA, "client-ca", "FILE", "reviews only from callers with a certificate of these"},
    {OPT_KUBECONFIG, "kubeconfig", "FILE", "how to reach the cluster (in a pod: its own)"},
    {OPT_PROMETHEUS, "prometheus", "URL", "the Prometheus that the queries of guards go to"},
    {OPT_PROMETHEUS_CA, "prometheus-ca", "FILE", "its CA, in place of the system's"},
    {OPT_PROMETHEUS_TOKEN, "prometheus-token", "FILE", "a bearer token for it"},
    {OPT_NOTIFIERS, "notifiers", "DIR", "NAME.slack, NAME.webhook and NAME.key of who is notified"},
    {OPT_NO_POD_LOGS, "no-pod-logs", NULL, "guards don't read what a container said last"},
    {OPT_THREADS, "threads", "N", "threads that answer (one a core, at least 8)"},
    {OPT_LOG_ALLOWED, "log-allowed", "SAMPLE",
     "reviews without a finding: all, none or 1/N of them (all)"},
    {OPT_LOG_FORMAT, "log-format", "FORMAT", "the log on stderr: text or json (text)"},
    {OPT_OWN_NAMESPACE, "own-namespace", "NS",
     "where Tidegate runs, which it never blocks (tidegate-system)"},
    {OPT_CONTROLLER, "controller", "USER",
     "a user that counts as a controller of Kubernetes; repeatable"},
    {OPT_SHUTDOWN_DELAY, "shutdown-delay", "SECONDS",
     "to go on serving after SIGTERM, 0 to 600 (10)"},
    {0, NULL, NULL, NULL},
};

static int wrong(const struct serve_options *s, const char *option, const char *value,
                 const char *takes)
{
    command_misused(s->command, "--%s is \"%s\": it must be %s", option, value, takes);
    return -1;
}

/* A decimal number from least to most; -1 after a message on anything else. */
static int set_number(const struct serve_options *s, const char *option, const char *value,
                      unsigned least, unsigned most, unsigned *out)
{
    unsigned n = 0;
    size_t i;

    for (i = 0; value[i] >= '0' && value[i] <= '9' && i < 6; i++)
        n = n * 10 + (unsigned)(value[i] - '0');
    if (i == 0 || value[i] != '\0' || n < least || n > most) {
        command_misused(s->command, "--%s is \"%s\": it must be a number from %u to %u", option,
                        value, least, most);
        return -1;
    }
    *out = n;
    return 0;
}

static int add_name(struct serve_options *s, const char *name)
{
    if (s->name_count == LIMIT_TLS_NAMES) {
        command_misused(s->command, "too many --tls-name: the certificate has at most %d names",
                        LIMIT_TLS_NAMES);
        return -1;
    }
    s->names[s->name_count++] = view_of(name);
    return 0;
}

static int add_configuration(struct serve_options *s, const char *name)
{
    if (!workload_arg_is_name(view_of(name)))
        return wrong(s, "webhook-configuration", name, "the name of an object");
    if (s->configuration_count == LIMIT_WEBHOOK_CONFIGURATIONS) {
        command_misused(s->command, "too many --webhook-configuration: at most %d",
                        LIMIT_WEBHOOK_CONFIGURATIONS);
        return -1;
    }
    s->configurations[s->configuration_count++] = name;
    return 0;
}

static int set_secret(struct serve_options *s, const char *name)
{
    if (!workload_arg_is_name(view_of(name)))
        return wrong(s, "tls-secret", name, "the name of an object");
    s->tls_secret = name;
    return 0;
}

static bool is_letter_or_digit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* The name of a label, or its value:
 * https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set
 */
static bool is_label_part(struct view text)
{
    for (size_t i = 0; i < text.n; i++)
        if (!is_letter_or_digit(text.p[i]) &&
            (i == 0 || i == text.n - 1 || !strchr("-_.", text.p[i])))
            return false;
    return text.n > 0 && text.n <= 63;
}

static bool is_label(struct view text)
{
    struct view key, value, prefix, name;

    view_cut(text, '=', &key, &value);
    if (!view_cut(key, '/', &prefix, &name))
        return is_label_part(key) && is_label_part(value);
    return prefix.n <= 253 && workload_arg_is_name(prefix) && is_label_part(name) &&
           is_label_part(value);
}

static int set_rules_configmaps(struct serve_options *s, const char *label)
{
    if (!is_label(view_of(label)))
        return wrong(s, "rules-configmaps", label, "a label, like tidegate.dev/rules=true");
    s->rules_configmaps = label;
    return 0;
}

static int set_life(const struct serve_options *s, const char *option, const char *value,
                    int64_t *life)
{
    struct parse_error parse_error;

    if (duration_parse(view_of(value), AUTHORITY_LEAST_LIFE, AUTHORITY_MOST_LIFE, life,
                       &parse_error) == 0)
        return 0;
    return wrong(s, option, value, "a duration from 10s to 87600h, like 2160h");
}

static int set_format(struct serve_options *s, const char *value)
{
    if (strcmp(value, "json") == 0)
        s->format = LOG_JSON;
    else if (strcmp(value, "text") == 0)
        s->format = LOG_TEXT;
    else
        return wrong(s, "log-format", value, "text or json");
    return 0;
}

static int set_option(struct serve_options *s, int id, const char *value)
{
    switch (id) {
    case OPT_RULES: return ruleset_add(&s->rules, s->command, value) == 0 ? 0 : -1;
    case OPT_SCHEMAS: s->schemas = value; return 0;
    case OPT_RULES_CONFIGMAPS: return set_rules_configmaps(s, value);
    case OPT_RULES_OBJECTS: s->rules_objects = true; return 0;
    case OPT_LISTEN: s->listen = value; return 0;
    case OPT_TLS_CERT: s->cert = value; return 0;
    case OPT_TLS_KEY: s->key = value; return 0;
    case OPT_TLS_NAME: return add_name(s, value);
    case OPT_TLS_SECRET: return set_secret(s, value);
    case OPT_TLS_FOLLOW: s->tls_follow = true; return 0;
    case OPT_NO_POD_LOGS: s->no_pod_logs = true; return 0;
    case OPT_CA_LIFE: return set_life(s, "ca-life", value, &s->ca_life);
    case OPT_LEAF_LIFE: return set_life(s, "leaf-life", value, &s->leaf_life);
    case OPT_WEBHOOK_CONFIGURATION: return add_configuration(s, value);
    case OPT_CA_OUT: s->ca_out = value; return 0;
    case OPT_CLIENT_CA: s->client_ca = value; return 0;
    case OPT_KUBECONFIG: s->kubeconfig = value; return 0;
    case OPT_PROMETHEUS: s->prometheus = value; return 0;
    case OPT_PROMETHEUS_CA: s->prometheus_ca = value; return 0;
    case OPT_PROMETHEUS_TOKEN: s->prometheus_token = value; return 0;
    case OPT_NOTIFIERS: s->notifiers = value; return 0;
    case OPT_LOG_FORMAT: return set_format(s, value);
    case OPT_OWN_NAMESPACE:
        return cluster_view_options_own_namespace(&s->cluster_view, s->command, value);
    case OPT_CONTROLLER:
        return cluster_view_options_controller(&s->cluster_view, s->command, value);
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

static int judge(const struct serve_options *s)
{
    if (s->rules.count == 0 && !s->rules_configmaps && !s->rules_objects)
        command_misused(s->command,
                        "no rules are named: --rules takes a directory of rule files, or one, "
                        "--rules-configmaps the label of their ConfigMaps, --rules-objects those "
                        "of the cluster");
    else if (s->rules_configmaps && s->rules_objects)
        command_misused(s->command, "--rules-objects takes the place of --rules-configmaps");
    else if (!s->cert != !s->key)
        command_misused(s->command, "--tls-cert and --tls-key belong together");
    else if (s->cert && s->ca_out)
        command_misused(s->command, "--ca-out is for a certificate of its own, not --tls-cert");
    else if (s->tls_secret && (s->cert || s->ca_out))
        command_misused(s->command, "--tls-secret goes with neither --tls-cert nor --ca-out");
    else if (!s->tls_secret && (s->tls_follow || s->configuration_count > 0))
        command_misused(s->command, "--%s is for a --tls-secret",
                        s->tls_follow ? "tls-follow" : "webhook-configuration");
    else if (s->ca_life < 3 * s->leaf_life)
        command_misused(s->command, "--ca-life must be at least three times --leaf-life");
    else
        return 0;
    return -1;
}

static int read_all(struct serve_options *s, int argc, char **argv)
{
    const char *value;
    int id, rest;

    while ((id = command_option(s->command, argc, argv, &value, &rest)) > 0)
        if (set_option(s, id, value) < 0)
            return EXIT_USAGE;
    if (id != OPTION_END)
        return id == OPTION_HELP ? EXIT_OK : EXIT_USAGE;
    if (rest < argc)
        return command_misused(s->command, "unexpected argument \"%s\"", argv[rest]);
    return judge(s) == 0 ? -1 : EXIT_USAGE;
}

/* More than there are cores on a small machine: a review of 1 MB holds its thread for 60 ms, and
 * whoever waits behind it waits as long. */
static unsigned threads(void)
{
    unsigned n = cpu_count(CPU_COUNT_CGROUP);

    return n > LIMIT_THREADS ? LIMIT_THREADS : n < FEWEST_THREADS ? FEWEST_THREADS : n;
}

int serve_options_read(struct serve_options *s, const struct command *command, int argc,
                       char **argv)
{
    *s = (struct serve_options){
        .command = command,
        .listen = "0.0.0.0:8443",
        .threads = threads(),
        .every_allowed = 1,
        .shutdown_delay = 10,
        .ca_life = AUTHORITY_CA_LIFE,
        .leaf_life = AUTHORITY_LEAF_LIFE,
        .format = LOG_TEXT,
        .names = {VIEW("localhost"), VIEW("127.0.0.1"), VIEW("::1"),
                  VIEW("tidegate.tidegate-system.svc")},
        .name_count = 4,
    };
    cluster_view_options_init(&s->cluster_view);
    return read_all(s, argc, argv);
}
