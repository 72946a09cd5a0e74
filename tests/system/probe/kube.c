/* Calls of kube/ that have no subcommand of their own, for tests: probe/kube KUBECONFIG COMMAND
 * ARG... writes what came of it to standard output. */

#include "kube/kube.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/json/json.h"
#include "base/sys/log.h"
#include "kube/calls.h"
#include "kube/client.h"
#include "kube/events.h"
#include "kube/kubeconfig/config.h"
#include "kube/lease.h"
#include "kube/permissions.h"
#include "kube/watch.h"
#include "kube/whoami.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MEMORY = 256 * 1024 * 1024 };

static struct config config;
static struct calls calls;
static const struct kube cluster = {.config = &config, .calls = &calls};

static char *argument(char **argv, int i)
{
    for (int n = 0; n < i; n++)
        if (!argv[n])
            return NULL;
    return argv[i];
}

/* call VERB RESOURCE PATH [TYPE BODY [SECONDS]]: status, reason, milliseconds to wait, problem and
 * body, a line each. Tries again for so many seconds. */
static int call(char **argv)
{
    struct client *c = client_create(&cluster);
    const char *body = argument(argv, 4), *seconds = argument(argv, 5);
    struct client_call call = {
        .verb = argv[0],
        .resource = argv[1],
        .path = argv[2],
        .type = argument(argv, 3),
        .body = view_of(body && *body ? body : NULL),
        .until = seconds ? clock_monotonic_ns() + atol(seconds) * 1000000000 : 0,
    };
    struct client_answer answer;
    struct arena arena;
    yyjson_val *root;
    char *text;

    arena_init(&arena, MEMORY);
    root = client_json(c, &call, &arena, &answer);
    text = root ? yyjson_val_write(root, 0, NULL) : NULL;
    printf("%u\n%s\n%lld\n%s\n%s\n", answer.status, answer.reason, (long long)answer.retry_after,
           answer.problem, text ? text : "null");
    free(text);
    arena_release(&arena);
    client_free(c);
    return 0;
}

static void tell(void *ctx, const char *what, yyjson_val *object)
{
    struct view name = json_text(yyjson_obj_get(object, "metadata"), "name");

    (void)ctx;
    printf("%s %.*s%s\n", what, VIEW_ARGS(name), yyjson_obj_get(object, "spec") ? " whole" : "");
}

static void begin(void *ctx)
{
    tell(ctx, "begin", NULL);
}

static int put(void *ctx, yyjson_val *object)
{
    tell(ctx, "put", object);
    return 0;
}

static void skip(void *ctx, yyjson_val *object)
{
    tell(ctx, "skip", object);
}

static void drop(void *ctx, yyjson_val *object)
{
    tell(ctx, "drop", object);
}

static void end(void *ctx)
{
    tell(ctx, "end", NULL);
}

static void alive(void *ctx)
{
    (void)ctx;
}

/* watch PATH RESOURCE whole|metadata [SELECTOR [NAME]]: a line for each word of it, until standard
 * input ends. */
static int watch(char **argv)
{
    struct watch_options options = {
        .path = argv[0],
        .group = "",
        .resource = argv[1],
        .whole = strcmp(argv[2], "whole") == 0,
        .selector = argument(argv, 3),
        .name = argument(argv, 4),
        .handler = {begin, put, skip, drop, end, alive},
    };
    struct watch *w;
    char byte;

    w = watch_start(&cluster, &options);
    while (read(STDIN_FILENO, &byte, 1) > 0)
        ;
    watch_stop(w);
    return 0;
}

/* lease NAMESPACE NAME IDENTITY: "leads HOLDER" or "follows HOLDER" whenever that changes, until
 * standard input ends. */
static int lease(char **argv)
{
    struct lease_options options = {
        .namespace_ = view_of(argv[0]),
        .name = view_of(argv[1]),
    };
    const struct kube kube = {
        .config = &config,
        .calls = &calls,
        .log = log_create(STDERR_FILENO, LOG_TEXT),
        .identity = view_of(argv[2]),
    };
    struct lease *l = lease_start(&kube, &options);
    struct pollfd end = {.fd = STDIN_FILENO, .events = POLLIN};
    char told[256] = "", line[256];
    struct buf holder;

    buf_init(&holder, 200);
    while (l && poll(&end, 1, 5) == 0) {
        buf_reset(&holder);
        lease_holder(l, &holder);
        snprintf(line, sizeof(line), "%s %.*s",
                 lease_is_held(l, clock_monotonic_ns()) ? "leads" : "follows",
                 VIEW_ARGS(buf_view(&holder)));
        if (strcmp(line, told) != 0)
            puts(line);
        memcpy(told, line, sizeof(told));
    }
    lease_stop(l);
    buf_release(&holder);
    log_free(kube.log);
    return l ? 0 : 1;
}

