#ifndef TG_CLI_SERVE_OPTIONS_H
#define TG_CLI_SERVE_OPTIONS_H

#include "base/sys/log.h"
#include "base/view.h"
#include "certs/limits.h"
#include "cli/cluster_view_options.h"
#include "cli/command.h"
#include "cli/ruleset.h"
#include "server/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What `tidegate serve` was asked for. The strings are those of the command line. */
struct serve_options {
    const struct command *command;
    struct ruleset_paths rules;
    const char *rules_configmaps; /* a label; NULL: none */
    bool rules_objects;
    const char *schemas; /* a directory; NULL: none */
    const char *listen, *cert, *key, *ca_out, *client_ca, *kubeconfig;
    const char *prometheus, *prometheus_ca, *prometheus_token, *notifiers;
    const char *tls_secret; /* NULL: none */
    bool tls_follow, no_pod_logs;
    int64_t ca_life, leaf_life; /* seconds */
    const char *configurations[LIMIT_WEBHOOK_CONFIGURATIONS];
    size_t configuration_count;
    struct world_options cluster_view;
    struct view names[LIMIT_TLS_NAMES];
    size_t name_count;
    unsigned threads, every_allowed, shutdown_delay;
    enum log_format format;
};

extern const struct option_row serve_options_rows[];

/* Reads them. Returns -1; or what to exit with, after help or a mistake was printed. */
int serve_options_read(struct serve_options *s, const struct command *command, int argc,
                       char **argv);

#endif
