#include "policy/rule/match_reach.h"

#include "base/diag.h"
#include "base/text/glob.h"
#include "base/yaml/node.h"
#include "policy/object/kinds.h"
#include "policy/object/request.h"
#include "policy/object/workload.h"
#include "policy/rule/check.h"
#include "policy/rule/match.h"
#include "policy/schema/selector.h"

#include <string.h>

/* A list of a match, and how it is called there. */
struct texts {
    const struct view *items;
    size_t count;
};

static bool may_meet(struct texts a, struct texts b)
{
    for (size_t i = 0; i < a.count; i++)
        for (size_t j = 0; j < b.count; j++)
            if (glob_may_meet(a.items[i], b.items[j]))
                return true;
    return a.count == 0 || b.count == 0;
}

static struct texts namespaces_of(const struct match *m)
{
    return (struct texts){m->namespaces, m->namespace_count};
}

static struct texts names_of(const struct match *m)
{
    return (struct texts){m->names, m->name_count};
}

/* --- kinds ------------------------------------------------------------------------------------ */

static bool names_kinds(const struct match *m)
{
    return m->workloads || m->kind_count > 0;
}

/* Of one entry, with a group or without. */
static bool entry_meets(struct view entry, const struct match *m)
{
    struct view group, kind, other_group, other_kind;
    const struct workload_kind *row;

    if (!view_cut(entry, '/', &group, &kind)) {
        group = (struct view){NULL, 0};
        kind = entry;
    }
    for (size_t i = 0; m->workloads && (row = workload_kind_at(i)); i++)
        if (view_eq_str(kind, row->kind) && (!group.p || view_eq_str(group, row->group)))
            return true;
    for (size_t i = 0; i < m->kind_count; i++) {
        if (!view_cut(m->kinds[i], '/', &other_group, &other_kind)) {
            other_group = (struct view){NULL, 0};
            other_kind = m->kinds[i];
        }
        if (view_eq(kind, other_kind) &&
            (!group.p || !other_group.p || view_eq(group, other_group)))
            return true;
    }
    return !names_kinds(m);
}

static bool kinds_meet(const struct match *a, const struct match *b)
{
    if (!names_kinds(a) || !names_kinds(b) || (a->workloads && b->workloads))
        return true;
    for (size_t i = 0; i < a->kind_count; i++)
        if (entry_meets(a->kinds[i], b))
            return true;
    for (size_t i = 0; i < b->kind_count; i++)
        if (entry_meets(b->kinds[i], a))
            return true;
    return false;
}

static const struct kind_row *row_of(struct view entry)
{
    struct view group, kind;

    if (view_cut(entry, '/', &group, &kind))
        return kind_of(group, kind);
    return kind_of((struct view){NULL, 0}, entry);
}

/* All kinds are known, and have the flag. */
static bool all_have(const struct match *m, unsigned flag)
{
    for (size_t i = 0; i < m->kind_count; i++) {
        const struct kind_row *row = row_of(m->kinds[i]);

        if (!row || !(row->flags & flag))
            return false;
    }
    return m->kind_count > 0 && !m->workloads;
}

/* A CONNECT has kinds such as PodExecOptions; the kinds of other APIs are unknown. */
static bool none_is_connected(const struct match *m)
{
    for (size_t i = 0; i < m->kind_count; i++)
        if (!row_of(m->kinds[i]) || view_ends(m->kinds[i], "Options"))
            return false;
    return names_kinds(m);
}

/* --- namespaces ------------------------------------------------------------------------------- */

static bool has_text(struct texts texts, const char *text)
{
    for (size_t i = 0; i < texts.count; i++)
        if (glob_match(texts.items[i], view_of(text)))
            return true;
    return false;
}

/* A cluster-scoped object is in no namespace, which only * matches. */
static bool wants_namespace(const struct match *m)
{
    return m->environment_count > 0 || m->namespace_labels ||
           (m->namespace_count > 0 && !has_text(namespaces_of(m), ""));
}

