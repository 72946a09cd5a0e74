/* resources: what containers request and are limited to, as
 * https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/ has it. */
#include "policy/rule/check.h"

#include "base/arena.h"
#include "base/budget.h"
#include "base/parse_error.h"
#include "base/quantity.h"
#include "base/text/suggest.h"
#include "policy/object/resource_name.h"
#include "policy/object/value.h"

#include <string.h>
#include <yyjson.h>

/* The requirements for one field of a container, such as limits.cpu. */
struct bound {
    struct view field;    /* "limits.cpu" */
    struct view resource; /* "cpu" */
    const char *path;     /* "resources.limits.cpu" */
    bool limit;           /* of `limits`, else of `requests` */
    bool required;
    const struct node *min_node, *max_node;
    struct quantity min, max; /* where there is such a node */
    struct view needs;
};

struct ratio {
    struct view resource;
    const char *path; /* of the limit */
    struct quantity most;
    struct view needs;
};

struct resources {
    struct bound *bounds;
    size_t bound_count;
    struct ratio *ratios;
    size_t ratio_count;
};

static const struct schema_field args[] = {
    {"require", SCHEMA_STRING, .list = true,
     .doc = "fields that each container must set, as in requests.cpu and limits.memory; ephemeral "
            "containers cannot set any"},
    {"min", SCHEMA_SCALARS, .doc = "the least that a field may be, where it is set"},
    {"max", SCHEMA_SCALARS, .doc = "the most that a field may be, where it is set"},
    {"maxRatio", SCHEMA_SCALARS, .doc = "how many times its request a limit may be, by resource"},
    {0},
};

/* --- names ------------------------------------------------------------------------------------ */

/* `before` is what stands before the name: "limits.", or nothing. */
static void hint_resource(struct view before, struct view name, struct diags *diags)
{
    const char *near = resource_name_near(name);

    if (resource_name_ok(name))
        diag_hint(diags, "did you mean \"%.*s%.*s\"?", VIEW_ARGS(before), VIEW_ARGS(name));
    else if (near)
        diag_hint(diags, "did you mean \"%.*s%s\"?", VIEW_ARGS(before), near);
    else
        diag_hint(diags, "others have a domain, as in %.*snvidia.com/gpu", VIEW_ARGS(before));
}

static int refuse_field(const struct node *node, struct view list, struct view resource,
                        struct compile *c)
{
    static const char *const known[] = {"requests.cpu",
                                        "requests.memory",
                                        "limits.cpu",
                                        "limits.memory",
                                        "requests.ephemeral-storage",
                                        "limits.ephemeral-storage"};
    static const char *const lists[] = {"requests.", "limits."};
    size_t count = sizeof(lists) / sizeof(lists[0]);
    struct view written = view_first(node->text, list.n + 1);
    const char *near = resource.p ? suggest(written, lists, count) : NULL;

    if (!near) {
        schema_unknown(node, "field of resources", known, sizeof(known) / sizeof(known[0]),
                       c->diags);
        return -1;
    }
    diag_error(c->diags, node->place, "unknown field of resources \"%.*s\"", VIEW_ARGS(node->text));
    hint_resource(view_of(near), resource, c->diags);
    return -1;
}

/* "limits.cpu" */
static int read_field(const struct node *node, struct compile *c, struct bound *out)
{
    struct view list;

    out->field = node->text;
    view_cut(node->text, '.', &list, &out->resource);
    out->limit = view_eq_str(list, "limits");
    if ((!out->limit && !view_eq_str(list, "requests")) || !resource_name_ok(out->resource))
        return refuse_field(node, list, out->resource, c);
    out->path = arena_printf(c->arena, "resources.%.*s", VIEW_ARGS(node->text)).p;
    return out->path ? 0 : -1;
}

/* --- compiling -------------------------------------------------------------------------------- */

/* The bound of a field, added when the rule names the field for the first time. */
static struct bound *bound_of(struct resources *r, const struct node *field, struct compile *c)
{
    for (size_t i = 0; i < r->bound_count; i++)
        if (view_eq(r->bounds[i].field, field->text))
            return &r->bounds[i];
    if (read_field(field, c, &r->bounds[r->bound_count]) < 0)
        return NULL;
    return &r->bounds[r->bound_count++];
}

