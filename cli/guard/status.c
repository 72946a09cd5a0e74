#include "base/clock.h"
#include "cli/colour.h"
#include "cli/command.h"
#include "cli/guard/record_client.h"
#include "cli/guard/status_table.h"
#include "cli/guard/status_watch.h"
#include "cli/session.h"
#include "cli/workload_arg.h"
#include "policy/object/guarded_kind.h"
#include "rollout/record/record.h"

#include <stdio.h>
#include <string.h>

enum { OPTION_ALL = 'A', OPTION_WATCH = 'w' };

static const struct option_row options[] = {
    {SESSION_NAMESPACE, "namespace", "NS", "only in this namespace"},
    {OPTION_ALL, "all-namespaces", NULL, "in all namespaces (the default, but for a KIND/NAME)"},
    {OPTION_WATCH, "watch", NULL, "print again when something changes"},
    COMMAND_ROWS_FORMAT("text|json"),
    SESSION_ROW_KUBECONFIG,
    SESSION_ROW_CONTEXT,
    SESSION_ROW_OWN_NAMESPACE,
    {0, NULL, NULL, NULL},
};

struct question {
    struct session session;
    struct workload_arg target; /* driver NULL: all of them */
    bool all, watch, json;
};

static struct status_filter filter_of(const struct question *q)
{
    struct status_filter filter = {.name = q->target.name};

    if (q->target.guarded_kind)
        filter.kind = view_of(q->target.guarded_kind->kind);
    if (!q->all && (q->target.guarded_kind || q->session.given_namespace))
        filter.namespace_ = q->session.namespace_;
    return filter;
}

/* Returns how many could not be read, or -1; after a message. */
static int collect(struct question *q, struct status_table *table)
{
    struct record record;
    int found;

    if (!q->target.guarded_kind || q->all)
        return record_client_each(&q->session, status_table_add, table);
    record_init(&record);
    found = record_client_get(&q->session, &q->target, &record);
    if (found > 0)
        status_table_add(table, &record);
    record_release(&record);
    return found < 0 ? -1 : 0;
}

static int print(const struct question *q, struct status_table *table)
{
    if (table->count == 0 && !table->json && !table->failed) {
        if (!q->target.guarded_kind || q->all)
            fprintf(stderr, "no workload is guarded there\n");
        return q->target.guarded_kind ? EXIT_DENIED : EXIT_OK;
    }
    if (status_table_print(table, clock_wall(), colour_is_wanted()) < 0) {
        session_tell(&q->session, "out of memory");
        return EXIT_USAGE;
    }
    if (q->target.guarded_kind && table->count == 0)
        return EXIT_DENIED;
    return status_table_is_fine(table) ? EXIT_OK : EXIT_DENIED;
}

static int answer(struct question *q)
{
    struct status_filter filter;
    struct status_table table;
    int unread, status = EXIT_USAGE;

    if (session_open(&q->session) < 0)
        return EXIT_USAGE;
    filter = filter_of(q);
    if (q->watch)
        return status_watch(&q->session, &filter, q->json) < 0 ? EXIT_USAGE : EXIT_OK;
    status_table_init(&table, &filter, q->json);
    unread = collect(q, &table);
    if (unread >= 0)
        status = print(q, &table);
    status_table_release(&table);
    return unread > 0 ? EXIT_USAGE : status;
}

static int read_arguments(struct question *q, int argc, char **argv)
{
    const struct command *command = q->session.command;
    const char *value, *format = "text";
    struct view problem;
    int option, rest;

    while ((option = command_option(command, argc, argv, &value, &rest)) > 0)
        switch (option) {
        case OPTION_ALL: q->all = true; break;
        case OPTION_WATCH: q->watch = true; break;
        case COMMAND_FORMAT: format = value; break;
        default: session_option(&q->session, option, value); break;
        }
    if (option != OPTION_END)
        return option == OPTION_HELP ? EXIT_OK : EXIT_USAGE;
    if (workload_arg_parse((const char *const *)(argv + rest), (size_t)(argc - rest),
                           &q->session.arena, &q->target, &problem) < 0)
        return command_misused(command, "%.*s", VIEW_ARGS(problem));
    if (strcmp(format, "text") != 0 && strcmp(format, "json") != 0)
        return command_misused(command, "unknown format \"%s\", write text or json", format);
    q->json = strcmp(format, "json") == 0;
    return -1;
}

static int run(const struct command *command, int argc, char **argv)
{
    struct question q = {.all = false};
    int status;

    session_init(&q.session, command);
    status = read_arguments(&q, argc, argv);
    if (status < 0)
        status = answer(&q);
    session_close(&q.session);
    return status;
}

const struct command command_status = {
    .name = "status",
    .arguments = "[KIND/NAME]",
    .summary = "show the state of guarded workloads",
    .example = "status -n shop deployment/api",
    .options = options,
    .run = run,
};