static bool only_kube_system(struct texts texts)
{
    return texts.count == 1 && view_eq_str(texts.items[0], "kube-system");
}

/* --- environments ----------------------------------------------------------------------------- */

static bool has_environment(const struct match *m, const struct environment *e)
{
    for (size_t i = 0; i < m->environment_count; i++)
        if (m->environments[i] == e)
            return true;
    return m->environment_count == 0;
}

static struct texts namespaces_in(const struct environment *e)
{
    return (struct texts){e->namespaces, e->namespace_count};
}

/* Some environment of the one may have a namespace of some of the other. */
static bool environments_meet(const struct match *a, const struct match *b)
{
    for (size_t i = 0; i < a->environment_count; i++)
        for (size_t j = 0; j < b->environment_count; j++)
            if (has_environment(b, a->environments[i]) ||
                may_meet(namespaces_in(a->environments[i]), namespaces_in(b->environments[j])))
                return true;
    return a->environment_count == 0 || b->environment_count == 0;
}

/* Some environment of the one may have a namespace of the other. */
static bool environments_have(const struct match *m, struct texts namespaces)
{
    for (size_t i = 0; i < m->environment_count; i++)
        if (may_meet(namespaces_in(m->environments[i]), namespaces))
            return true;
    return m->environment_count == 0;
}

void match_reach_environment(const struct environment *e, const struct node *node,
                             struct diags *diags)
{
    if (!e->labels || e->namespace_count == 0)
        return;
    for (size_t i = 0; i < e->namespace_count; i++)
        if (selector_may_name(e->labels, e->namespaces[i]))
            return;
    diag_vain(diags, node_get(node, "namespaceLabels")->place,
              "no namespace can be in this environment: its names and its labels exclude each "
              "other");
    diag_hint(diags, "both have to hold: leave out one of them");
}

/* --- policies --------------------------------------------------------------------------------- */

static struct place place_of(const struct node *map, const char *key)
{
    const struct node *node = node_get(map, key);

    return node ? node->place : map->place;
}

void match_reach_policy(const struct match *m, const struct node *node, struct diags *diags)
{
    if (!node)
        return;
    if (only_kube_system(namespaces_of(m))) {
        diag_vain(diags, place_of(node, "namespaces"),
                  "this policy can never match: nothing in kube-system is judged");
    } else if (!environments_have(m, namespaces_of(m))) {
        diag_vain(diags, place_of(node, "namespaces"),
                  "this policy can never match: none of its environments has such a namespace");
        diag_hint(diags, "leave out \"environments\" or \"namespaces\"");
    } else if (all_have(m, KIND_CLUSTER) && wants_namespace(m)) {
        diag_vain(diags, place_of(node, "kinds"),
                  "this policy can never match: objects of these kinds are in no namespace");
        diag_hint(diags, "leave out environments and namespaces");
    } else if (m->operations == CONNECT && none_is_connected(m)) {
        diag_vain(diags,
                  place_of(node, names_kinds(m) && m->kind_count > 0 ? "kinds" : "workloads"),
                  "this policy can never match: no CONNECT is of these kinds");
        diag_hint(diags, "name PodExecOptions, PodAttachOptions or PodPortForwardOptions");
    }
}

/* --- rules ------------------------------------------------------------------------------------ */

/* What a rule has of its own and its policy has otherwise; NULL: they can meet. */
static const char *apart(const struct match *policy, const struct match *own)
{
    if (!(policy->operations & own->operations))
        return "operations";
    if (!kinds_meet(policy, own))
        return own->kind_count > 0 ? "kinds" : "workloads";
    if (!may_meet(namespaces_of(policy), namespaces_of(own)) ||
        !environments_have(policy, namespaces_of(own)))
        return "namespaces";
    if (!environments_meet(policy, own) || !environments_have(own, namespaces_of(policy)))
        return "environments";
    return may_meet(names_of(policy), names_of(own)) ? NULL : "names";
}

