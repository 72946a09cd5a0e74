#include "cli/connect.h"

#include "base/buf.h"
#include "kube/config.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SERVICE_ACCOUNT "/var/run/secrets/kubernetes.io/serviceaccount"

/* A pod that is not to know of the cluster is given no token. */
static bool is_in_pod(void)
{
    return getenv("KUBERNETES_SERVICE_HOST") && getenv("KUBERNETES_SERVICE_PORT") &&
           access(SERVICE_ACCOUNT "/token", F_OK) == 0;
}

int connect_server(struct config *c, const char *kubeconfig, struct buf *why)
{
    if (kubeconfig)
        return config_of_file(c, kubeconfig, why) < 0 ? -1 : 1;
    if (!is_in_pod())
        return 0;
    return config_of_pod(c, getenv("KUBERNETES_SERVICE_HOST"), getenv("KUBERNETES_SERVICE_PORT"),
                         SERVICE_ACCOUNT, why) < 0
               ? -1
               : 1;
}

int connect_person(struct config *c, const char *kubeconfig, struct buf *why)
{
    const char *named = getenv("KUBECONFIG"), *home = getenv("HOME");
    char usual[PATH_MAX];

    if (kubeconfig)
        return connect_server(c, kubeconfig, why);
    if (named && strchr(named, ':')) {
        buf_add_str(why, "KUBECONFIG names several files, which are not merged here; choose one "
                         "with --kubeconfig");
        return -1;
    }
    if (named && *named)
        return connect_server(c, named, why);
    snprintf(usual, sizeof(usual), "%s/.kube/config", home ? home : "");
    return connect_server(c, access(usual, F_OK) == 0 ? usual : NULL, why);
}
