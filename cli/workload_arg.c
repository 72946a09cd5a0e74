#include "cli/workload_arg.h"

#include "base/arena.h"
#include "policy/object/guarded_kind.h"
#include "policy/object/kinds.h"

/* "apps" or "v1.apps". */
static bool is_group_of(struct view text, const struct guarded_kind *kind)
{
    struct view version, group;

    return view_eq_str(text, kind->group) ||
           (view_cut(text, '.', &version, &group) && view_eq_str(version, kind->version) &&
            view_eq_str(group, kind->group));
}

/* "deployments", "deployments.apps" or "deployments.v1.apps", or by the short name. */
static const struct guarded_kind *find_kind(struct view word)
{
    struct view name, group;
    bool has_group = view_cut(word, '.', &name, &group);
    const struct kind_row *meant = kind_meant(name);
    const struct guarded_kind *kind =
        meant ? guarded_kind_of(view_of(meant->group), view_of(meant->kind)) : NULL;

    return kind && (!has_group || is_group_of(group, kind)) ? kind : NULL;
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

static void lower(char *text, size_t n)
{
    for (size_t i = 0; text && i < n; i++)
        text[i] = text[i] >= 'A' && text[i] <= 'Z' ? (char)(text[i] - 'A' + 'a') : text[i];
}

static int refuse_kind(struct arena *arena, struct view *problem, struct view word)
{
    struct view list = guarded_kind_list(arena);
    char *kinds = list.p ? arena_str(arena, list) : NULL;

    lower(kinds, list.n);
    *problem = arena_printf(arena, "\"%.*s\" is not a kind that is guarded, write %s",
                            VIEW_ARGS(word), kinds ? kinds : "another");
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
    out->guarded_kind = find_kind(kind);
    if (!out->guarded_kind)
        return refuse_kind(arena, problem, kind);
    if (!workload_arg_is_name(out->name))
        return refuse(arena, problem, out->name, "is not a name of a workload");
    return 0;
}

struct view workload_arg_text(struct view kind, struct view name, struct arena *arena)
{
    struct view text = arena_printf(arena, "%.*s/%.*s", VIEW_ARGS(kind), VIEW_ARGS(name));
    char *out = text.p ? arena_str(arena, text) : NULL;

    lower(out, kind.n);
    return (struct view){out, out ? text.n : 0};
}
