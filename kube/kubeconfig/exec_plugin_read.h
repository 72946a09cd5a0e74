#ifndef TG_KUBE_KUBECONFIG_EXEC_PLUGIN_READ_H
#define TG_KUBE_KUBECONFIG_EXEC_PLUGIN_READ_H

struct arena;
struct diags;
struct exec_plugin;
struct node;

/* The plugin that a kubeconfig describes at `exec`, in the arena; `cluster` is what it is told of
 * the cluster, or NULL. Errors are in diags; NULL when memory runs out, which is one. Any thread.
 */
const struct exec_plugin *exec_plugin_read(const struct node *exec, const char *cluster,
                                           struct arena *arena, struct diags *diags);

#endif
