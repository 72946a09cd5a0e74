#include "policy/expressions/inputs.h"

#include "base/arena.h"
#include "base/budget.h"
#include "cel/map.h"
#include "cel/program.h"
#include "policy/expressions/record_type.h"
#include "policy/limits.h"
#include "policy/object/cluster_view.h"
#include "policy/rule/check.h"

const struct cel_variable inputs_variables[INPUT_COUNT] = {
    [INPUT_OBJECT] = {"object", &cel_type_dyn},
    [INPUT_OLD_OBJECT] = {"oldObject", &cel_type_dyn},
    [INPUT_REQUEST] = {"request", &record_type_request},
    [INPUT_NAMESPACE] = {"namespaceObject", &record_type_namespace},
    [INPUT_POD] = {"pod", &cel_type_dyn},
    [INPUT_CONTAINERS] = {"containers", &cel_type_dyn},
};

/* --- the namespace ---------------------------------------------------------------------------- */

/* A Namespace of which the name and the labels are known, and nothing else. */
struct namespace_object {
    struct cel_object object;
    struct view name;
    struct yyjson_val *labels;
    bool unknown;                   /* not even the labels */
    const struct cel_object *whole; /* of the metadata: what it is the metadata of */
};

static const struct namespace_object *namespace_in(const struct cel_object *object)
{
    return (const struct namespace_object *)(const void *)object;
}

static bool same_namespace(const struct cel_object *a, const struct cel_object *b)
{
    return view_eq(namespace_in(a)->name, namespace_in(b)->name);
}

static bool not_known(struct cel_run *run, struct view what, struct cel_value *value)
{
    *value = cel_failf(run, "\"%.*s\" of the namespace is not known here", VIEW_ARGS(what));
    return true;
}

static bool metadata_field(const struct cel_object *object, struct view name, struct cel_run *run,
                           struct cel_value *value)
{
    const struct namespace_object *n = namespace_in(object);

    if (view_eq(name, VIEW("name")))
        *value = cel_string(n->name);
    else if (!view_eq(name, VIEW("labels")) || n->unknown)
        return not_known(run, name, value);
    else if (n->labels)
        *value = cel_of_json(n->labels);
    else
        return false;
    return true;
}

static const struct cel_class metadata_class = {.name = "kubernetes.NamespaceMetadata",
                                                .type = &record_type_namespace,
                                                .equal = same_namespace,
                                                .field = metadata_field};

static bool namespace_field(const struct cel_object *object, struct view name, struct cel_run *run,
                            struct cel_value *value)
{
    struct namespace_object *metadata;

    if (!view_eq(name, VIEW("metadata")))
        return not_known(run, name, value);
    metadata = arena_alloc(run->arena, sizeof(*metadata));
    if (!metadata) {
        *value = cel_no_memory(run);
        return true;
    }
    *metadata = *namespace_in(object);
    metadata->object.class = &metadata_class;
    *value = cel_of_object(&metadata->object);
    return true;
}

static const struct cel_class namespace_class = {.name = "kubernetes.Namespace",
                                                 .type = &record_type_namespace,
                                                 .equal = same_namespace,
                                                 .field = namespace_field};

/* Of an object that is in none, and of a Namespace itself, null. */
static struct cel_value namespace_value(const struct eval *e, struct cel_run *run)
{
    const struct request *r = e->request;
    const struct cluster_view *view = e->cluster_view;
    struct namespace_object *n;

    if (r->namespace_.n == 0 || (view_eq_str(r->kind, "Namespace") && r->group.n == 0))
        return cel_null();
    n = arena_alloc(run->arena, sizeof(*n));
    if (!n)
        return cel_no_memory(run);
    n->object.class = &namespace_class;
    n->name = r->namespace_;
    n->unknown = !view || !view->namespace_labels ||
                 !view->namespace_labels(view->ctx, r->namespace_, &n->labels);
    return cel_of_object(&n->object);
}

/* --- containers ------------------------------------------------------------------------------- */

static const char *const kinds[CONTAINER_LISTS] = {
    [CONTAINERS] = "container",
    [INIT_CONTAINERS] = "initContainer",
    [EPHEMERAL_CONTAINERS] = "ephemeralContainer",
};

/* A container is a map of what is in the document, and its kind. */
static struct cel_value container_value(struct cel_run *run, const struct container *c)
{
    struct cel_map *map = cel_map_create(run->arena, yyjson_obj_size(c->value) + 1);
    yyjson_obj_iter iter = yyjson_obj_iter_with(c->value);
    yyjson_val *key;

