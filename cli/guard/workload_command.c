#include "cli/guard/workload_command.h"

#include "cli/command.h"
#include "cli/guard/record_client.h"
#include "rollout/watch/guarded_kind.h"

int subject_init(struct subject *s, const struct command *command, int argc, char **argv)
{
    const char *value;
    struct view problem;
    int option, rest;

    *s = (struct subject){.own = NULL};
    session_init(&s->session, command);
    record_init(&s->record);
    while ((option = command_option(command, argc, argv, &value, &rest)) > 0)
        if (option == SUBJECT_OPTION)
            s->own = value;
        else
            session_option(&s->session, option, value);
    if (option != OPTION_END)
        return option == OPTION_HELP ? EXIT_YES : EXIT_UNASKED;
    if (rest == argc)
        return command_misused(command, "the workload is missing, write KIND/NAME");
    if (target_parse((const char *const *)(argv + rest), (size_t)(argc - rest), &s->session.arena,
                     &s->target, &problem) < 0)
        return command_misused(command, "%.*s", VIEW_ARGS(problem));
    s->text = target_text(view_of(s->target.driver->kind), s->target.name, &s->session.arena);
    return -1;
}

int subject_open(struct subject *s)
{
    int found;

    if (session_open(&s->session) < 0)
        return EXIT_UNASKED;
    found = registry_get(&s->session, &s->target, &s->record);
    if (found > 0)
        return -1;
    return found == 0 ? EXIT_NO : EXIT_UNASKED;
}

void subject_release(struct subject *s)
{
    record_release(&s->record);
    session_close(&s->session);
}

int subject_run(const struct command *command, int argc, char **argv,
                int (*answer)(struct subject *s))
{
    struct subject s;
    int status = subject_init(&s, command, argc, argv);

    if (status < 0)
        status = subject_open(&s);
    if (status < 0)
        status = answer(&s);
    subject_release(&s);
    return status;
}
