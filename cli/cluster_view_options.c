#include "cli/cluster_view_options.h"

#include "cli/command.h"
#include "cli/limits.h"
#include "policy/schema/dns_label.h"

void cluster_view_options_init(struct world_options *o)
{
    *o = (struct world_options){.cluster_view = {.own_namespace = VIEW("tidegate-system")}};
    o->cluster_view.controllers = o->controllers;
}

int cluster_view_options_namespace(const struct command *command, const char *value)
{
    if (dns_label_ok(view_of(value), DNS_LABEL))
        return 0;
    command_misused(command, "\"%s\" is not a name of a namespace", value);
    return -1;
}

int cluster_view_options_own_namespace(struct world_options *o, const struct command *command,
                                       const char *namespace_)
{
    o->cluster_view.own_namespace = view_of(namespace_);
    return cluster_view_options_namespace(command, namespace_);
}

int cluster_view_options_controller(struct world_options *o, const struct command *command,
                                    const char *user)
{
    if (o->cluster_view.controller_count == LIMIT_CONTROLLERS) {
        command_misused(command, "too many --controller: at most %d", LIMIT_CONTROLLERS);
        return -1;
    }
    o->controllers[o->cluster_view.controller_count++] = view_of(user);
    return 0;
}
