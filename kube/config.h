#ifndef TG_KUBE_CONFIG_H
#define TG_KUBE_CONFIG_H

#include "base/arena.h"
#include "base/view.h"

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
};

/* Reads the current context of a kubeconfig file; relative names of files in it are relative to its
 * folder. Returns 0; or -1 with each error in why as FILE:LINE:COLUMN, without lines of the file,
 * which holds secrets, and *c empty.
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
