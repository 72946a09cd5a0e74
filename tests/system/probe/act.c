/* What rollout/act/action.h does, for tests: probe/act KUBECONFIG COMMAND ARG... looks at things,
 * writes "ready", waits for a line on standard input, acts on what it saw, and writes the outcome
 * and its words. */

#include "base/arena.h"
#include "base/buf.h"
#include "base/json/json.h"
#include "kube/calls.h"
#include "kube/client.h"
#include "kube/kube.h"
#include "kube/kubeconfig/config.h"
#include "policy/object/guarded_kind.h"
#include "policy/object/template_hash.h"
#include "rollout/act/action.h"
#include "rollout/watch/snapshot.h"

#include <stdio.h>
#include <string.h>

enum { MEMORY = 256 * 1024 * 1024 };

static struct client *client;
static struct arena arena;

static yyjson_val *get(const char *resource, const char *namespace, const char *name)
{
    struct view path =
        arena_printf(&arena, "/apis/apps/v1/namespaces/%s/%s/%s", namespace, resource, name);
    struct client_call call = {.verb = "get", .resource = resource, .path = path.p};
    struct client_answer answer;
    yyjson_val *object = client_json(client, &call, &arena, &answer);

    if (!object)
        printf("%s\n", answer.problem);
    return object;
}

static struct view hash_of(const char *kind, yyjson_val *object)
{
    yyjson_val *data = yyjson_obj_get(object, "data");
    struct workload w =
        workload_of(workload_kind_of(VIEW("apps"), view_of(kind)), data ? data : object);

    return template_hash(&w, &arena, NULL);
}

static void see(struct snapshot *snapshot, char **argv)
{
    yyjson_val *object;

    *snapshot = (struct snapshot){.guarded_kind = guarded_kind_of(VIEW("apps"), view_of(argv[0])),
                                  .namespace_ = view_of(argv[1]),
                                  .name = view_of(argv[2])};
    object = get(snapshot->guarded_kind->resource, argv[1], argv[2]);
    snapshot->uid = json_text(yyjson_obj_get(object, "metadata"), "uid");
    snapshot->hash = hash_of(argv[0], object);
}

static void wait_for_a_line(void)
{
    puts("ready");
    while (getchar() != '\n')
        ;
}

static int tell(enum outcome outcome, struct view message)
{
    static const char *const names[] = {[OUTCOME_DONE] = "done",
                                        [OUTCOME_SUPERSEDED] = "superseded",
                                        [OUTCOME_UNREACHABLE] = "unreachable",
                                        [OUTCOME_REFUSED] = "refused"};

    printf("%s\n%.*s\n", names[outcome], VIEW_ARGS(message));
    return 0;
}

/* undo KIND NAMESPACE NAME REVISION, which is the name of one */
static int undo(char **argv)
{
    struct snapshot_revision target = {.name = view_of(argv[3])};
    struct snapshot snapshot;
    struct view message, release;

    see(&snapshot, argv);
    target.hash =
        hash_of(argv[0], get(snapshot.guarded_kind->revisions->resource, argv[1], argv[3]));
    wait_for_a_line();
    return tell(
        action_undo(client, &snapshot, snapshot.hash, &target, NULL, &arena, &release, &message),
        message);
}

/* pause KIND NAMESPACE NAME */
static int pause_it(char **argv)
{
    struct snapshot snapshot;
    struct view message;

    see(&snapshot, argv);
    wait_for_a_line();
    return tell(action_pause(client, &snapshot, snapshot.hash, &arena, &message), message);
}

/* delete-pod NAMESPACE POD UID */
static int delete_pod(char **argv)
{
    struct snapshot snapshot = {.namespace_ = view_of(argv[0])};
    struct snapshot_pod pod = {.name = view_of(argv[1]), .uid = view_of(argv[2])};
    struct view message;

    wait_for_a_line();
    return tell(action_delete_pod(client, &snapshot, &pod, &arena, &message), message);
}

/* last-words NAMESPACE POD CONTAINER now|previous: the words alone */
static int last_words(char **argv)
{
    struct snapshot snapshot = {.namespace_ = view_of(argv[0])};
    struct view message = action_last_words(client, &snapshot, view_of(argv[1]), view_of(argv[2]),
                                            strcmp(argv[3], "previous") == 0, &arena);

    printf("%.*s\n", VIEW_ARGS(message));
    return 0;
}

static const struct {
    const char *name;
    int (*run)(char **argv);
    int arguments;
} commands[] = {
    {"undo", undo, 4},
    {"pause", pause_it, 3},
    {"delete-pod", delete_pod, 3},
    {"last-words", last_words, 4},
};

int main(int argc, char **argv)
{
    struct config config;
    struct calls calls;
    const struct kube cluster = {.config = &config, .calls = &calls};
    struct buf why;
    int status = 2;

    setvbuf(stdout, NULL, _IOLBF, 0);
    buf_init(&why, 4096);
    calls_init(&calls);
    arena_init(&arena, MEMORY);
    if (argc < 3 || config_of_file(&config, argv[1], &why) < 0) {
        fprintf(stderr, "usage: act KUBECONFIG COMMAND ARG...\n%s\n", why.p ? why.p : "");
        return 2;
    }
    client = client_create(&cluster);
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
        if (strcmp(argv[2], commands[i].name) == 0 && argc - 3 == commands[i].arguments)
            status = commands[i].run(argv + 3);
    client_free(client);
    arena_release(&arena);
    config_release(&config);
    calls_release(&calls);
    buf_release(&why);
    return status;
}
