#include "cli/connect.h"

#include "base/buf.h"
#include "kube/kubeconfig/config.h"
#include "kube/limits.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
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

/* The names of a list with colons between them, without empty ones, as kubectl has KUBECONFIG. The
 * text is cut into them. Returns how many there are: more than LIMIT_KUBECONFIGS are counted, and
 * not put down. */
static size_t split(char *list, const char *files[static LIMIT_KUBECONFIGS])
{
    size_t n = 0;

    for (char *name = strsep(&list, ":"); name; name = strsep(&list, ":")) {
        if (!*name)
            continue;
        if (n < LIMIT_KUBECONFIGS)
            files[n] = name;
        n++;
    }
    return n;
}

int connect_person(struct config *c, const char *kubeconfig, const char *context, struct buf *why)
{
    const char *named = getenv("KUBECONFIG"), *home = getenv("HOME"), *files[LIMIT_KUBECONFIGS];
    struct config_source source = {files, 1, context, true};
    char usual[PATH_MAX], *list = NULL;
    int status;

    snprintf(usual, sizeof(usual), "%s/.kube/config", home ? home : "");
    files[0] = kubeconfig ? kubeconfig : usual;
    if (!kubeconfig && named && *named) {
        list = strdup(named);
        source.count = list ? split(list, files) : 0;
    } else if (!kubeconfig && access(usual, F_OK) < 0) {
        if (!context)
            return connect_server(c, NULL, why);
        buf_printf(why, "there is no kubeconfig to have the context \"%s\"", context);
        return -1;
    }
    status = config_of_files(c, &source, why);
    free(list);
    return status < 0 ? -1 : 1;
}
