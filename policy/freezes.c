#include "policy/freezes.h"

#include "base/arena.h"
#include "policy/checks/freeze.h"
#include "policy/set.h"
#include "policy/window_set.h"

static bool names(const struct match *m, const struct environment *environment)
{
    for (size_t i = 0; i < m->environment_count; i++)
        if (m->environments[i] == environment)
            return true;
    return false;
}

static bool reaches(const struct match *m, const struct environment *environment)
{
    if (!environment)
        return m->environment_count == 0;
    return m->environment_count > 0 ? names(m, environment) : match_may_meet(m, environment);
}

/* Steps to the next freeze rule that reaches the environment; both start at 0. */
static const struct rule *next_rule(const struct policy_set *set,
                                    const struct environment *environment, size_t *policy,
                                    size_t *rule)
{
    for (; *policy < set->policy_count; ++*policy, *rule = 0) {
        const struct policy *p = &set->policies[*policy];

        if (!reaches(&p->match, environment))
            continue;
        while (*rule < p->rule_count) {
            const struct rule *r = &p->rules[(*rule)++];

            if (r->check == &check_freeze && (!r->match || reaches(r->match, environment)))
                return r;
        }
    }
    return NULL;
}

/* How many rules there are, and windows in all of them. */
static void count(const struct policy_set *set, const struct environment *environment,
                  size_t *rules, size_t *windows)
{
    size_t i = 0, j = 0;
    const struct rule *r;

    *rules = *windows = 0;
    while ((r = next_rule(set, environment, &i, &j))) {
        ++*rules;
        *windows += freeze_windows(r->compiled, environment)->count;
    }
}

int freezes_at(const struct policy_set *set, const struct environment *environment, int64_t at,
               struct arena *arena, struct freeze_state *out)
{
    size_t rule_count, window_count, denying = 0, i = 0, j = 0;
    const struct window_set **sets;
    struct freeze_window *windows;
    const struct rule *r;

    *out = (struct freeze_state){0};
    count(set, environment, &rule_count, &window_count);
    sets = arena_array(arena, rule_count + 1, sizeof(*sets));
    windows = arena_array(arena, window_count + 1, sizeof(*windows));
    if (!sets || !windows)
        return -1;
    while ((r = next_rule(set, environment, &i, &j))) {
        const struct window_set *own = freeze_windows(r->compiled, environment);

        for (size_t k = 0; k < own->count; k++) {
            struct freeze_window *w = &windows[out->count++];

            *w = (struct freeze_window){&set->policies[i], r, &own->windows[k], false, {0, 0}};
            w->active = window_at(w->window, at, &w->span);
        }
        if (r->mode != MODE_DENY)
            continue;
        sets[denying++] = own;
        out->frozen |= window_set_closed(own, at, NULL);
    }
    out->windows = windows;
    out->next_change = window_sets_change(sets, denying, at);
    return 0;
}
