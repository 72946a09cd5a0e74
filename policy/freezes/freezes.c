#include "policy/freezes/freezes.h"

#include "base/arena.h"
#include "base/text/glob.h"
#include "policy/freezes/freeze_units.h"
#include "policy/object/request.h"
#include "policy/object/workload.h"
#include "policy/schema/selector.h"
#include "policy/set.h"
#include "policy/window/window_set.h"

#include <string.h>

/* The places that were found, and what they are found from. */
struct plan {
    struct freeze_survey survey;
    struct view *names, *except, *all; /* room for lists that are underway */
    struct freeze_place *first, **end;
};

/* --- kinds and narrower rules ----------------------------------------------------------------- */

static bool speaks_of_kind(const struct freeze_part *p, size_t n)
{
    const struct workload_kind *kind = workload_kind_at(n);
    struct view group = view_of(kind->group), name = view_of(kind->kind);

    return match_has_kind(&p->policy->match, group, name) &&
           (!p->rule->match || match_has_kind(p->rule->match, group, name));
}

static const struct match *narrow_match(const struct match *m)
{
    return m && match_is_narrow(m) ? m : NULL;
}

static bool is_plain(const struct freeze_part *p)
{
    return !narrow_match(&p->policy->match) && !narrow_match(p->rule->match) &&
           freeze_units_operations(p) == (CREATE | UPDATE);
}

static bool same_list(const struct view *a, size_t count_a, const struct view *b, size_t count_b)
{
    if (count_a != count_b)
        return false;
    for (size_t i = 0; i < count_a; i++)
        if (!view_eq(a[i], b[i]))
            return false;
    return true;
}

static bool same_narrow(const struct match *a, const struct match *b)
{
    a = narrow_match(a);
    b = narrow_match(b);
    if (!a || !b)
        return a == b;
    return same_list(a->names, a->name_count, b->names, b->name_count) &&
           same_list(a->users, a->user_count, b->users, b->user_count) &&
           same_list(a->groups, a->group_count, b->groups, b->group_count) &&
           same_list(a->service_accounts, a->service_account_count, b->service_accounts,
                     b->service_account_count) &&
           selector_equal(a->labels, b->labels);
}

static bool same_limits(const struct freeze_part *a, const struct freeze_part *b)
{
    return freeze_units_operations(a) == freeze_units_operations(b) &&
           same_narrow(&a->policy->match, &b->policy->match) &&
           same_narrow(a->rule->match, b->rule->match);
}

/* True when the part speaks of the n-th kind to everybody, or is as narrow as `narrow`. */
static bool is_in(const struct freeze_part *p, size_t n, const struct freeze_part *narrow)
{
    return (is_plain(p) || (narrow && same_limits(p, narrow))) && speaks_of_kind(p, n);
}

static bool same_kinds(const struct freeze_unit *u, const struct freeze_part *narrow, size_t a,
                       size_t b)
{
    for (size_t i = 0; i < u->count; i++)
        if (is_in(&u->parts[i], a, narrow) != is_in(&u->parts[i], b, narrow))
            return false;
    return true;
}

static bool narrow_speaks(const struct freeze_unit *u, const struct freeze_part *narrow, size_t n)
{
    for (size_t i = 0; i < u->count; i++)
        if (same_limits(&u->parts[i], narrow) && speaks_of_kind(&u->parts[i], n))
            return true;
    return false;
}

/* --- places ----------------------------------------------------------------------------------- */

/* Fills in the windows of the parts that speak of the n-th kind. */
static int fill_windows(struct plan *plan, struct freeze_place *place, const struct freeze_unit *u,
                        const struct freeze_part *narrow, size_t n)
{
    size_t room = 0, denying = 0;
    const struct window_set **sets = arena_array(plan->survey.arena, u->count + 1, sizeof(*sets));
    struct freeze_window *windows;

    for (size_t i = 0; i < u->count; i++)
        room += u->parts[i].windows->count;
    windows = arena_array(plan->survey.arena, room + 1, sizeof(*windows));
    if (!sets || !windows)
        return -1;
    for (size_t i = 0; i < u->count; i++) {
        const struct freeze_part *p = &u->parts[i];

        for (size_t k = 0; k < p->windows->count && is_in(p, n, narrow); k++) {
            struct freeze_window *w = &windows[place->count++];

            *w = (struct freeze_window){p->policy, p->rule, &p->windows->windows[k], false, {0, 0}};
            w->active = window_at(w->window, plan->survey.at, &w->span);
        }
        if (p->rule->mode != MODE_DENY || !is_in(p, n, narrow))
            continue;
        sets[denying++] = p->windows;
        place->frozen |= window_set_closed(p->windows, plan->survey.at, NULL);
    }
    place->windows = windows;
    place->next_change = window_sets_change(sets, denying, plan->survey.at);
    return 0;
}