static int show(int status, const struct client_answer *answer)
{
    if (status < 0)
        printf("%u %s %s\n", answer->status, answer->reason, answer->problem);
    return status < 0 ? 1 : 0;
}

/* event NAMESPACE NAME UID Warning|Normal REASON NOTE KEY, of a Deployment. */
static int event(char **argv)
{
    struct client *c = client_create(&cluster);
    struct events_note note = {
        .api_version = VIEW("apps/v1"),
        .kind = VIEW("Deployment"),
        .namespace_ = view_of(argv[0]),
        .name = view_of(argv[1]),
        .uid = view_of(argv[2]),
        .warning = strcmp(argv[3], "Warning") == 0,
        .controller = "tidegate.dev/guard",
        .reason = argv[4],
        .action = "Rollback",
        .note = view_of(argv[5]),
        .key = view_of(argv[6]),
    };
    struct client_answer answer;
    int status = events_write(c, &note, VIEW("replica-1"), 0, &answer);

    client_free(c);
    return show(status, &answer);
}

/* permissions NAMESPACE: those of a small guard. */
static int permissions(char **argv)
{
    const struct permission rows[] = {
        {"apps", "deployments", NULL, "list", NULL, NULL},
        {"apps", "deployments", NULL, "watch", NULL, NULL},
        {"apps", "deployments", NULL, "patch", NULL, NULL},
        {"", "pods", "log", "get", NULL, NULL},
        {"coordination.k8s.io", "leases", NULL, "get", argv[0], NULL},
        {"coordination.k8s.io", "leases", NULL, "update", argv[0], NULL},
    };
    struct log *log = log_create(STDERR_FILENO, LOG_TEXT);
    struct client *c = client_create(&cluster);
    struct client_answer answer;
    struct buf missing;
    int status;

    buf_init(&missing, 8192);
    status = permissions_ask(c, rows, sizeof(rows) / sizeof(rows[0]), 0, log, &missing, &answer);
    if (status >= 0)
        printf("%d\n%s", status, missing.p ? missing.p : "");
    buf_release(&missing);
    client_free(c);
    log_free(log);
    return show(status, &answer);
}

/* whoami: the user's name and groups, a line each. */
static int whoami(char **argv)
{
    struct client *c = client_create(&cluster);
    struct client_answer answer;
    struct whoami who;
    struct arena arena;
    int status;

    (void)argv;
    arena_init(&arena, MEMORY);
    status = whoami_ask(c, 0, &arena, &who, &answer);
    if (status == 0)
        printf("%.*s\n", VIEW_ARGS(who.user));
    for (size_t i = 0; i < who.group_count; i++)
        printf("%.*s\n", VIEW_ARGS(who.groups[i]));
    arena_release(&arena);
    client_free(c);
    return show(status, &answer);
}

static const struct {
    const char *name;
    int (*run)(char **argv);
    int arguments; /* at least */
} commands[] = {
    {"call", call, 3},
    {"watch", watch, 3},
    {"lease", lease, 3},
    {"event", event, 7},
    {"permissions", permissions, 1},
    {"whoami", whoami, 0},
};

int main(int argc, char **argv)
{
    struct buf why;
    int status = 2;

    setvbuf(stdout, NULL, _IOLBF, 0);
    buf_init(&why, 4096);
    calls_init(&calls);
    if (argc < 3 || config_of_file(&config, argv[1], &why) < 0) {
        fprintf(stderr, "usage: kube KUBECONFIG COMMAND ARG...\n%s\n", why.p ? why.p : "");
        return 2;
    }
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
        if (strcmp(argv[2], commands[i].name) == 0 && argc - 3 >= commands[i].arguments)
            status = commands[i].run(argv + 3);
    config_release(&config);
    calls_release(&calls);
    buf_release(&why);
    return status;
}
