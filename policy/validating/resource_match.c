#include "policy/validating/resource_match.h"

#include "base/arena.h"
#include "base/json/json.h"
#include "policy/object/cluster_view.h"
#include "policy/rule/check.h"
#include "policy/schema/schema.h"
#include "policy/schema/selector.h"

#include <yyjson.h>

static const char *const operations[] = {"CREATE", "UPDATE", "DELETE", "CONNECT", "*", NULL};
static const unsigned operation_bits[] = {CREATE, UPDATE, DELETE, CONNECT,
                                          CREATE | UPDATE | DELETE | CONNECT};
static const char *const scopes[] = {"*", "Namespaced", "Cluster", NULL};
static const char *const policies[] = {"Equivalent", "Exact", NULL};

static const struct schema_field rule_fields[] = {
    {"apiGroups", SCHEMA_ANY, .required = true, .doc = "groups, or *"},
    {"apiVersions", SCHEMA_STRING, .required = true, .list = true, .doc = "versions, or *"},
    {"operations", SCHEMA_STRING, .required = true, .list = true, .values = operations,
     .doc = "operations, or *"},
    {"resources", SCHEMA_STRING, .required = true, .list = true,
     .doc = "resources, with /subresource, or *"},
    {"resourceNames", SCHEMA_STRING, .list = true, .doc = "names of objects"},
    {"scope", SCHEMA_STRING, .values = scopes, .doc = "Namespaced, Cluster or *"},
    {0},
};

const struct schema_field resource_match_fields[] = {
    {"namespaceSelector", SCHEMA_ANY, .doc = "labels of the namespace"},
    {"objectSelector", SCHEMA_ANY, .doc = "labels of the object"},
    {"resourceRules", SCHEMA_OBJECT, .list = true, .fields = rule_fields, .doc = "what is matched"},
    {"excludeResourceRules", SCHEMA_ANY, .doc = "what is not"},
    {"matchPolicy", SCHEMA_STRING, .values = policies, .doc = "Equivalent when left out"},
    {0},
};

/* --- reading ---------------------------------------------------------------------------------- */

static int choice(const struct node *node, const char *const *names)
{
    for (int i = 0; node && names[i]; i++)
        if (view_eq_str(node->text, names[i]))
            return i;
    return 0;
}

static int read_texts(const struct node *list, struct compile *c, const struct view **out,
                      size_t *count)
{
    struct view *texts;

    if (!list || list->kind != NODE_LIST)
        return 0;
    texts = arena_array(c->arena, list->count + 1, sizeof(*texts));
    if (!texts)
        return -1;
    for (size_t i = 0; i < list->count; i++)
        texts[i] = list->items[i]->text;
    *out = texts;
    *count = list->count;
    return 0;
}

/* The core group is an empty text, which no other list may hold. */
static int check_groups(const struct node *groups, struct diags *diags)
{
    int result = 0;

    if (groups->kind == NODE_WRONG)
        return -1;
    if (groups->kind != NODE_LIST || groups->count == 0) {
        diag_error(diags, groups->place, "\"apiGroups\" must be a list of groups, not %s",
                   groups->kind == NODE_LIST ? "an empty one" : node_kind_name(groups->kind));
        diag_hint(diags, "[\"\"] is the core group, [\"*\"] are all");
        return -1;
    }
    for (size_t i = 0; i < groups->count; i++) {
        const struct node *group = groups->items[i];

        if (group->kind == NODE_STRING)
            continue;
        diag_error(diags, group->place, "a group must be a string, not %s",
                   node_kind_name(group->kind));
        result = -1;
    }
    return result;
}

static int read_rule(const struct node *node, struct compile *c, struct resource_rule *out)
{
    const struct node *list = node_get(node, "operations");
    int scope = choice(node_get(node, "scope"), scopes);
    int result = 0;

    for (size_t i = 0; list && list->kind == NODE_LIST && i < list->count; i++)
        out->operations |= operation_bits[choice(list->items[i], operations)];
    out->namespaced_only = scope == 1;
    out->cluster_only = scope == 2;
    if (check_groups(node_get(node, "apiGroups"), c->diags) < 0)
        return -1;
    result |= read_texts(node_get(node, "apiGroups"), c, &out->groups, &out->group_count);
    result |= read_texts(node_get(node, "apiVersions"), c, &out->versions, &out->version_count);
    result |= read_texts(node_get(node, "resources"), c, &out->resources, &out->resource_count);
    result |= read_texts(node_get(node, "resourceNames"), c, &out->names, &out->name_count);
    return result;
}