/* One more place like `common`, of the kinds that the rules see as they see the n-th. */
static int add_place(struct plan *plan, const struct freeze_place *common,
                     const struct freeze_unit *u, const struct freeze_part *narrow, size_t n,
                     unsigned *seen)
{
    struct freeze_place *place = arena_alloc(plan->survey.arena, sizeof(*place));
    size_t kinds = 0, k = n;

    if (!place)
        return -1;
    *place = *common;
    for (; workload_kind_at(k); k++)
        if (same_kinds(u, narrow, n, k)) {
            place->kinds |= 1u << k;
            kinds++;
        }
    *seen |= place->kinds;
    place->all_kinds = kinds == k;
    place->operations = narrow ? freeze_units_operations(narrow) : CREATE | UPDATE;
    if (narrow) {
        place->only[0] = narrow_match(&narrow->policy->match);
        place->only[1] = narrow_match(narrow->rule->match);
    }
    if (fill_windows(plan, place, u, narrow, n) < 0)
        return -1;
    if (place->count == 0 && !place->environment)
        return 0;
    *plan->end = place;
    plan->end = &place->next;
    return 0;
}

static bool is_first_so_narrow(const struct freeze_unit *u, size_t n)
{
    if (is_plain(&u->parts[n]))
        return false;
    for (size_t i = 0; i < n; i++)
        if (same_limits(&u->parts[i], &u->parts[n]))
            return false;
    return true;
}

/* The places of namespaces: what every deploy finds there, by kind, then what some find. */
static int add_places(struct plan *plan, const struct freeze_place *common,
                      const struct freeze_unit *u)
{
    unsigned seen = 0;

    for (size_t n = 0; workload_kind_at(n); n++)
        if (!(seen >> n & 1) && add_place(plan, common, u, NULL, n, &seen) < 0)
            return -1;
    for (size_t i = 0; i < u->count; i++) {
        if (!is_first_so_narrow(u, i))
            continue;
        seen = 0;
        for (size_t n = 0; workload_kind_at(n); n++)
            if (!(seen >> n & 1) && narrow_speaks(u, &u->parts[i], n) &&
                add_place(plan, common, u, &u->parts[i], n, &seen) < 0)
                return -1;
    }
    return 0;
}

/* --- namespaces that go together -------------------------------------------------------------- */

static bool covered_by_other(const struct view *globs, size_t count, size_t n)
{
    for (size_t i = 0; i < count; i++)
        if (i != n && freeze_units_covers(globs[i], globs[n]) &&
            !(freeze_units_covers(globs[n], globs[i]) && i > n))
            return true;
    return false;
}

/* Keeps a list without what others in it cover; NULL when memory runs out. */
static const struct view *without_covered(struct plan *plan, const struct view *globs,
                                          size_t *count)
{
    size_t left = 0;
    struct view *kept;

    for (size_t i = 0; i < *count; i++)
        if (!covered_by_other(globs, *count, i))
            plan->all[left++] = globs[i];
    kept = arena_array(plan->survey.arena, left + 1, sizeof(*kept));
    if (kept)
        memcpy(kept, plan->all, left * sizeof(*kept));
    *count = left;
    return kept;
}

/* 1 when the rules are others where a namespace of `in` fits the glob too, 0 or -1. */
static int differs_there(struct plan *plan, const struct freeze_unit *in, struct view glob)
{
    struct freeze_unit u = *in;

    if (!freeze_units_narrow(&plan->survey, &u, glob))
        return 0;
    return freeze_units_parts(&plan->survey, &u) < 0 ? -1 : !freeze_units_alike(in, &u);
}

