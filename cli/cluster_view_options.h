#ifndef TG_CLI_CLUSTER_VIEW_OPTIONS_H
#define TG_CLI_CLUSTER_VIEW_OPTIONS_H

#include "cli/limits.h"
#include "policy/object/cluster_view.h"

struct command;

/* The options of serve and eval that say what is around the gate, so that both judge alike. */
struct world_options {
    struct cluster_view cluster_view; /* points into this struct */
    struct view controllers[LIMIT_CONTROLLERS];
};

void cluster_view_options_init(struct world_options *o);

/* Returns -1 after a message when there can be no namespace of that name. */
int cluster_view_options_namespace(const struct command *command, const char *value);

/* Take the argument, which must live as long as o. Return -1 after a message when there can be no
 * such namespace, or there are too many controllers. */
int cluster_view_options_own_namespace(struct world_options *o, const struct command *command,
                                       const char *namespace_);
int cluster_view_options_controller(struct world_options *o, const struct command *command,
                                    const char *user);

#endif
