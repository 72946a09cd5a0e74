#include "policy/rule/match.h"

#include "base/arena.h"
#include "base/budget.h"
#include "base/parse_error.h"
#include "base/text/glob.h"
#include "base/text/suggest.h"
#include "base/time/zone.h"
#include "policy/object/cluster_view.h"
#include "policy/object/kinds.h"
#include "policy/object/request.h"
#include "policy/rule/check.h"
#include "policy/rule/generated_name.h"
#include "policy/rule/match_kinds.h"
#include "policy/rule/match_text.h"
#include "policy/schema/selector.h"

#include <yyjson.h>

static const char *const workload_values[] = {"all", NULL};
static const char *const operation_values[] = {"CREATE", "UPDATE", "DELETE", "CONNECT", NULL};

const struct schema_field match_fields[] = {
    {"environments", SCHEMA_STRING, .list = true, .doc = "names of Environments"},
    {"namespaces", SCHEMA_GLOB, .list = true, .doc = "namespaces"},
    {"namespaceLabels", SCHEMA_LABELS, .doc = "labels of the namespace"},
    {"workloads", SCHEMA_STRING, .values = workload_values,
     .doc = "Pods and every kind that holds a pod template"},
    {"kinds", SCHEMA_STRING, .list = true, .doc = "kinds: Deployment, or apps/Deployment"},
    {"operations", SCHEMA_STRING, .list = true, .values = operation_values,
     .doc = "CREATE and UPDATE when left out"},
    {"names", SCHEMA_GLOB, .list = true, .doc = "names of objects"},
    {"labels", SCHEMA_LABELS, .doc = "labels of the object"},
    {"users", SCHEMA_GLOB, .list = true, .doc = "user names of the requester"},
    {"groups", SCHEMA_STRING, .list = true, .doc = "groups of the requester"},
    {"serviceAccounts", SCHEMA_GLOB, .list = true, .doc = "namespace/name of the requester"},
    {0},
};

/* The texts of a list (which may be NULL) as an array in the arena. One in which something was told
 * to be wrong narrows nothing: what it should have said is not known. */
static int read_texts(const struct node *list, struct compile *c, const struct view **out,
                      size_t *count)
{
    struct view *texts;

    if (!list)
        return 0;
    texts = arena_array(c->arena, list->count, sizeof(*texts));
    if (!texts)
        return -1;
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i]->kind == NODE_WRONG)
            return 0;
        texts[i] = list->items[i]->text;
    }
    *out = texts;
    *count = list->count;
    return 0;
}

static int read_labels(const struct node *node, struct compile *c, const struct selector **out)
{
    if (!node)
        return 0;
    *out = selector_compile(node, c->arena, c->diags);
    return *out ? 0 : -1;
}

/* Some kinds have names that are not DNS names: whether a match speaks of them, or of others. */
static enum name_shape shape_of_names(const struct match *m)
{
    const struct kind_row *row;
    size_t free_kinds = 0;

    if (!m || (!m->workloads && m->kind_count == 0))
        return NAMES_MIXED;
    for (size_t i = 0; (row = kind_at(i)); i++)
        free_kinds += (row->flags & KIND_SEGMENT) &&
                      match_has_kind(m, view_of(row->group), view_of(row->kind));
    if (free_kinds == 0)
        return NAMES_DNS;
    return !m->workloads && free_kinds >= m->kind_count ? NAMES_FREE : NAMES_MIXED;
}

/* That of an exemption is that of its rule, and of its rule's policy. */
static enum name_shape shape_of_all_names(const struct match *m, const struct compile *c)
{
    enum name_shape shapes[] = {shape_of_names(m), shape_of_names(c->rule_match),
                                shape_of_names(c->policy_match)};

    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
        if (shapes[i] != NAMES_MIXED)
            return shapes[i];
    return NAMES_MIXED;
}

int match_read_subjects(const struct node *node, struct compile *c, struct match *out)
{
    const struct node *accounts = node_get(node, "serviceAccounts");
    int result = 0;

    result |= read_texts(node_get(node, "namespaces"), c, &out->namespaces, &out->namespace_count);
    result |= read_texts(node_get(node, "names"), c, &out->names, &out->name_count);
    result |= read_texts(node_get(node, "users"), c, &out->users, &out->user_count);
    result |= read_texts(node_get(node, "groups"), c, &out->groups, &out->group_count);
    result |= read_texts(accounts, c, &out->service_accounts, &out->service_account_count);
    result |= read_labels(node_get(node, "labels"), c, &out->labels);
    match_text_namespaces(node_get(node, "namespaces"), c->diags);
    match_text_names(node_get(node, "names"), shape_of_all_names(out, c), c->diags);
    match_text_users(node_get(node, "users"), true, c->diags);
    match_text_groups(node_get(node, "groups"), c->diags);
    result |= match_text_accounts(accounts, c->diags);
    return result;
}