static int read_required(struct resources *r, const struct node *list, struct compile *c)
{
    int result = 0;

    for (size_t i = 0; list && i < list->count; i++) {
        struct bound *bound = bound_of(r, list->items[i], c);

        if (bound)
            bound->required = true;
        else
            result = -1;
    }
    return result;
}

static int read_quantity(const struct node *node, struct compile *c, struct quantity *out)
{
    struct parse_error parse_error;

    if (quantity_parse(node->text, out, &parse_error) == 0)
        return 0;
    schema_flaw(node, "quantity", &parse_error, c->diags);
    return -1;
}

static int read_bounds(struct resources *r, const struct node *map, bool most, struct compile *c)
{
    int result = 0;

    for (size_t i = 0; map && i < map->count; i++) {
        const struct node *value = map->entries[i].value;
        struct bound *bound = bound_of(r, map->entries[i].key, c);

        if (!bound || read_quantity(value, c, most ? &bound->max : &bound->min) < 0)
            result = -1;
        else
            *(most ? &bound->max_node : &bound->min_node) = value;
        if (bound)
            resource_name_check_amount(bound->resource, value, c->diags);
    }
    return result;
}

static int check_order(const struct resources *r, struct compile *c)
{
    int result = 0;

    for (size_t i = 0; i < r->bound_count; i++) {
        const struct bound *b = &r->bounds[i];

        if (!b->min_node || !b->max_node || quantity_cmp(&b->min, &b->max) <= 0)
            continue;
        diag_error(c->diags, b->min_node->place, "the min of \"%.*s\" is above its max of %.*s",
                   VIEW_ARGS(b->field), VIEW_ARGS(b->max_node->text));
        result = -1;
    }
    return result;
}

static int read_ratio(const struct node_entry *entry, struct compile *c, struct ratio *out)
{
    static const struct quantity one = {.point = 1, .count = 1, .digits = {1}};
    const struct node *name = entry->key;

    out->resource = name->text;
    if (!resource_name_ok(name->text)) {
        diag_error(c->diags, name->place, "unknown resource \"%.*s\"", VIEW_ARGS(name->text));
        hint_resource(VIEW(""), name->text, c->diags);
        return -1;
    }
    if (read_quantity(entry->value, c, &out->most) < 0)
        return -1;
    if (quantity_cmp(&out->most, &one) < 0) {
        diag_error(c->diags, entry->value->place,
                   "no limit can be below its request, so that a ratio is at least 1");
        return -1;
    }
    out->path = arena_printf(c->arena, "resources.limits.%.*s", VIEW_ARGS(name->text)).p;
    out->needs =
        arena_printf(c->arena, "at most %.*s times its request", VIEW_ARGS(entry->value->text));
    return out->path && out->needs.p ? 0 : -1;
}

static int read_ratios(struct resources *r, const struct node *map, struct compile *c)
{
    int result = 0;

    if (!map)
        return 0;
    r->ratios = arena_array(c->arena, map->count, sizeof(*r->ratios));
    if (!r->ratios)
        return -1;
    for (size_t i = 0; i < map->count; i++)
        if (read_ratio(&map->entries[i], c, &r->ratios[r->ratio_count++]) < 0)
            result = -1;
    return result;
}

/* "at least 100m, at most 1" */
static int describe(struct resources *r, struct arena *arena)
{
    for (size_t i = 0; i < r->bound_count; i++) {
        struct bound *b = &r->bounds[i];
        struct view min = b->min_node ? b->min_node->text : VIEW("");
        struct view max = b->max_node ? b->max_node->text : VIEW("");

        if (!b->min_node && !b->max_node)
            b->needs = VIEW("a value");
        else
            b->needs = arena_printf(arena, "%s%.*s%s%s%.*s", b->min_node ? "at least " : "",
                                    VIEW_ARGS(min), b->min_node && b->max_node ? ", " : "",
                                    b->max_node ? "at most " : "", VIEW_ARGS(max));
        if (!b->needs.p)
            return -1;
    }
    return 0;
}

