#include "cli/session.h"

#include "base/buf.h"
#include "base/text/quote.h"
#include "cli/command.h"
#include "cli/connect.h"
#include "cli/workload_arg.h"
#include "kube/client.h"
#include "kube/limits.h"
#include "kube/permissions.h"
#include "policy/limits.h"
#include "rollout/limits.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>

enum { MOST_VERBS = 4 };

void session_init(struct session *s, const struct command *command)
{
    *s = (struct session){.command = command, .own_namespace = "tidegate-system"};
    arena_init(&s->arena, LIMIT_RECORDS_MEMORY);
    calls_init(&s->calls);
    s->kube = (struct kube){.config = &s->config, .calls = &s->calls};
}

void session_option(struct session *s, int id, const char *value)
{
    if (id == SESSION_NAMESPACE)
        s->given_namespace = value;
    else if (id == SESSION_KUBECONFIG)
        s->kubeconfig = value;
    else if (id == SESSION_CONTEXT)
        s->context = value;
    else if (id == SESSION_OWN_NAMESPACE)
        s->own_namespace = value;
}

static int configure(struct session *s)
{
    struct buf why;
    int found;

    buf_init(&why, LIMIT_ANSWER);
    found = connect_person(&s->config, s->kubeconfig, s->context, &why);
    if (found == 0)
        buf_add_str(&why, "there is no cluster: no --kubeconfig, no KUBECONFIG, no ~/.kube/config");
    if (found <= 0)
        session_tell(s, "%.*s", VIEW_ARGS(view_trim(buf_view(&why))));
    buf_release(&why);
    return found > 0 ? 0 : -1;
}

int session_open(struct session *s)
{
    signal(SIGPIPE, SIG_IGN); /* of a connection; what is written to a closed pipe fails */
    if (configure(s) < 0)
        return -1;
    s->namespace_ = view_of(s->given_namespace);
    if (s->namespace_.n == 0)
        s->namespace_ = s->config.namespace_ ? view_of(s->config.namespace_) : VIEW("default");
    if (!workload_arg_is_name(s->namespace_) || !workload_arg_is_name(view_of(s->own_namespace))) {
        command_misused(s->command, "\"%s\" is not a name of a namespace",
                        workload_arg_is_name(s->namespace_) ? s->own_namespace : s->namespace_.p);
        return -1;
    }
    s->client = client_create(&s->kube);
    if (s->client)
        return 0;
    session_tell(s, "out of memory");
    return -1;
}

void session_close(struct session *s)
{
    client_free(s->client);
    config_release(&s->config);
    calls_release(&s->calls);
    arena_release(&s->arena);
}

void session_tell(const struct session *s, const char *format, ...)
{
    char text[LIMIT_KUBE_ERROR];
    struct buf plain;
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    buf_init(&plain, (size_t)4 * LIMIT_KUBE_ERROR);
    quote_plain(&plain, view_of(text));
    fprintf(stderr, "tidegate %s: %.*s\n", s->command->name, VIEW_ARGS(buf_view(&plain)));
    buf_release(&plain);
}

void session_refused(const struct session *s, const char *what, const struct client_answer *answer,
                     const struct permission *rows, size_t count)
{
    const struct permission *needed[MOST_VERBS];
    struct buf rule;

    session_tell(s, "%s: %s", what, answer->problem);
    if (answer->status != 403 || count > MOST_VERBS)
        return;
    for (size_t i = 0; i < count; i++)
        needed[i] = &rows[i];
    buf_init(&rule, LIMIT_MESSAGE);
    permissions_rule(needed, count, &rule);
    fprintf(stderr, "  this requires a Role in namespace %s with the rule %.*s\n",
            rows[0].namespace_ ? rows[0].namespace_ : "", VIEW_ARGS(buf_view(&rule)));
    buf_release(&rule);
}