static const struct environment *find_environment(const struct compile *c, struct view name)
{
    for (size_t i = 0; i < c->environment_count; i++)
        if (view_eq(c->environments[i]->name, name))
            return c->environments[i];
    return NULL;
}

/* It may be in a document that could not be read, unless a known one was meant. */
static void unknown_environment(const struct node *name, struct compile *c)
{
    enum { SHOWN = 32 };
    const char *names[SHOWN];
    size_t count = 0;

    for (size_t i = 0; i < c->environment_count && count < SHOWN; i++)
        names[count++] = c->environments[i]->name.p;
    if (c->unread && !suggest(name->text, names, count))
        return;
    if (count > 0) {
        schema_unknown(name, "environment", names, count, c->diags);
        return;
    }
    diag_error(c->diags, name->place, "unknown environment \"%.*s\"", VIEW_ARGS(name->text));
    diag_hint(c->diags, "no document of kind Environment is in these files");
}

static void warn_of_absence(const struct node *name, struct compile *c)
{
    enum { SHOWN = 32 };
    const char *names[SHOWN], *near;
    size_t count = 0;

    for (size_t i = 0; i < c->elsewhere_count; i++) {
        if (view_eq(c->elsewhere[i].name, name->text))
            return;
        if (count < SHOWN)
            names[count++] = c->elsewhere[i].name.p;
    }
    near = suggest(name->text, names, count);
    diag_warning(c->diags, name->place,
                 "there is no Environment \"%.*s\" yet: this comes into force with it",
                 VIEW_ARGS(name->text));
    if (near)
        diag_hint(c->diags, "did you mean \"%s\"?", near);
}

/* An environment of any namespaces, in a zone without surprises. */
static const struct environment *stand_in(const struct node *name, struct compile *c)
{
    struct environment *environment = arena_alloc(c->arena, sizeof(*environment));
    struct parse_error parse_error;

    if (!environment)
        return NULL;
    *environment = (struct environment){.name = name->text,
                                        .zone = zone_get(c->zones, VIEW("UTC"), &parse_error)};
    warn_of_absence(name, c);
    return environment;
}

static int read_environments(const struct node *list, struct compile *c, struct match *out)
{
    const struct environment **found;
    size_t count = 0;
    int result = 0;

    if (!list)
        return 0;
    found = arena_array(c->arena, list->count, sizeof(*found));
    if (!found)
        return -1;
    for (size_t i = 0; i < list->count; i++) {
        found[count] = find_environment(c, list->items[i]->text);
        if (!found[count] && c->alone && list->items[i]->kind != NODE_WRONG)
            found[count] = stand_in(list->items[i], c);
        if (found[count]) {
            count++;
            continue;
        }
        unknown_environment(list->items[i], c);
        result = -1;
    }
    out->environments = found;
    out->environment_count = count;
    return result;
}

static unsigned read_operations(const struct node *list)
{
    static const enum operation values[] = {CREATE, UPDATE, DELETE, CONNECT};
    unsigned operations = 0;

    if (!list)
        return CREATE | UPDATE;
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i]->kind == NODE_WRONG)
            return CREATE | UPDATE | DELETE | CONNECT;
    if (list->kind == NODE_WRONG)
        return CREATE | UPDATE | DELETE | CONNECT;
    for (size_t i = 0; i < list->count; i++)
        for (size_t v = 0; operation_values[v]; v++)
            if (view_eq_str(list->items[i]->text, operation_values[v]))
                operations |= values[v];
    return operations;
}

int match_read(const struct node *node, struct compile *c, struct match *out)
{
    const struct node *kinds = node_get(node, "kinds");
    int result = 0;

    *out = (struct match){.operations = read_operations(node_get(node, "operations"))};
    out->workloads = node_get(node, "workloads") != NULL;
    if (!node)
        return 0;
    result |= read_environments(node_get(node, "environments"), c, out);
    result |= read_texts(kinds, c, &out->kinds, &out->kind_count);
    result |= match_kinds_check(kinds, c->diags);
    result |= read_labels(node_get(node, "namespaceLabels"), c, &out->namespace_labels);
    result |= match_read_subjects(node, c, out);
    return result;
}

