#ifndef TG_KUBE_KUBECONFIG_CONFIG_H
#define TG_KUBE_KUBECONFIG_CONFIG_H

#include "base/arena.h"
#include "base/view.h"

#include <stdbool.h>

struct buf;

/* PEM text, or the file that has it; neither where there is none. A file is read again for each
 * connection, so that one that was rotated is used. */
struct config_pem {
    const char *file;
    struct view text;
};

/* How to reach an API server, and who to be there. Const once it was read; any thread. */
struct config {
    struct arena arena;             /* owns what is pointed to */
    const char *server;             /* https://HOST[:PORT][/PATH], no slash at the end */
    const char *server_name;        /* that its certificate must bear; NULL: the server's host */
    struct config_pem ca;           /* neither: the CAs of the system */
    struct config_pem cert, key;    /* of the client, both or none */
    const char *namespace_;         /* of the context, for whoever names none; NULL: it has none */
    const char *token, *token_file; /* the file counts before the token; read for each call */
    /* What only people's kubeconfigs may say: */
    const struct exec_plugin
        *exec;         /* who makes the credentials, where there is no token; or NULL */
    const char *proxy; /* NULL: that of the environment */
    bool insecure;     /* whoever answers is taken for the API server */
};

/* Which kubeconfigs are read, and for whom. */
struct config_source {
    const char *const *files;
    size_t count;        /* of several, those that are not there are left out */
    const char *context; /* NULL: the current one */
    bool is_person;      /* who may run programs, and leave a certificate unverified */
};

/* Reads a context of kubeconfig files, which are merged as kubectl merges them: the first that sets
 * a value, or has an entry of a name, counts. Relative names of files in one are relative to its
 * folder. Returns 0; or -1 with each error in why as FILE:LINE:COLUMN, without lines of the file,
 * which holds secrets, and *c empty.
 * https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/ */
int config_of_files(struct config *c, const struct config_source *source, struct buf *why);

/* The same of the current context of one file, for a program that runs by itself.
 * https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/ */
int config_of_file(struct config *c, const char *file, struct buf *why);

/* What a pod is given: host and port are KUBERNETES_SERVICE_HOST and _PORT of its environment, the
 * folder is that of its service account. Returns 0; or -1 with one line in why and *c empty.
 * https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/ */
int config_of_pod(struct config *c, const char *host, const char *port, const char *folder,
                  struct buf *why);

/* Gives the memory back; an empty one is allowed. */
void config_release(struct config *c);

#endif
