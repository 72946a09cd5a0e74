#ifndef TG_CLI_CONNECT_H
#define TG_CLI_CONNECT_H

struct buf;
struct config;

/* Finds the configuration of the cluster. Both return 1 with *c read (config_release), 0 when there
 * is none, or -1 with the problem in why. */

/* As a server does: that file; or, where it is NULL, what a pod is given, if it is given a token.
 */
int connect_server(struct config *c, const char *kubeconfig, struct buf *why);

/* As kubectl does, for a person: a context (NULL: the current one) of that file, else of those that
 * $KUBECONFIG names, else of ~/.kube/config, else what a pod is given. */
int connect_person(struct config *c, const char *kubeconfig, const char *context, struct buf *why);

#endif