bool match_is_narrow(const struct match *m)
{
    return m->name_count + m->user_count + m->group_count + m->service_account_count > 0 ||
           m->labels;
}

bool match_may_meet(const struct match *m, const struct environment *environment)
{
    if (m->namespace_count == 0 || environment->namespace_count == 0)
        return true;
    for (size_t i = 0; i < m->namespace_count; i++)
        for (size_t j = 0; j < environment->namespace_count; j++)
            if (glob_may_meet(m->namespaces[i], environment->namespaces[j]))
                return true;
    return false;
}

/* --- run time ------------------------------------------------------------------------------- */

static bool any_glob(const struct view *globs, size_t count, struct view text)
{
    for (size_t i = 0; i < count; i++)
        if (glob_match(globs[i], text))
            return true;
    return false;
}

bool match_has_kind(const struct match *m, struct view of_group, struct view of_kind)
{
    if (!m->workloads && m->kind_count == 0)
        return true;
    if (m->workloads && (workload_kind_of(of_group, of_kind)))
        return true;
    for (size_t i = 0; i < m->kind_count; i++) {
        struct view group, kind;

        if (!view_cut(m->kinds[i], '/', &group, &kind)) {
            if (view_eq(m->kinds[i], of_kind))
                return true;
        } else if (view_eq(group, of_group) && view_eq(kind, of_kind)) {
            return true;
        }
    }
    return false;
}

static bool service_account_matches(const struct match *m, struct view user)
{
    static const char prefix[] = "system:serviceaccount:";
    struct view namespace_, name, glob_namespace, glob_name;

    if (!view_starts(user, prefix))
        return false;
    view_cut(view_from(user, sizeof(prefix) - 1), ':', &namespace_, &name);
    for (size_t i = 0; i < m->service_account_count; i++) {
        view_cut(m->service_accounts[i], '/', &glob_namespace, &glob_name);
        if (glob_match(glob_namespace, namespace_) && glob_match(glob_name, name))
            return true;
    }
    return false;
}

/* Users, groups and service accounts together name who asks: one of them has to fit. */
static bool requester_matches(const struct match *m, const struct request *r)
{
    if (m->user_count + m->group_count + m->service_account_count == 0)
        return true;
    if (any_glob(m->users, m->user_count, r->user) || service_account_matches(m, r->user))
        return true;
    for (size_t i = 0; i < m->group_count; i++)
        if (request_in_group(r, m->groups[i]))
            return true;
    return false;
}

/* Selected before or after the write, as an objectSelector of Kubernetes: an UPDATE that takes the
 * label away is still judged.
 * https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/ */
static bool selects_object(const struct selector *s, const struct request *r)
{
    return (r->object && selector_matches(s, object_metadata(r->object, "labels"))) ||
           (r->old_object && selector_matches(s, object_metadata(r->old_object, "labels")));
}

static enum match_result labels_match(const struct match *m, const struct request *r,
                                      const char **unknown)
{
    if (!m->labels)
        return MATCH_YES;
    if (r->scale || r->operation == CONNECT) {
        *unknown = "a review of this subresource does not carry the labels of the object";
        return MATCH_UNKNOWN;
    }
    if (r->odd_labels) {
        *unknown = "the labels of the object are not all text";
        return MATCH_UNKNOWN;
    }
    return selects_object(m->labels, r) ? MATCH_YES : MATCH_NO;
}

static enum match_result namespace_labels_match(const struct selector *s, const struct request *r,
                                                const struct cluster_view *cluster_view)
{
    yyjson_val *labels;

    if (r->namespace_.n == 0)
        return MATCH_NO;
    if (view_eq_str(r->kind, "Namespace") && r->group.n == 0) {
        if (r->odd_labels)
            return MATCH_UNKNOWN;
        return selects_object(s, r) ? MATCH_YES : MATCH_NO;
    }
    if (!cluster_view->namespace_labels ||
        !cluster_view->namespace_labels(cluster_view->ctx, r->namespace_, &labels))
        return MATCH_UNKNOWN;
    return selector_matches(s, labels) ? MATCH_YES : MATCH_NO;
}