static int find_exceptions(struct plan *plan, struct freeze_place *place,
                           const struct freeze_unit *like)
{
    size_t count = 0;

    for (size_t g = 0; g < plan->survey.glob_count; g++) {
        int differs = 0;

        for (size_t i = 0; i < place->namespace_count && differs == 0; i++) {
            struct freeze_unit in = *like;

            in.globs[0] = place->namespaces[i];
            differs = differs_there(plan, &in, plan->survey.globs[g]);
        }
        if (differs < 0)
            return -1;
        if (differs)
            plan->except[count++] = plan->survey.globs[g];
    }
    place->except = without_covered(plan, plan->except, &count);
    place->except_count = count;
    return place->except ? 0 : -1;
}

static bool go_together(const struct freeze_unit *a, const struct freeze_unit *b)
{
    return a->glob_count == 1 && b->glob_count == 1 && freeze_units_alike(a, b);
}

/* Puts the n-th unit into a place, and with it the later ones that have the same rules, or with
 * `alone` none. */
static int gather(struct plan *plan, struct freeze_unit *units, size_t count, size_t n, bool alone,
                  struct freeze_place *place)
{
    size_t name_count = 0;

    for (size_t i = n; i < count; i++) {
        if (i != n && (alone || units[i].placed || !go_together(&units[n], &units[i])))
            continue;
        units[i].placed = true;
        plan->names[name_count++] = units[i].globs[0];
    }
    place->namespaces = without_covered(plan, plan->names, &name_count);
    place->namespace_count = name_count;
    return !place->namespaces ? -1 : find_exceptions(plan, place, &units[n]);
}

/* 1 when the place excepts what the unit, which it covers, does not: the unit would be hidden. */
static int is_hidden(struct plan *plan, const struct freeze_unit *u,
                     const struct freeze_place *place)
{
    int differs = 1;

    for (size_t i = 0; i < place->except_count && differs > 0; i++)
        if (glob_may_meet(place->except[i], u->globs[0]))
            differs = differs_there(plan, u, place->except[i]);
    return differs < 0 ? -1 : !differs;
}

/* What is hidden needs a place of its own: * and team-a, where team-* is another. 1 when the n-th
 * unit is such a one; it then goes alone. */
static int part_hidden(struct plan *plan, struct freeze_unit *units, size_t count, size_t n,
                       const struct freeze_place *place)
{
    int alone = units[n].glob_count == 1 ? is_hidden(plan, &units[n], place) : 0;

    for (size_t i = n + 1; i < count && alone >= 0; i++) {
        int hidden = go_together(&units[n], &units[i]) ? is_hidden(plan, &units[i], place) : 0;

        if (hidden < 0)
            return -1;
        if (hidden || (alone && go_together(&units[n], &units[i])))
            units[i].placed = false;
    }
    return alone;
}

/* The first unit that is not yet in a place, with all others that have the same rules. */
static int place_units(struct plan *plan, const struct environment *environment,
                       struct freeze_unit *units, size_t count, size_t n)
{
    struct freeze_place common = {.environment = environment,
                                  .labels = units[n].labels,
                                  .also = &units[n].globs[1],
                                  .also_count = units[n].glob_count - 1};
    size_t placed = 0;
    int alone;

    if (gather(plan, units, count, n, false, &common) < 0)
        return -1;
    alone = part_hidden(plan, units, count, n, &common);
    if (alone < 0 || (alone && gather(plan, units, count, n, true, &common) < 0))
        return -1;
    for (size_t i = 0; i < count; i++)
        placed += units[i].placed;
    common.whole = environment && n == 0 && placed == count && !units[n].labels;
    if (units[n].count == 0 && !environment)
        return 0;
    return add_places(plan, &common, &units[n]);
}

static bool is_among(const struct freeze_unit *u, struct view glob)
{
    for (size_t i = 0; i < u->glob_count; i++)
        if (view_eq(u->globs[i], glob))
            return true;
    return false;
}

/* An overlap is worth a place of its own when none that has one glob less has its rules and a
 * place.
 */
static bool is_needless(const struct freeze_unit *units, size_t count,
                        const struct freeze_unit *overlap)
{
    for (size_t i = 0; i < count; i++) {
        bool part = units[i].glob_count + 1 == overlap->glob_count && !units[i].placed;

        for (size_t g = 0; part && g < units[i].glob_count; g++)
            part = is_among(overlap, units[i].globs[g]);
        if (part && freeze_units_alike(&units[i], overlap))
            return true;
    }
    return false;
}

