#include "cli/world_options.h"

#include "cli/command.h"

void world_options_init(struct world_options *o)
{
    *o = (struct world_options){.world = {.own_namespace = VIEW("tidegate-system")}};
    o->world.controllers = o->controllers;
}

void world_options_own_namespace(struct world_options *o, const char *namespace_)
{
    o->world.own_namespace = view_of(namespace_);
}

int world_options_controller(struct world_options *o, const struct command *command,
                             const char *user)
{
    if (o->world.controller_count == LIMIT_CONTROLLERS) {
        command_misused(command, "too many --controller: at most %d", LIMIT_CONTROLLERS);
        return -1;
    }
    o->controllers[o->world.controller_count++] = view_of(user);
    return 0;
}