    while (map && (key = yyjson_obj_iter_next(&iter))) {
        const struct view name = {yyjson_get_str(key), yyjson_get_len(key)};

        if (!cel_step(run, 1) || cel_map_put(run->arena, map, cel_string(name),
                                             cel_of_json(yyjson_obj_iter_get_val(key))) < 0)
            map = NULL;
    }
    if (!map || cel_map_put(run->arena, map, cel_string(VIEW("kind")),
                            cel_string(view_of(kinds[c->list]))) < 0)
        return cel_no_memory(run);
    return cel_of_map(map);
}

static struct cel_value containers_value(struct eval *e, struct cel_run *run)
{
    struct container c = {0};
    struct cel_list *list;
    size_t count = 0;

    while (eval_next_container(e, &c))
        count++;
    list = cel_list_create(run, count);
    c = (struct container){0};
    while (list && list->count < count && eval_next_container(e, &c)) {
        struct cel_value value = container_value(run, &c);

        if (value.kind == CEL_ERROR)
            return value;
        list->items[list->count++] = value;
    }
    return list ? cel_of_list(list) : cel_no_memory(run);
}

/* --- objects ---------------------------------------------------------------------------------- */

static bool is_before(const struct eval *e)
{
    return e->request->object && e->object == e->request->old_object;
}

/* A Scale to nothing leaves its replicas out. */
static struct cel_value scale_value(struct cel_run *run, yyjson_val *scale)
{
    yyjson_val *replicas = yyjson_obj_get(yyjson_obj_get(scale, "spec"), "replicas");
    struct cel_map *spec = cel_map_create(run->arena, 1), *map = cel_map_create(run->arena, 2);
    struct cel_value count = replicas ? cel_of_json(replicas) : cel_int(0);

    if (!spec || !map || cel_map_put(run->arena, spec, cel_string(VIEW("replicas")), count) < 0 ||
        cel_map_put(run->arena, map, cel_string(VIEW("metadata")),
                    cel_of_json(yyjson_obj_get(scale, "metadata"))) < 0 ||
        cel_map_put(run->arena, map, cel_string(VIEW("spec")), cel_of_map(spec)) < 0)
        return cel_no_memory(run);
    return cel_of_map(map);
}

struct yyjson_val *inputs_json(const struct eval *e, enum input input)
{
    const struct request *r = e->request;

    switch (input) {
    case INPUT_OBJECT: return is_before(e) ? r->old_object : r->object;
    case INPUT_OLD_OBJECT: return r->old_object;
    case INPUT_REQUEST: return r->json;
    case INPUT_POD: return e->workload->pod;
    case INPUT_NAMESPACE:
    case INPUT_CONTAINERS:
    case INPUT_COUNT: break;
    }
    return NULL;
}

static struct cel_value value_of(struct eval *e, struct cel_run *run, enum input input)
{
    yyjson_val *json = inputs_json(e, input);

    if (input == INPUT_NAMESPACE)
        return namespace_value(e, run);
    if (input == INPUT_CONTAINERS)
        return containers_value(e, run);
    if (e->request->scale && json && (input == INPUT_OBJECT || input == INPUT_OLD_OBJECT))
        return scale_value(run, json);
    return cel_of_json(json);
}

/* --- the run ---------------------------------------------------------------------------------- */

static struct expression_inputs *inputs_of(struct eval *e)
{
    struct expression_inputs *inputs;

    if (*e->inputs)
        return *e->inputs;
    inputs = arena_alloc(e->arena, sizeof(*inputs));
    if (!inputs) {
        eval_fail(e, "the review needs more memory than is allowed");
        return NULL;
    }
    inputs->run.arena = e->arena;
    inputs->run.budget = e->request->budget;
    *e->inputs = inputs;
    return inputs;
}

struct cel_run *inputs_run(struct eval *e, const struct cel_program *program)
{
    struct expression_inputs *inputs = inputs_of(e);
    struct inputs_side *side;
    struct cel_run *run;

    if (!inputs)
        return NULL;
    run = &inputs->run;
    side = &inputs->sides[is_before(e)];
    run->halted = NULL;
    for (int i = 0; i < INPUT_COUNT; i++) {
        if (side->made[i] || !cel_program_reads(program, (size_t)i))
            continue;
        side->values[i] = value_of(e, run, (enum input)i);
        if (run->halted || e->error.p) {
            eval_fail(e, "%s", run->halted ? run->halted : e->request->budget->over);
            return NULL;
        }
        side->made[i] = true;
    }
    run->variables = side->values;
    run->cost = 0;
    run->cost_limit = LIMIT_CEL_COST;
    return run;
}