static int place_all(struct plan *plan, const struct environment *environment,
                     struct freeze_unit *units, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (units[i].glob_count > 1 && is_needless(units, count, &units[i]))
            units[i].placed = true;
    for (size_t i = 0; i < count; i++)
        if (!units[i].placed && place_units(plan, environment, units, count, i) < 0)
            return -1;
    return 0;
}

/* --- units ------------------------------------------------------------------------------------ */

struct unit_list {
    struct freeze_unit *units;
    size_t count, room;
};

/* Adds a unit; with labels only where they bring a rule. */
static int add_unit(struct plan *plan, struct unit_list *list, struct freeze_unit u)
{
    size_t size = sizeof(u), room = list->room ? 2 * list->room : 16;
    struct freeze_unit unlabelled = u;

    if (freeze_units_parts(&plan->survey, &u) < 0)
        return -1;
    unlabelled.labels = NULL;
    if (u.labels &&
        (freeze_units_parts(&plan->survey, &unlabelled) < 0 || freeze_units_alike(&u, &unlabelled)))
        return unlabelled.parts ? 0 : -1;
    if (list->count == list->room) {
        struct freeze_unit *units =
            arena_grow(plan->survey.arena, list->units, list->room * size, room * size);

        if (!units)
            return -1;
        list->units = units;
        list->room = room;
    }
    list->units[list->count++] = u;
    return 0;
}

static int survey_environment(struct plan *plan, const struct environment *e,
                              const struct selector *labels)
{
    struct unit_list list = {0};

    for (size_t i = 0; i < plan->survey.unit_count; i++) {
        struct freeze_unit u = plan->survey.units[i];

        u.labelled = e->labels ? e : NULL;
        u.labels = labels;
        if (freeze_units_within(e, &u) && add_unit(plan, &list, u) < 0)
            return -1;
    }
    return place_all(plan, e, list.units, list.count);
}

static bool is_in_environment(const struct plan *plan, const struct freeze_unit *u)
{
    for (size_t i = 0; i < plan->survey.set->environment_count; i++)
        if (freeze_units_within(&plan->survey.set->environments[i], u))
            return true;
    return false;
}

static int survey_rest(struct plan *plan, const struct selector *labels)
{
    struct unit_list list = {0};

    for (size_t i = 0; i < plan->survey.unit_count; i++) {
        struct freeze_unit u = plan->survey.units[i];

        u.labels = labels;
        if (!is_in_environment(plan, &u) && add_unit(plan, &list, u) < 0)
            return -1;
    }
    return place_all(plan, NULL, list.units, list.count);
}

static int make_room(struct plan *plan)
{
    size_t count = plan->survey.unit_count + plan->survey.glob_count;

    plan->names = arena_array(plan->survey.arena, count, sizeof(*plan->names));
    plan->except = arena_array(plan->survey.arena, count, sizeof(*plan->except));
    plan->all = arena_array(plan->survey.arena, count, sizeof(*plan->all));
    return plan->names && plan->except && plan->all ? 0 : -1;
}

int freezes_at(const struct policy_set *set, int64_t at, struct arena *arena,
               struct freeze_place **out)
{
    struct plan p = {.survey = {.set = set, .at = at, .arena = arena}};

    *out = NULL;
    p.end = &p.first;
    if (freeze_units_find(&p.survey) < 0 || make_room(&p) < 0)
        return -1;
    for (size_t i = 0; i < set->environment_count; i++)
        for (size_t l = 0; l <= p.survey.label_count; l++)
            if (survey_environment(&p, &set->environments[i], l ? p.survey.labels[l - 1] : NULL) <
                0)
                return -1;
    for (size_t l = 0; l <= p.survey.label_count; l++)
        if (survey_rest(&p, l ? p.survey.labels[l - 1] : NULL) < 0)
            return -1;
    *out = p.first;
    return 0;
}

bool freeze_exempts(const struct freeze_place *place, const struct exemption *exemption, int64_t at)
{
    const struct match *m = &exemption->match;
    bool meet = m->namespace_count == 0;

    for (size_t i = 0; i < m->namespace_count && !meet; i++)
        for (size_t j = 0; j < place->namespace_count && !meet; j++)
            meet = glob_may_meet(m->namespaces[i], place->namespaces[j]);
    return meet && match_is_narrow(m) && (exemption->expires == 0 || at < exemption->expires);
}
