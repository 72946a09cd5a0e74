#include "cli/workload_arg.h"

#include "base/arena.h"
#include "rollout/watch/guarded_kind.h"

#include <strings.h>

static const struct {
    const char *kind, *names[4]; /* beside those of the driver; `kubectl api-resources` */
} others[] = {
    {"Deployment", {"deploy"}},
    {"StatefulSet", {"sts"}},
    {"DaemonSet", {"ds"}},
};

enum { OTHERS = sizeof(others) / sizeof(others[0]) };

static bool is_name(struct view word, const char *name)
{
    return word.n == view_of(name).n && strncasecmp(word.p, name, word.n) == 0;
}

static bool is_short_name(struct view word, const struct guarded_kind *guarded_kind)
{
    for (size_t i = 0; i < OTHERS; i++)
        if (view_eq_str(view_of(guarded_kind->kind), others[i].kind))
            for (const char *const *name = others[i].names; *name; name++)
                if (is_name(word, *name))
                    return true;
    return false;
}

/* "deployments", "deployments.apps" or "deployments.v1.apps". */
static const struct guarded_kind *find_driver(struct view word)
{
    struct view kind, group;

    if (view_cut(word, '.', &kind, &group) && !view_eq_str(group, "apps") &&
        !view_eq_str(group, "v1.apps"))
        return NULL;
    for (const struct guarded_kind *d = drivers; d->kind; d++)
        if (is_name(kind, d->kind) || is_name(kind, d->resource) || is_short_name(kind, d))
            return d;
    return NULL;
}

bool workload_arg_is_name(struct view name)
{
    for (size_t i = 0; i < name.n; i++)
        if (!((name.p[i] >= 'a' && name.p[i] <= 'z') || (name.p[i] >= '0' && name.p[i] <= '9') ||
              name.p[i] == '-' || (name.p[i] == '.' && i > 0)))
            return false;
    return name.n > 0;
}

static int refuse(struct arena *arena, struct view *problem, struct view word, const char *what)
{
    *problem = arena_printf(arena, "\"%.*s\" %s", VIEW_ARGS(word), what);
    return -1;
}

int workload_arg_parse(const char *const *words, size_t count, struct arena *arena,
                       struct workload_arg *out, struct view *problem)
{
    struct view kind;

    *out = (struct workload_arg){0};
    if (count == 0)
        return 0;
    if (count > 2)
        return refuse(arena, problem, view_of(words[2]), "is one argument too many");
    kind = view_of(words[0]);
    if (count == 2)
        out->name = view_of(words[1]);
    else if (!view_cut(kind, '/', &kind, &out->name))
        return refuse(arena, problem, kind, "names no workload, write KIND/NAME or KIND NAME");
    out->guarded_kind = find_driver(kind);
    if (!out->guarded_kind)
        return refuse(arena, problem, kind,
                      "is not a kind that is guarded, write deployment, statefulset or daemonset");
    if (!workload_arg_is_name(out->name))
        return refuse(arena, problem, out->name, "is not a name of a workload");
    return 0;
}

struct view workload_arg_text(struct view kind, struct view name, struct arena *arena)
{
    struct view text = arena_printf(arena, "%.*s/%.*s", VIEW_ARGS(kind), VIEW_ARGS(name));
    char *lower = text.p ? arena_str(arena, text) : NULL;

    for (size_t i = 0; lower && i < kind.n; i++)
        lower[i] = lower[i] >= 'A' && lower[i] <= 'Z' ? (char)(lower[i] - 'A' + 'a') : lower[i];
    return (struct view){lower, lower ? text.n : 0};
}