static size_t count_of(const struct node *node)
{
    return node ? node->count : 0;
}

static const void *compile(const struct node *node, struct compile *c)
{
    const struct node *require = node_get(node, "require");
    const struct node *min = node_get(node, "min"), *max = node_get(node, "max");
    const struct node *ratios = node_get(node, "maxRatio");
    size_t fields = count_of(require) + count_of(min) + count_of(max);
    struct resources *r = arena_alloc(c->arena, sizeof(*r));
    int result = 0;

    if (fields + count_of(ratios) == 0) {
        diag_error(c->diags, node->place, "\"resources\" requires nothing");
        diag_hint(c->diags, "give it \"require\", \"min\", \"max\" or \"maxRatio\"");
        return NULL;
    }
    /* One more, so that a field that turns out unknown has a place to be read to. */
    if (!r || !(r->bounds = arena_array(c->arena, fields + 1, sizeof(*r->bounds))))
        return NULL;
    result |= read_required(r, require, c);
    result |= read_bounds(r, min, false, c);
    result |= read_bounds(r, max, true, c);
    result |= read_ratios(r, ratios, c);
    result |= check_order(r, c);
    return result == 0 && describe(r, c->arena) == 0 ? r : NULL;
}

/* --- run time --------------------------------------------------------------------------------- */

/* A value as an object has it. */
struct amount {
    yyjson_val *json;   /* NULL where the field is absent */
    struct view text;   /* absent there, too */
    const char *source; /* where a request that is the limit comes from; or "" */
    struct quantity value;
    struct parse_error parse_error; /* why it is not a quantity; with `why` empty it is one */
};

/* One container under evaluation. */
struct subject {
    const struct resources *rule;
    const struct container *container;
    struct eval *e;
};

static struct amount amount_of(const struct subject *s, const char *list, struct view resource)
{
    yyjson_val *values = yyjson_obj_get(yyjson_obj_get(s->container->value, "resources"), list);
    yyjson_val *value = yyjson_obj_getn(values, resource.p, resource.n);
    struct amount amount = {.source = ""};

    if (eval_expired_by(s->e, 1 + (yyjson_obj_size(s->container->value) + yyjson_obj_size(values)) /
                                      KEYS_A_STEP))
        eval_late(s->e);
    if (!value || yyjson_is_null(value))
        return amount;
    amount.json = value;
    /* Kubernetes takes a number for the quantity that its digits spell. */
    amount.text = value_text(value, s->e->arena);
    if (!amount.text.p)
        eval_fail(s->e, "the review needs more memory than is allowed");
    amount.text = view_trim(amount.text);
    quantity_parse(amount.text, &amount.value, &amount.parse_error);
    return amount;
}

static bool is_broken(const struct amount *amount)
{
    return amount->parse_error.why[0] != '\0';
}

static struct finding *find(const struct subject *s, const char *path, const struct amount *amount,
                            struct view found, struct view needs)
{
    return eval_find_value(s->e, container_path(s->e->arena, s->e->workload, s->container, path),
                           amount->json, found, needs);
}

/* A request that is not set is the limit. The API server writes that into Pods, but not into the
 * templates of other workloads, which would be judged differently from the Pods that they make. */
static struct amount effective(const struct subject *s, const struct bound *b)
{
    struct amount amount = amount_of(s, b->limit ? "limits" : "requests", b->resource), limit;

    if (b->limit)
        return amount;
    limit = amount_of(s, "limits", b->resource);
    if (!amount.text.p) {
        limit.source = ", the limit, as no request is set";
        return limit;
    }
    if (view_eq(amount.text, limit.text) && !*s->e->workload->kind->prefix)
        amount.source = ", as the limit";
    return amount;
}

/* Whether a bound of the rule speaks of the limit, and so tells what is wrong with it. */
static bool bounds_limit(const struct resources *r, struct view resource)
{
    for (size_t i = 0; i < r->bound_count; i++)
        if (r->bounds[i].limit && view_eq(r->bounds[i].resource, resource))
            return true;
    return false;
}

