#include "policy/freezes/freeze_units.h"

#include "base/arena.h"
#include "base/text/glob.h"
#include "policy/checks/freeze.h"
#include "policy/limits.h"
#include "policy/object/request.h"
#include "policy/schema/selector.h"
#include "policy/set.h"

#include <string.h>

/* --- globs ------------------------------------------------------------------------------------ */

static bool has(struct view glob, char c)
{
    return view_find(glob, c) >= 0;
}

static bool is_wild(struct view glob)
{
    return has(glob, '*') || has(glob, '?');
}

/* A letter of the outer glob takes itself only: most pairs differ in their first or their last. */
static bool letter_differs(char outer, char inner)
{
    return outer != inner && outer != '*' && outer != '?';
}

bool freeze_units_covers(struct view outer, struct view inner)
{
    if (outer.n > 0 && inner.n > 0 &&
        (letter_differs(outer.p[0], inner.p[0]) ||
         letter_differs(outer.p[outer.n - 1], inner.p[inner.n - 1])))
        return false;
    if (view_eq(outer, inner))
        return true;
    return !(is_wild(inner) && has(outer, '?')) && glob_match(outer, inner);
}

static bool overlap(struct view a, struct view b)
{
    return is_wild(a) && is_wild(b) && !freeze_units_covers(a, b) && !freeze_units_covers(b, a) &&
           glob_may_meet(a, b);
}

/* True when all namespaces of the unit fit one of the globs. */
static bool one_covers(const struct view *globs, size_t count, const struct freeze_unit *u)
{
    for (size_t i = 0; i < count; i++)
        for (size_t g = 0; g < u->glob_count; g++)
            if (freeze_units_covers(globs[i], u->globs[g]))
                return true;
    return false;
}

/* --- what holds in a unit --------------------------------------------------------------------- */

bool freeze_units_within(const struct environment *e, const struct freeze_unit *u)
{
    if (e->namespace_count > 0 && !one_covers(e->namespaces, e->namespace_count, u))
        return false;
    return !e->labels || u->labelled == e;
}

static bool place_holds(const struct match *m, const struct freeze_unit *u,
                        const struct environment **environment)
{
    size_t i = 0;

    if (m->namespace_count > 0 && !one_covers(m->namespaces, m->namespace_count, u))
        return false;
    if (m->namespace_labels && !selector_equal(m->namespace_labels, u->labels))
        return false;
    if (m->environment_count == 0)
        return true;
    while (i < m->environment_count && !freeze_units_within(m->environments[i], u))
        i++;
    if (i == m->environment_count)
        return false;
    *environment = m->environments[i];
    return true;
}

static bool is_exempt(const struct rule *rule, const struct freeze_unit *u, int64_t at)
{
    for (size_t i = 0; i < rule->exemption_count; i++) {
        const struct exemption *e = &rule->exemptions[i];

        if ((e->expires == 0 || at < e->expires) && !match_is_narrow(&e->match) &&
            one_covers(e->match.namespaces, e->match.namespace_count, u))
            return true;
    }
    return false;
}

/* Nothing waits for a rule in kube-system. */
int freeze_units_parts(const struct freeze_survey *s, struct freeze_unit *u)
{
    u->count = 0;
    for (size_t i = 0; i < s->rule_count && !view_eq_str(u->globs[0], "kube-system"); i++) {
        const struct freeze_part *rule = &s->rules[i];
        const struct environment *environment = NULL;

        if (!place_holds(&rule->policy->match, u, &environment) ||
            (rule->rule->match && !place_holds(rule->rule->match, u, &environment)) ||
            is_exempt(rule->rule, u, s->at))
            continue;
        s->room[u->count] = *rule;
        s->room[u->count++].windows = freeze_windows(rule->rule->compiled, environment);
    }
    u->parts = arena_array(s->arena, u->count + 1, sizeof(*u->parts));
    if (u->parts)
        memcpy(u->parts, s->room, u->count * sizeof(*u->parts));
    return u->parts ? 0 : -1;
}

bool freeze_units_alike(const struct freeze_unit *a, const struct freeze_unit *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (a->parts[i].rule != b->parts[i].rule || a->parts[i].windows != b->parts[i].windows)
            return false;
    return true;
}

/* Narrows a unit to those of its namespaces that fit the glob too; false when that are all, or
 * none, or more globs than can be told. */
bool freeze_units_narrow(const struct freeze_survey *s, struct freeze_unit *u, struct view glob)
{
    size_t left = 0;

    if (u->glob_count == 0)
        return false;
    for (size_t i = 0; i < u->glob_count; i++) {
        if (freeze_units_covers(glob, u->globs[i]) || !glob_may_meet(glob, u->globs[i]))
            return false;
        if (!freeze_units_covers(u->globs[i], glob))
            u->globs[left++] = u->globs[i];
    }
    if (left == s->meet)
        return false;
    u->globs[left++] = glob;
    u->glob_count = left;
    return true;
}

unsigned freeze_units_operations(const struct freeze_part *p)
{
    unsigned operations = p->policy->match.operations & (CREATE | UPDATE);

    return p->rule->match ? operations & p->rule->match->operations : operations;
}