static int read_rules(const struct node *list, struct compile *c, const struct resource_rule **out,
                      size_t *count)
{
    struct resource_rule *rules;
    int result = 0;

    if (!list || list->kind == NODE_NULL)
        return 0;
    if (list->kind != NODE_LIST) {
        if (list->kind != NODE_WRONG)
            diag_error(c->diags, list->place, "\"excludeResourceRules\" must be a list, not %s",
                       node_kind_name(list->kind));
        return -1;
    }
    rules = arena_array(c->arena, list->count + 1, sizeof(*rules));
    if (!rules)
        return -1;
    for (size_t i = 0; i < list->count; i++) {
        const struct node *rule =
            schema_check(list->items[i], rule_fields, "a resource rule", c->diags);

        result |= rule && rule->kind != NODE_WRONG ? read_rule(rule, c, &rules[i]) : -1;
    }
    *out = rules;
    *count = list->count;
    return result;
}

/* Ours may be a map of labels alone; a LabelSelector may not. */
static int check_selector(const struct node *node, struct diags *diags)
{
    static const char *const keys[] = {"matchLabels", "matchExpressions"};
    int result = 0;

    if (node->kind != NODE_MAP) {
        if (node->kind != NODE_WRONG)
            diag_error(diags, node->place, "a LabelSelector must be a map, not %s",
                       node_kind_name(node->kind));
        return -1;
    }
    for (size_t i = 0; i < node->count; i++) {
        const struct node *key = node->entries[i].key;

        if (view_eq_str(key->text, keys[0]) || view_eq_str(key->text, keys[1]))
            continue;
        schema_unknown(key, "key of a LabelSelector", keys, 2, diags);
        result = -1;
    }
    return result;
}

/* One without requirements selects everything. */
static int read_selector(const struct node *node, struct compile *c, const struct selector **out)
{
    if (!node || node->kind == NODE_NULL || (node->kind == NODE_MAP && node->count == 0))
        return 0;
    if (check_selector(node, c->diags) < 0)
        return -1;
    *out = selector_compile(node, c->arena, c->diags);
    return *out ? 0 : -1;
}

int resource_match_read(const struct node *node, struct compile *c, struct resource_match *out)
{
    int result = 0;

    *out = (struct resource_match){.exact = choice(node_get(node, "matchPolicy"), policies) == 1};
    if (!node || node->kind == NODE_WRONG)
        return node ? -1 : 0;
    result |= read_selector(node_get(node, "namespaceSelector"), c, &out->namespaces);
    result |= read_selector(node_get(node, "objectSelector"), c, &out->objects);
    result |= read_rules(node_get(node, "resourceRules"), c, &out->rules, &out->rule_count);
    result |=
        read_rules(node_get(node, "excludeResourceRules"), c, &out->excluded, &out->excluded_count);
    return result;
}

/* --- asking ----------------------------------------------------------------------------------- */

/* What the request is for. */
struct target {
    struct view group, version, resource, subresource;
};

static struct target target_of(const struct request *r, const char *resource,
                               const char *subresource)
{
    yyjson_val *map = yyjson_obj_get(r->json, resource);
    struct view sub = json_text(r->json, subresource);

    return (struct target){json_text(map, "group"), json_text(map, "version"),
                           json_text(map, "resource"), sub.p ? sub : VIEW("")};
}

static bool is_namespace(const struct request *r)
{
    return r->group.n == 0 && view_eq_str(r->kind, "Namespace");
}

static bool in_scope(const struct resource_rule *rule, const struct request *r)
{
    bool namespaced = r->namespace_.n > 0 && !is_namespace(r);

    return !(rule->namespaced_only && !namespaced) && !(rule->cluster_only && namespaced);
}