enum match_result environment_has(const struct environment *e, const struct request *r,
                                  const struct cluster_view *cluster_view)
{
    if (r->namespace_.n == 0)
        return MATCH_NO;
    if (e->namespace_count > 0 && !any_glob(e->namespaces, e->namespace_count, r->namespace_))
        return MATCH_NO;
    return e->labels ? namespace_labels_match(e->labels, r, cluster_view) : MATCH_YES;
}

static enum match_result environments_match(const struct match *m, const struct request *r,
                                            const struct cluster_view *cluster_view,
                                            const struct environment **environment)
{
    enum match_result best = m->environment_count > 0 ? MATCH_NO : MATCH_YES;

    for (size_t i = 0; i < m->environment_count; i++) {
        enum match_result result = environment_has(m->environments[i], r, cluster_view);

        if (result == MATCH_YES) {
            *environment = m->environments[i];
            return MATCH_YES;
        }
        if (result == MATCH_UNKNOWN)
            best = MATCH_UNKNOWN;
    }
    return best;
}

/* Combines two answers: one that does not match decides, even if the other is unknown. */
static enum match_result both(enum match_result a, enum match_result b)
{
    if (a == MATCH_NO || b == MATCH_NO)
        return MATCH_NO;
    return a == MATCH_UNKNOWN ? a : b;
}

/* A name that the API server has still to make of generateName is known only in part. */
static enum match_result names_match(const struct match *m, const struct request *r,
                                     const char **unknown)
{
    enum match_result best = MATCH_NO;

    if (m->name_count == 0)
        return MATCH_YES;
    if (r->generate_name.n == 0)
        return any_glob(m->names, m->name_count, r->name) ? MATCH_YES : MATCH_NO;
    for (size_t i = 0; i < m->name_count && best != MATCH_YES; i++) {
        enum match_result fits = generated_name_fits(m->names[i], r->generate_name);

        best = fits == MATCH_NO ? best : fits;
    }
    if (best == MATCH_UNKNOWN)
        *unknown = "the object has no name yet, the API server makes one of its generateName";
    return best;
}

/* Of a text that is held against one glob. */
enum { GLOB_BYTES_A_STEP = 32 };

static uint64_t labels_of(yyjson_val *object)
{
    return yyjson_obj_size(object_metadata(object, "labels"));
}

/* How many bytes of names are compared with globs, including those of environments. */
static uint64_t glob_bytes(const struct match *m, const struct request *r)
{
    size_t namespaces = m->namespace_count;

    for (size_t i = 0; i < m->environment_count; i++)
        namespaces += m->environments[i]->namespace_count;
    return namespaces * r->namespace_.n + m->name_count * r->name.n +
           (m->user_count + m->service_account_count) * r->user.n;
}

/* Whether the budget has no room for looking through the groups, labels and names that the caller
 * sends. */
static bool is_late(const struct match *m, const struct request *r)
{
    uint64_t groups = m->group_count * yyjson_arr_size(r->groups);
    uint64_t labels = m->labels ? labels_of(r->object) + labels_of(r->old_object) : 0;
    uint64_t steps = (groups + labels) / KEYS_A_STEP + glob_bytes(m, r) / GLOB_BYTES_A_STEP;

    return groups + labels + steps > 0 && !budget_take(r->budget, 1 + steps);
}

enum match_result match_request(const struct match *m, const struct request *r,
                                const struct cluster_view *cluster_view,
                                const struct environment **environment, const char **unknown)
{
    enum match_result result;

    if (!(m->operations & r->operation) || !match_has_kind(m, r->group, r->kind))
        return MATCH_NO;
    if (is_late(m, r)) {
        *unknown = r->budget->over;
        return MATCH_UNKNOWN;
    }
    if (m->namespace_count > 0 && !any_glob(m->namespaces, m->namespace_count, r->namespace_))
        return MATCH_NO;
    if (!requester_matches(m, r))
        return MATCH_NO;
    result = environments_match(m, r, cluster_view, environment);
    if (result != MATCH_NO && m->namespace_labels)
        result = both(result, namespace_labels_match(m->namespace_labels, r, cluster_view));
    if (result == MATCH_UNKNOWN)
        *unknown = "the labels of the namespace are not known";
    result = both(result, names_match(m, r, unknown));
    return both(result, labels_match(m, r, unknown));
}