/* --- the survey ------------------------------------------------------------------------------- */

static bool is_one_of(const struct view *globs, size_t count, struct view glob)
{
    for (size_t i = 0; i < count; i++)
        if (view_eq(globs[i], glob))
            return true;
    return false;
}

static void add_globs(struct freeze_survey *s, const struct view *globs, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!view_eq_str(globs[i], "*") && !is_one_of(s->globs, s->glob_count, globs[i]))
            s->globs[s->glob_count++] = globs[i];
}

static size_t count_globs(const struct freeze_survey *s)
{
    size_t count = 1;

    for (size_t i = 0; i < s->set->environment_count; i++)
        count += s->set->environments[i].namespace_count;
    for (size_t i = 0; i < s->rule_count; i++) {
        const struct rule *rule = s->rules[i].rule;

        count += s->rules[i].policy->match.namespace_count;
        count += rule->match ? rule->match->namespace_count : 0;
        for (size_t e = 0; e < rule->exemption_count; e++)
            count += rule->exemptions[e].match.namespace_count;
    }
    return count;
}

static int find_globs(struct freeze_survey *s)
{
    s->globs = arena_array(s->arena, count_globs(s), sizeof(*s->globs));
    if (!s->globs)
        return -1;
    for (size_t i = 0; i < s->set->environment_count; i++)
        add_globs(s, s->set->environments[i].namespaces, s->set->environments[i].namespace_count);
    for (size_t i = 0; i < s->rule_count; i++) {
        const struct match *policy = &s->rules[i].policy->match, *own = s->rules[i].rule->match;
        const struct rule *rule = s->rules[i].rule;

        add_globs(s, policy->namespaces, policy->namespace_count);
        if (own)
            add_globs(s, own->namespaces, own->namespace_count);
        for (size_t e = 0; e < rule->exemption_count; e++)
            add_globs(s, rule->exemptions[e].match.namespaces,
                      rule->exemptions[e].match.namespace_count);
    }
    s->globs[s->glob_count++] = VIEW("*");
    return 0;
}

static bool overlaps_all(const struct freeze_unit *u, struct view glob)
{
    for (size_t i = 0; i < u->glob_count; i++)
        if (!overlap(u->globs[i], glob))
            return false;
    return true;
}

/* Adds what lies in each unit from `first` on and in one more glob, up to so many units. */
static bool add_overlaps(struct freeze_survey *s, size_t first, size_t room)
{
    size_t last = s->unit_count;

    for (size_t i = first; i < last; i++)
        for (size_t g = 0; g < s->glob_count; g++) {
            struct freeze_unit *u = &s->units[s->unit_count];

            /* each set of globs once, in their order */
            if (g <= s->units[i].last || !overlaps_all(&s->units[i], s->globs[g]))
                continue;
            if (s->unit_count == room)
                return false;
            *u = s->units[i];
            u->globs[u->glob_count++] = s->globs[g];
            u->last = g;
            s->unit_count++;
        }
    return true;
}

static int find_units(struct freeze_survey *s)
{
    size_t room = s->glob_count + LIMIT_FREEZE_OVERLAPS, first = 0;

    s->units = arena_array(s->arena, room, sizeof(*s->units));
    if (!s->units)
        return -1;
    s->meet = 1;
    for (size_t g = 0; g < s->glob_count; g++)
        s->units[s->unit_count++] =
            (struct freeze_unit){.globs = {s->globs[g]}, .glob_count = 1, .last = g};
    for (size_t n = 2; n <= FREEZE_MEET; n++) {
        size_t last = s->unit_count;

        if (!add_overlaps(s, first, room)) {
            s->unit_count = last;
            break;
        }
        s->meet = n;
        first = last;
    }
    return 0;
}

static void add_labels(struct freeze_survey *s, const struct match *m)
{
    if (!m || !m->namespace_labels)
        return;
    for (size_t i = 0; i < s->label_count; i++)
        if (selector_equal(s->labels[i], m->namespace_labels))
            return;
    s->labels[s->label_count++] = m->namespace_labels;
}

/* Rules about deletions, which apply to no deploy, are left out. */
static int find_rules(struct freeze_survey *s)
{
    s->rules = arena_array(s->arena, s->set->rule_count + 1, sizeof(*s->rules));
    s->room = arena_array(s->arena, s->set->rule_count + 1, sizeof(*s->room));
    s->labels = arena_array(s->arena, 2 * s->set->rule_count + 1, sizeof(*s->labels));
    if (!s->rules || !s->room || !s->labels)
        return -1;
    for (size_t i = 0; i < s->set->policy_count; i++) {
        const struct policy *policy = &s->set->policies[i];

        for (size_t j = 0; j < policy->rule_count; j++) {
            struct freeze_part part = {policy, &policy->rules[j], NULL};

            if (part.rule->check != &check_freeze || freeze_units_operations(&part) == 0)
                continue;
            s->rules[s->rule_count++] = part;
            add_labels(s, &policy->match);
            add_labels(s, part.rule->match);
        }
    }
    return 0;
}

int freeze_units_find(struct freeze_survey *s)
{
    return find_rules(s) < 0 || find_globs(s) < 0 || find_units(s) < 0 ? -1 : 0;
}
