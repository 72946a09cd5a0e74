#ifndef TG_KUBE_KUBECONFIG_EXEC_PLUGIN_H
#define TG_KUBE_KUBECONFIG_EXEC_PLUGIN_H

#include "base/buf.h"

#include <stddef.h>
#include <stdint.h>

/* What a kubeconfig says at `exec` of a user: a program that prints credentials, as managed
 * clusters have it. Const once it was read.
 * https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins
 */
struct exec_plugin {
    const char *const *argv; /* NULL ends it */
    const char *const *env;  /* NAME=VALUE; NULL ends it */
    const char *api_version; /* one of exec_plugin_versions */
    const char *hint;        /* how it is installed; NULL: it does not say */
    const char *cluster;     /* what it is told of the cluster, as JSON; NULL: nothing */
    enum exec_stdin { EXEC_NEVER, EXEC_IF_AVAILABLE, EXEC_ALWAYS } interactive;
    int seconds; /* after which it is killed */
};

/* Those that are understood; NULL ends it. */
extern const char *const exec_plugin_versions[];

/* What it printed. All zero: nothing yet. */
struct exec_credential {
    struct buf token, cert, key; /* empty where there is none; texts, the last two of PEM */
    int64_t expires;             /* as time(2) has it; 0: it does not say */
    bool is_there;
};

void exec_credential_init(struct exec_credential *c);

/* Overwrites what is in it, and gives its memory back. */
void exec_credential_release(struct exec_credential *c);

/* Runs the plugin unless what is in `c` holds at `now`. Returns 1 when it was run, 0 when it need
 * not be; or -1 with one line in problem. Any thread, one at a time for one `c`. */
int exec_plugin_ask(const struct exec_plugin *p, int64_t now, struct exec_credential *c,
                    char *problem, size_t room);

#endif
