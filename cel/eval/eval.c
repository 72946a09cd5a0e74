#include "base/arena.h"
#include "cel/equal.h"
#include "cel/eval/node.h"
#include "cel/list.h"
#include "cel/map.h"
#include "cel/show.h"

enum { LIST_COST = 10, MAP_COST = 30, FEW_SLOTS = 16 };

bool cel_goes_on(struct cel_run *run)
{
    if (run->cost_limit > 0 && run->cost > run->cost_limit)
        cel_halt(run, "operation cancelled: actual cost limit exceeded");
    return cel_step(run, 1);
}

/* --- logic ------------------------------------------------------------------------------------ */

/* `deciding` of one argument is the result; an error only when no argument decides. */
static struct cel_value logic(const struct cel_node *node, struct cel_run *run, bool deciding)
{
    struct cel_value result = cel_bool(!deciding);

    for (uint32_t i = 0; i < node->count; i++) {
        struct cel_value v = cel_node_eval(node->args[i], run);

        if (v.kind == CEL_BOOL) {
            if (v.truth == deciding)
                return v;
        } else if (result.kind != CEL_ERROR) {
            run->at = node->at;
            result = v.kind == CEL_ERROR ? v : cel_no_overload(run);
        }
    }
    return result;
}

static struct cel_value choose(const struct cel_node *node, struct cel_run *run)
{
    struct cel_value condition = cel_node_eval(node->args[0], run);

    if (condition.kind == CEL_BOOL)
        return cel_flatten(cel_node_eval(node->args[condition.truth ? 1 : 2], run));
    run->at = node->at;
    return condition.kind == CEL_ERROR ? condition : cel_no_overload(run);
}

/* The first when it has a value: `or` an optional, `orValue` what is in it. As in cel-go before
 * 0.28, what is not an optional is its own value. */
static struct cel_value or_else(const struct cel_node *node, struct cel_run *run)
{
    struct cel_value first = cel_node_eval(node->args[0], run);

    if (first.kind != CEL_OPTIONAL)
        return first;
    if (!first.some)
        return cel_node_eval(node->args[1], run);
    return node->wrapped ? first : *first.some;
}

/* --- equality --------------------------------------------------------------------------------- */

/* Equality of the objects of Kubernetes' libraries costs 1, inequality what their size says. */
static struct cel_value compare(const struct cel_node *node, struct cel_run *run)
{
    struct cel_value a = cel_node_eval(node->args[0], run);
    struct cel_value b = cel_node_eval(node->args[1], run);
    enum cel_equality equality;
    uint64_t left = cel_cost_size_within(a), right = cel_cost_size_within(b);

    run->at = node->at;
    if (node->op == CEL_OP_EQ && a.kind == CEL_OBJECT)
        run->cost++;
    else
        run->cost += cel_cost_tenth(left < right ? left : right);
    if (a.kind == CEL_ERROR)
        return a;
    if (b.kind == CEL_ERROR)
        return b;
    equality = cel_equality(run, a, b);
    if (node->op == CEL_OP_NE)
        return cel_bool(equality != CEL_EQUAL);
    return equality == CEL_INCOMPARABLE ? cel_no_overload(run) : cel_bool(equality == CEL_EQUAL);
}

/* cel-go looks constants up in a set that is made once, and counts nothing. */
static struct cel_value in_set(const struct cel_node *node, struct cel_run *run)
{
    struct cel_value v = cel_node_eval(node->args[0], run);

    return v.kind == CEL_ERROR ? v : cel_bool(cel_map_find(node->set, v, false) != NULL);
}

/* --- literals --------------------------------------------------------------------------------- */

/* Takes the value of a part with a "?" out of its optional; false when it has none, with *v an
 * error when it is not an optional. */
static bool take_part(const struct cel_node *node, struct cel_run *run, uint32_t i,
                      struct cel_value key, struct cel_value *v)
{
    struct view text;

