#include "policy/set_paths.h"

#include "base/arena.h"
#include "base/diag.h"
#include "policy/expressions/when.h"
#include "policy/set.h"
#include "policy/shapes/path_check.h"

#include <stdlib.h>

/* What a path of the rule is compiled with. */
static struct compile compile_of(const struct policy *policy, const struct rule *rule,
                                 struct shapes *shapes)
{
    return (struct compile){
        .shapes = shapes, .policy_match = &policy->match, .rule_match = rule->match};
}

/* Calls `ask` for each rule that has paths. Returns -1 as soon as that does. */
static int each_rule(const struct policy_set *set, struct shapes *shapes,
                     int (*ask)(void *ctx, const struct rule *rule, struct compile *c), void *ctx)
{
    for (size_t i = 0; i < set->policy_count; i++)
        for (size_t k = 0; k < set->policies[i].rule_count; k++) {
            const struct rule *rule = &set->policies[i].rules[k];
            struct compile c = compile_of(&set->policies[i], rule, shapes);

            if ((rule->check->check_paths || rule->when) && ask(ctx, rule, &c) < 0)
                return -1;
        }
    return 0;
}

/* --- what is not known ------------------------------------------------------------------------ */

struct list {
    struct arena *arena;
    struct unknown_kind *kinds;
    size_t count, room;
};

static int add(void *ctx, struct view kind)
{
    struct list *l = ctx;

    if (l->count == l->room) {
        size_t room = l->room ? 2 * l->room : 16;
        struct unknown_kind *grown =
            arena_grow(l->arena, l->kinds, l->room * sizeof(*grown), room * sizeof(*grown));

        if (!grown)
            return -1;
        l->kinds = grown;
        l->room = room;
    }
    l->kinds[l->count++] = (struct unknown_kind){.kind = kind};
    return 0;
}

static int add_kinds(void *ctx, const struct rule *rule, struct compile *c)
{
    (void)rule;
    return path_each_unknown_kind(c, add, ctx);
}

static int by_kind(const void *a, const void *b)
{
    const struct unknown_kind *x = a, *y = b;

    return view_cmp(x->kind, y->kind);
}

int set_paths_unknown(const struct policy_set *set, struct shapes *shapes, struct arena *arena,
                      struct unknown_kind **kinds, size_t *count)
{
    struct list l = {.arena = arena};
    size_t kept = 0;

    if (each_rule(set, shapes, add_kinds, &l) < 0)
        return -1;
    if (l.count > 0)
        qsort(l.kinds, l.count, sizeof(*l.kinds), by_kind);
    for (size_t i = 0; i < l.count; i++)
        if (kept == 0 || by_kind(&l.kinds[kept - 1], &l.kinds[i]) != 0)
            l.kinds[kept++] = l.kinds[i];
    *kinds = l.kinds;
    *count = kept;
    return 0;
}

/* --- what is known by now --------------------------------------------------------------------- */

struct checking {
    const struct unknown_kind *kinds;
    size_t count;
    struct diags *diags;
    const struct rule *rule; /* that is looked at */
};

static const struct unknown_kind *find(const struct checking *k, struct view kind)
{
    const struct unknown_kind key = {.kind = kind};

    return k->count > 0 ? bsearch(&key, k->kinds, k->count, sizeof(key), by_kind) : NULL;
}

static bool names_any(const struct checking *k, const struct match *match)
{
    for (size_t i = 0; match && i < match->kind_count; i++)
        if (find(k, match->kinds[i]))
            return true;
    return false;
}

static int tell_unknown(void *ctx, struct view kind)
{
    struct checking *k = ctx;
    const struct unknown_kind *unknown = find(k, kind);

    if (unknown && unknown->why)
        diag_warning(k->diags, k->rule->place,
                     "the paths of rule \"%.*s\" are not checked for kind \"%.*s\": %s",
                     VIEW_ARGS(k->rule->id), VIEW_ARGS(kind), unknown->why);
    return 0;
}

static int check_rule(void *ctx, const struct rule *rule, struct compile *c)
{
    struct checking *k = ctx;

    if (!names_any(k, c->rule_match) && !names_any(k, c->policy_match))
        return 0;
    k->rule = rule;
    c->diags = k->diags;
    c->arena = k->diags->arena;
    path_each_unknown_kind(c, tell_unknown, k);
    if (rule->when && when_check(rule->when, c) < 0)
        return -1;
    return rule->check->check_paths ? rule->check->check_paths(rule->compiled, c) : 0;
}

static bool is_told(const struct policy_set *set, const struct diag *diag)
{
    for (const struct diag *d = set->problems; d; d = d->next)
        if (d->place.source == diag->place.source && d->place.line == diag->place.line &&
            d->place.column == diag->place.column)
            return true;
    return false;
}

int set_paths_check(const struct policy_set *set, struct shapes *shapes,
                    const struct unknown_kind *kinds, size_t count, struct diags *diags)
{
    struct checking k = {.kinds = kinds, .count = count, .diags = diags};
    struct diag **at = &diags->first;
    int result = each_rule(set, shapes, check_rule, &k);

    while (*at)
        if (is_told(set, *at)) {
            *at = (*at)->next;
        } else {
            (*at)->level = DIAG_WARNING;
            at = &(*at)->next;
        }
    return result;
}