/* What is not a quantity is told once, where it was written. */
static void tell_broken(const struct subject *s, const struct bound *b, const struct amount *amount)
{
    struct eval *e = s->e;
    const char *path = b->path;

    if (*amount->source && bounds_limit(s->rule, b->resource))
        return;
    if (*amount->source)
        path = arena_printf(e->arena, "resources.limits.%.*s", VIEW_ARGS(b->resource)).p;
    if (!path)
        eval_fail(e, "the review needs more memory than is allowed");
    else
        eval_flaw(e, find(s, path, amount, amount->text, b->needs), "it is not a quantity",
                  &amount->parse_error);
}

static void judge_bound(const struct subject *s, const struct bound *b)
{
    struct amount amount = effective(s, b);
    bool required = b->required && s->container->list != EPHEMERAL_CONTAINERS;

    if (!amount.text.p) {
        if (required)
            find(s, b->path, &amount, VIEW("nothing"), b->needs);
    } else if (is_broken(&amount)) {
        tell_broken(s, b, &amount);
    } else if (quantity_is_zero(&amount.value) && resource_name_usual(b->resource) &&
               (required || (b->limit && b->max_node))) {
        find(s, b->path, &amount,
             b->limit ? VIEW("0, which is not a limit") : VIEW("0, which requests nothing"),
             b->needs);
    } else if ((b->min_node && quantity_cmp(&amount.value, &b->min) < 0) ||
               (b->max_node && quantity_cmp(&amount.value, &b->max) > 0)) {
        if (*amount.source)
            amount.text =
                arena_printf(s->e->arena, "%.*s%s", VIEW_ARGS(amount.text), amount.source);
        find(s, b->path, &amount, amount.text, b->needs);
    }
}

static void judge_ratio(const struct subject *s, const struct ratio *r)
{
    struct amount limit = amount_of(s, "limits", r->resource);
    struct amount request = amount_of(s, "requests", r->resource);
    bool broken = is_broken(&limit);
    struct finding *f;

    /* Without a limit there is no ratio; without a request it is 1. */
    if (!limit.text.p || (broken && bounds_limit(s->rule, r->resource)) ||
        (!broken && !request.text.p))
        return;
    if (!broken && !is_broken(&request) && quantity_within(&limit.value, &r->most, &request.value))
        return;
    f = find(s, r->path, &limit,
             broken ? limit.text
                    : arena_printf(s->e->arena, "%.*s with a request of %.*s",
                                   VIEW_ARGS(limit.text), VIEW_ARGS(request.text)),
             r->needs);
    if (broken || is_broken(&request))
        eval_flaw(s->e, f, broken ? "it is not a quantity" : "the request is not a quantity",
                  broken ? &limit.parse_error : &request.parse_error);
    if (f)
        f->values[1] = request.json;
}

static int evaluate_resources(const void *compiled, struct eval *e)
{
    const struct resources *r = compiled;
    struct container container = {0};
    const struct subject s = {r, &container, e};

    while (eval_next_container(e, &container)) {
        for (size_t i = 0; i < r->bound_count; i++)
            judge_bound(&s, &r->bounds[i]);
        for (size_t i = 0; i < r->ratio_count; i++)
            judge_ratio(&s, &r->ratios[i]);
    }
    return e->error.p ? -1 : 0;
}

const struct check check_resources = {
    .name = "resources",
    .summary = "requests and limits are set, within bounds and in proportion",
    .scope = CHECK_WORKLOADS,
    .args = args,
    .example = "id: resource-limits\n"
               "resources:\n"
               "  require: [requests.cpu, requests.memory, limits.cpu, limits.memory]\n"
               "  min: {requests.cpu: 100m}\n"
               "  max: {limits.cpu: \"1\", limits.memory: 2Gi}\n"
               "  maxRatio: {cpu: 4, memory: 1}\n",
    .compile = compile,
    .ignores_managed_fields = true,
    .eval = evaluate_resources,
};