    if (!node->list.optionals || !node->list.optionals[i])
        return true;
    if (v->kind == CEL_OPTIONAL) {
        if (!v->some)
            return false;
        *v = *v->some;
        return true;
    }
    run->at = node->at;
    text = cel_show(run, *v);
    if (node->op == CEL_OP_MAP)
        *v = cel_failf(run, "cannot initialize optional entry '%.*s' from non-optional value %.*s",
                       VIEW_ARGS(cel_show(run, key)), VIEW_ARGS(text));
    else
        *v = cel_failf(run, "cannot initialize optional list element from non-optional value %.*s",
                       VIEW_ARGS(text));
    return false;
}

static struct cel_value make_list(const struct cel_node *node, struct cel_run *run)
{
    struct cel_list *list = cel_list_create(run, node->count);

    if (!list)
        return cel_no_memory(run);
    run->cost += LIST_COST;
    for (uint32_t i = 0; i < node->count; i++) {
        struct cel_value v = cel_node_eval(node->args[i], run);

        if (v.kind == CEL_ERROR)
            return v;
        if (take_part(node, run, i, v, &v))
            list->items[list->count++] = v;
        else if (v.kind == CEL_ERROR)
            return v;
    }
    return cel_of_list(list);
}

static struct cel_value put_entry(const struct cel_node *node, struct cel_run *run,
                                  struct cel_map *map, struct cel_value key, struct cel_value v)
{
    run->at = node->at;
    if (!cel_is_key(key))
        return cel_failf(run, "unsupported key type: %s", cel_type_of(key)->name);
    if (cel_map_put(run->arena, map, key, v) < 0)
        return cel_no_memory(run);
    return cel_null();
}

static struct cel_value make_map(const struct cel_node *node, struct cel_run *run)
{
    struct cel_map *map = cel_map_create(run->arena, node->count / 2);

    if (!map)
        return cel_no_memory(run);
    run->cost += MAP_COST;
    for (uint32_t i = 0; i < node->count; i += 2) {
        struct cel_value key = cel_node_eval(node->args[i], run), v;

        if (key.kind == CEL_ERROR)
            return key;
        v = cel_node_eval(node->args[i + 1], run);
        if (v.kind == CEL_ERROR)
            return v;
        if (take_part(node, run, i + 1, key, &v))
            v = put_entry(node, run, map, key, v);
        if (v.kind == CEL_ERROR)
            return v;
    }
    return cel_of_map(map);
}

/* --- all -------------------------------------------------------------------------------------- */

/* The variable is evaluated when it is first read: cel-go does it so. */
static struct cel_value let(const struct cel_node *node, struct cel_run *run)
{
    if (!cel_goes_on(run))
        return cel_halt(run, run->halted);
    run->slots[node->fold.slots[0]] = cel_of_error(NULL);
    return cel_node_eval(node->args[0], run);
}

struct cel_value cel_node_eval(const struct cel_node *node, struct cel_run *run)
{
    switch (node->op) {
    case CEL_OP_CONST: return node->value;
    case CEL_OP_PATH: return cel_path_eval(node, run);
    case CEL_OP_AND: return logic(node, run, false);
    case CEL_OP_OR: return logic(node, run, true);
    case CEL_OP_IF: return choose(node, run);
    case CEL_OP_EQ:
    case CEL_OP_NE: return compare(node, run);
    case CEL_OP_IN_SET: return in_set(node, run);
    case CEL_OP_OR_ELSE: return or_else(node, run);
    case CEL_OP_CALL: return cel_call_eval(node, run);
    case CEL_OP_LIST: return make_list(node, run);
    case CEL_OP_MAP: return make_map(node, run);
    case CEL_OP_FOLD: return cel_fold_eval(node, run);
    case CEL_OP_LET: return let(node, run);
    }
    return cel_null();
}

struct cel_value cel_eval(const struct cel_program *program, struct cel_run *run)
{
    struct cel_value few[FEW_SLOTS], value;

    run->slots = few;
    if (program->slots > FEW_SLOTS)
        run->slots = arena_array(run->arena, program->slots, sizeof(few[0]));
    if (!run->slots)
        return cel_no_memory(run);
    value = cel_node_eval(program->root, run);
    run->slots = NULL;
    if (!run->halted)
        cel_goes_on(run);
    return run->halted ? cel_halt(run, run->halted) : value;
}
