#include "kube/kubeconfig/exec_plugin_read.h"

#include "base/arena.h"
#include "base/diag.h"
#include "base/yaml/node.h"
#include "kube/kubeconfig/config_node.h"
#include "kube/kubeconfig/exec_plugin.h"
#include "kube/limits.h"

/* An `exec` that is being read. */
struct reading {
    const struct node *exec;
    struct arena *arena;
    struct diags *diags;
};

static void *no_memory(struct reading *r)
{
    diag_error(r->diags, r->exec->place, "out of memory");
    return NULL;
}

static const char *read_api_version(struct reading *r)
{
    const struct node *node = config_node_string(r->diags, r->exec, "apiVersion");

    for (size_t i = 0; node && exec_plugin_versions[i]; i++)
        if (view_eq_str(node->text, exec_plugin_versions[i]))
            return exec_plugin_versions[i];
    diag_error(r->diags, node ? node->place : r->exec->place,
               "the apiVersion of exec must be %s or %s", exec_plugin_versions[0],
               exec_plugin_versions[1]);
    diag_hint(r->diags, "let the provider's tool write the kubeconfig again, as aws eks "
                        "update-kubeconfig does");
    return NULL;
}

/* v1beta1 has a default, v1 has none. */
static enum exec_stdin read_interactive(struct reading *r, const char *version)
{
    static const char *const modes[] = {"Never", "IfAvailable", "Always"};
    const struct node *node = config_node_string(r->diags, r->exec, "interactiveMode");

    for (int i = 0; node && i < 3; i++)
        if (view_eq_str(node->text, modes[i]))
            return (enum exec_stdin)i;
    if (node || version == exec_plugin_versions[0])
        diag_error(r->diags, node ? node->place : r->exec->place,
                   "the interactiveMode of exec must be Never, IfAvailable or Always");
    return EXEC_IF_AVAILABLE;
}

/* How many items a list has; none where it is missing or wrong. */
static size_t count_items(struct reading *r, const char *key, const struct node **list)
{
    *list = node_get(r->exec, key);
    if (!*list || (*list)->kind == NODE_NULL)
        return 0;
    if ((*list)->kind != NODE_LIST)
        diag_error(r->diags, (*list)->place, "\"%s\" must be a list, found %s", key,
                   node_kind_name((*list)->kind));
    else if ((*list)->count > LIMIT_CREDENTIAL_ARGS)
        diag_error(r->diags, (*list)->place, "\"%s\" has more than %d items", key,
                   LIMIT_CREDENTIAL_ARGS);
    else
        return (*list)->count;
    return 0;
}

/* A command with a slash is relative to the folder of the kubeconfig; others are looked for in
 * PATH. */
static const char *read_command(struct reading *r)
{
    const struct node *command = config_node_string(r->diags, r->exec, "command");

    if (!command)
        diag_error(r->diags, r->exec->place, "exec has no \"command\"");
    if (!command || view_find(command->text, '/') < 0)
        return command ? command->text.p : "";
    return config_node_path(command, r->arena).p;
}

static const char *const *read_argv(struct reading *r)
{
    const struct node *args;
    size_t n = count_items(r, "args", &args);
    const char **argv = arena_alloc(r->arena, (n + 2) * sizeof(*argv));

    if (!argv || !(argv[0] = read_command(r)))
        return no_memory(r);
    for (size_t i = 0; i < n; i++) {
        if (args->items[i]->kind != NODE_STRING)
            diag_error(r->diags, args->items[i]->place,
                       "an argument of exec must be a string, found %s",
                       node_kind_name(args->items[i]->kind));
        argv[i + 1] = args->items[i]->text.p;
    }
    return argv;
}

static const char *read_variable(struct reading *r, const struct node *item)
{
    const struct node *name = config_node_string(r->diags, item, "name");
    const struct node *value = config_node_string(r->diags, item, "value");

    if (!name)
        diag_error(r->diags, item->place, "a variable of exec has no \"name\"");
    return arena_printf(r->arena, "%s=%s", name ? name->text.p : "", value ? value->text.p : "").p;
}

static const char *const *read_env(struct reading *r)
{
    const struct node *list;
    size_t n = count_items(r, "env", &list);
    const char **env = arena_alloc(r->arena, (n + 1) * sizeof(*env));

    if (!env)
        return no_memory(r);
    for (size_t i = 0; i < n; i++)
        if (!(env[i] = read_variable(r, list->items[i])))
            return no_memory(r);
    return env;
}

const struct exec_plugin *exec_plugin_read(const struct node *exec, const char *cluster,
                                           struct arena *arena, struct diags *diags)
{
    struct reading r = {exec, arena, diags};
    struct exec_plugin *p = arena_alloc(arena, sizeof(*p));
    const struct node *hint = config_node_string(diags, exec, "installHint");

    if (!p)
        return no_memory(&r);
    *p = (struct exec_plugin){.argv = read_argv(&r),
                              .env = read_env(&r),
                              .api_version = read_api_version(&r),
                              .hint = hint ? hint->text.p : NULL,
                              .cluster = cluster,
                              .seconds = LIMIT_CREDENTIAL_TIME};
    p->interactive = read_interactive(&r, p->api_version);
    return p;
}