static bool has(const struct view *list, size_t count, struct view text)
{
    for (size_t i = 0; i < count; i++)
        if (view_eq_str(list[i], "*") || view_eq(list[i], text))
            return true;
    return false;
}

static bool has_resource(const struct resource_rule *rule, const struct target *t)
{
    for (size_t i = 0; i < rule->resource_count; i++) {
        struct view resource = rule->resources[i], sub = VIEW("");

        view_cut(rule->resources[i], '/', &resource, &sub);
        if ((view_eq_str(resource, "*") || view_eq(resource, t->resource)) &&
            (view_eq_str(sub, "*") || view_eq(sub, t->subresource)))
            return true;
    }
    return false;
}

static bool has_name(const struct resource_rule *rule, struct view name)
{
    for (size_t i = 0; i < rule->name_count; i++)
        if (view_eq(rule->names[i], name))
            return true;
    return rule->name_count == 0;
}

static bool rule_has(const struct resource_rule *rule, const struct request *r,
                     const struct target *t, bool any_version)
{
    return in_scope(rule, r) && (rule->operations & r->operation) &&
           has(rule->groups, rule->group_count, t->group) &&
           (any_version || has(rule->versions, rule->version_count, t->version)) &&
           has_resource(rule, t) && has_name(rule, r->name);
}

/* The webhook has the object as it was sent, or converted to what the webhook is registered for. An
 * equivalent one of another version cannot be made of it here. */
static enum match_result ask_rules(const struct resource_rule *rules, size_t count, bool exact,
                                   const struct request *r, const char **unknown)
{
    struct target now = target_of(r, "resource", "subResource");
    struct target sent = target_of(r, "requestResource", "requestSubResource");
    bool converts = false;

    if (!sent.resource.p)
        sent = now;
    for (size_t i = 0; i < count; i++) {
        if (rule_has(&rules[i], r, &sent, false))
            return MATCH_YES;
        if (!exact && rule_has(&rules[i], r, &now, false))
            return MATCH_YES;
        converts = converts || (!exact && rule_has(&rules[i], r, &now, true));
    }
    if (!converts)
        return MATCH_NO;
    *unknown = "the object would have to be converted to the version that the policy names";
    return MATCH_UNKNOWN;
}

static enum match_result ask_namespace(const struct resource_match *m, const struct eval *e,
                                       const char **unknown)
{
    const struct request *r = e->request;
    const struct cluster_view *view = e->cluster_view;
    struct yyjson_val *labels = NULL;

    if (!m->namespaces || (r->namespace_.n == 0 && !is_namespace(r)))
        return MATCH_YES;
    if (is_namespace(r)) {
        labels = object_metadata(r->object ? r->object : r->old_object, "labels");
    } else if (!view || !view->namespace_labels ||
               !view->namespace_labels(view->ctx, r->namespace_, &labels)) {
        *unknown = "the labels of the namespace are not known";
        return MATCH_UNKNOWN;
    }
    return selector_matches(m->namespaces, labels) ? MATCH_YES : MATCH_NO;
}

static bool ask_objects(const struct resource_match *m, const struct request *r)
{
    return !m->objects ||
           (r->object && selector_matches(m->objects, object_metadata(r->object, "labels"))) ||
           (r->old_object &&
            selector_matches(m->objects, object_metadata(r->old_object, "labels")));
}

enum match_result resource_match_ask(const struct resource_match *m, const struct eval *e,
                                     const char **unknown)
{
    const struct request *r = e->request;
    const char *of_namespace = NULL;
    enum match_result namespaces = ask_namespace(m, e, &of_namespace), rules;

    if (namespaces == MATCH_NO || !ask_objects(m, r))
        return MATCH_NO;
    rules = ask_rules(m->excluded, m->excluded_count, m->exact, r, unknown);
    if (rules != MATCH_NO)
        return rules == MATCH_YES ? MATCH_NO : rules;
    if (m->rule_count > 0) {
        rules = ask_rules(m->rules, m->rule_count, m->exact, r, unknown);
        if (rules != MATCH_YES)
            return rules;
    }
    if (namespaces == MATCH_UNKNOWN)
        *unknown = of_namespace;
    return namespaces;
}
