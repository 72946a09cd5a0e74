#include "cli/guard/workload_command.h"

#include "cli/command.h"
#include "cli/guard/record_client.h"
#include "policy/object/guarded_kind.h"

void workload_command_begin(struct workload_command *s, const struct command *command)
{
    *s = (struct workload_command){.own = NULL};
    session_init(&s->session, command);
    record_init(&s->record);
}

int workload_command_take(struct workload_command *s, int count, char **words)
{
    const struct command *command = s->session.command;
    struct view problem;

    if (count == 0)
        return command_misused(command, "the workload is missing, write KIND/NAME");
    if (workload_arg_parse((const char *const *)words, (size_t)count, &s->session.arena, &s->target,
                           &problem) < 0)
        return command_misused(command, "%.*s", VIEW_ARGS(problem));
    s->text =
        workload_arg_text(view_of(s->target.guarded_kind->kind), s->target.name, &s->session.arena);
    return -1;
}

int workload_command_init(struct workload_command *s, const struct command *command, int argc,
                          char **argv)
{
    const char *value;
    int option, rest;

    workload_command_begin(s, command);
    while ((option = command_option(command, argc, argv, &value, &rest)) > 0)
        if (option == WORKLOAD_COMMAND_OPTION || option == COMMAND_FORMAT)
            s->own = value;
        else
            session_option(&s->session, option, value);
    if (option != OPTION_END)
        return option == OPTION_HELP ? EXIT_OK : EXIT_USAGE;
    return workload_command_take(s, argc - rest, argv + rest);
}

int workload_command_open(struct workload_command *s)
{
    int found;

    if (session_open(&s->session) < 0)
        return EXIT_USAGE;
    found = record_client_get(&s->session, &s->target, &s->record);
    if (found > 0)
        return -1;
    return found == 0 ? EXIT_DENIED : EXIT_USAGE;
}

void workload_command_release(struct workload_command *s)
{
    record_release(&s->record);
    session_close(&s->session);
}

int workload_command_run(const struct command *command, int argc, char **argv,
                         int (*answer)(struct workload_command *s))
{
    struct workload_command s;
    int status = workload_command_init(&s, command, argc, argv);

    if (status < 0)
        status = workload_command_open(&s);
    if (status < 0)
        status = answer(&s);
    workload_command_release(&s);
    return status;
}