static bool tell_apart(const struct match *policy, const struct match *own,
                       const struct node *match, struct diags *diags)
{
    const char *key = apart(policy, own);

    if (!key)
        return false;
    diag_vain(diags, place_of(match, key),
              "this rule can never match: its policy does not speak of these %s", key);
    if (strcmp(key, "operations") == 0)
        diag_hint(diags, "name them in the policy's match too; CREATE and UPDATE when left out");
    else
        diag_hint(diags, "a rule narrows its policy's match, and both have to hold");
    return true;
}

static bool has_workload(const struct match *m)
{
    static const struct match workloads = {.workloads = true};

    return kinds_meet(m, &workloads);
}

/* What a check is never asked of. */
static bool tell_unasked(const struct match *policy, const struct match *kinds, unsigned operations,
                         const struct check *check, const struct node *rule, struct diags *diags)
{
    const struct node *match = node_get(rule, "match");

    if (check->scope == CHECK_OBJECTS)
        return false;
    if (!has_workload(kinds)) {
        diag_vain(diags, kinds == policy ? rule->place : place_of(match, "kinds"),
                  "this rule can never match: \"%s\" is only asked of workloads", check->name);
        diag_hint(diags, "those hold pods: Deployment, StatefulSet, Job, Pod, ...");
        return true;
    }
    if (operations & (CREATE | UPDATE))
        return false;
    diag_vain(diags, match ? place_of(match, "operations") : rule->place,
              "this rule can never match: \"%s\" is only asked of CREATE and UPDATE", check->name);
    return true;
}

void match_reach_rule(const struct match *policy, const struct match *own,
                      const struct check *check, const struct node *rule, struct diags *diags)
{
    const struct node *match = node_get(rule, "match");
    const struct match *kinds = own && names_kinds(own) ? own : policy;
    unsigned operations = policy->operations & (own ? own->operations : ~0U);

    if (own && tell_apart(policy, own, match, diags))
        return;
    if (tell_unasked(policy, kinds, operations, check, rule, diags) || !own)
        return;
    if (only_kube_system(namespaces_of(own))) {
        diag_vain(diags, place_of(match, "namespaces"),
                  "this rule can never match: nothing in kube-system is judged");
    } else if (all_have(kinds, KIND_CLUSTER) && (wants_namespace(own) || wants_namespace(policy))) {
        diag_vain(diags, place_of(match, kinds == own ? "kinds" : "namespaces"),
                  "this rule can never match: objects of these kinds are in no namespace");
        diag_hint(diags, "make it a policy without environments and namespaces");
    } else if (operations == CONNECT && none_is_connected(kinds)) {
        diag_vain(diags, place_of(match, "operations"),
                  "this rule can never match: no CONNECT is of these kinds");
        diag_hint(diags, "name PodExecOptions, PodAttachOptions or PodPortForwardOptions");
    }
}

/* --- exemptions ------------------------------------------------------------------------------- */

static bool meets_namespaces(const struct match *m, const struct match *exempt)
{
    return may_meet(namespaces_of(m), namespaces_of(exempt)) &&
           environments_have(m, namespaces_of(exempt));
}

void match_reach_exemption(const struct match *policy, const struct match *own,
                           const struct match *exempt, const struct node *node, struct diags *diags)
{
    const char *key = NULL;

    if (!meets_namespaces(policy, exempt) || (own && !meets_namespaces(own, exempt)) ||
        only_kube_system(namespaces_of(exempt)))
        key = "namespaces";
    else if (!may_meet(names_of(policy), names_of(exempt)) ||
             (own && !may_meet(names_of(own), names_of(exempt))))
        key = "names";
    if (!key)
        return;
    diag_vain(diags, place_of(node, key),
              "this exemption exempts nobody: its rule does not speak of these %s", key);
}
