#include "base/arena.h"
#include "cel/eval/node.h"
#include "cel/list.h"
#include "cel/map.h"
#include "cel/show.h"

/* The macros. What each counts is what the comprehension costs that cel-go writes it out to, with
 * its accumulator read at each step. */

enum { LIST_COST = 10 };

/* The list or map that a macro makes. */
struct collected {
    struct cel_list *list;
    size_t room;
    struct cel_map *map;
    struct cel_value error; /* kind CEL_ERROR: this is the value of the macro */
    bool failed;
};

void cel_fold_set_variables(const struct cel_node *node, struct cel_run *run,
                            const struct cel_iter *iter)
{
    bool value_first = !node->fold.two && iter->of.kind == CEL_LIST;

    run->slots[node->fold.slots[0]] = value_first ? iter->value : iter->key;
    if (node->fold.two)
        run->slots[node->fold.slots[1]] = iter->value;
}

static struct cel_value not_bool(struct cel_run *run, struct cel_value v)
{
    return v.kind == CEL_ERROR ? v : cel_no_overload(run);
}

/* --- all, exists ------------------------------------------------------------------------------ */

/* `wanted` of one element decides; an error only when no other does. */
static struct cel_value quantify(const struct cel_node *node, struct cel_run *run,
                                 struct cel_iter *iter, bool wanted)
{
    unsigned look_cost = wanted ? 3 : 2; /* at the accumulator, before each step */
    struct cel_value error = cel_bool(!wanted), v;

    while (cel_iter_next(iter)) {
        run->cost += look_cost;
        cel_fold_set_variables(node, run, iter);
        run->cost++;
        v = cel_node_eval(node->args[1], run);
        if (v.kind == CEL_BOOL && v.truth == wanted) {
            if (iter->index < cel_count(iter->of))
                run->cost += look_cost;
            run->cost++;
            return v;
        }
        if (v.kind != CEL_BOOL && error.kind != CEL_ERROR)
            error = not_bool(run, v);
        if (!cel_goes_on(run))
            return cel_halt(run, run->halted);
    }
    run->cost++;
    return error;
}

static struct cel_value exists_one(const struct cel_node *node, struct cel_run *run,
                                   struct cel_iter *iter)
{
    struct cel_value error = cel_null(), v;
    size_t count = 0;

    while (cel_iter_next(iter)) {
        cel_fold_set_variables(node, run, iter);
        v = cel_node_eval(node->args[1], run);
        if (v.kind != CEL_BOOL) {
            error = not_bool(run, v);
        } else if (v.truth) {
            run->cost += 2;
            count++;
        }
        if (!cel_goes_on(run))
            return cel_halt(run, run->halted);
    }
    run->cost += 2;
    return error.kind == CEL_ERROR ? error : cel_bool(count == 1);
}

/* --- what is collected ------------------------------------------------------------------------ */

static void fail(struct collected *c, struct cel_value error)
{
    c->error = error;
    c->failed = true;
}

static void add_item(struct collected *c, struct cel_run *run, struct cel_value item)
{
    size_t size = sizeof(struct cel_value);

    if (c->list->count == c->room) {
        size_t room = c->room ? 2 * c->room : 8;
        struct cel_list *list = arena_grow(run->arena, c->list, sizeof(*list) + c->room * size,
                                           sizeof(*list) + room * size);

        if (!list) {
            fail(c, cel_no_memory(run));
            return;
        }
        c->list = list;
        c->room = room;
    }
    c->list->items[c->list->count++] = item;
}

static void add_entry(struct collected *c, struct cel_run *run, struct cel_value key,
                      struct cel_value value)
{
    if (!cel_is_key(key)) {
        fail(c, cel_failf(run, "unsupported key type: %s", cel_type_of(key)->name));
    } else if (cel_map_find(c->map, key, false)) {
        struct view text = cel_show(run, key);

        fail(c, cel_failf(run, "insert failed: key %.*s already exists", VIEW_ARGS(text)));
    } else if (cel_map_put(run->arena, c->map, key, value) < 0) {
        fail(c, cel_no_memory(run));
    }
}

static void add_entries(struct collected *c, struct cel_run *run, struct cel_value map)
{
    struct cel_iter iter = cel_iter(map);

    if (map.kind != CEL_MAP) {
        fail(c, cel_no_overload(run));
        return;
    }
    while (!c->failed && cel_iter_next(&iter))
        add_entry(c, run, iter.key, iter.value);
}

/* [item] is a list of one element, which costs 10, unless it is a constant. Once there was an error
 * the rest is evaluated and counted, too, but for the arguments behind a failed accumulator. */
static void collect_one(const struct cel_node *node, struct cel_run *run, struct collected *c)
{
    struct cel_value v;

    run->cost++;
    if (node->fold.kind == CEL_COLLECT_MAP) {
        if (c->failed)
            return;
        run->cost++;
    }
    if (node->fold.kind == CEL_FILTER) {
        run->cost++;
        v = run->slots[node->fold.slots[0]];
    } else {
        v = cel_node_eval(node->args[2], run);
    }
    run->cost++;
    if ((node->fold.kind == CEL_COLLECT || node->fold.kind == CEL_FILTER) && !node->literal)
        run->cost += LIST_COST;
    if (c->failed)
        return;
    if (v.kind == CEL_ERROR)
        fail(c, v);
    else if (node->fold.kind == CEL_COLLECT_MAP)
        add_entry(c, run, run->slots[node->fold.slots[0]], v);
    else if (node->fold.kind == CEL_COLLECT_ENTRIES)
        add_entries(c, run, v);
    else
        add_item(c, run, v);
}

/* Whether the filter takes the element. A filter that fails takes the place of what was collected.
 */
static bool passes(const struct cel_node *node, struct cel_run *run, struct collected *c)
{
    struct cel_value v;

    if (!node->args[1])
        return true;
    v = cel_node_eval(node->args[1], run);
    if (v.kind != CEL_BOOL)
        fail(c, not_bool(run, v));
    return cel_is_true(v);
}

static struct cel_value collect(const struct cel_node *node, struct cel_run *run,
                                struct cel_iter *iter)
{
    bool map = node->fold.kind == CEL_COLLECT_MAP || node->fold.kind == CEL_COLLECT_ENTRIES;
    struct collected c = {0};

    if (map)
        c.map = cel_map_create(run->arena, 0);
    else
        c.list = cel_list_create(run, 0);
    if (!c.map && !c.list)
        return cel_no_memory(run);
    while (cel_iter_next(iter)) {
        cel_fold_set_variables(node, run, iter);
        if (passes(node, run, &c))
            collect_one(node, run, &c);
        if (!cel_goes_on(run))
            return cel_halt(run, run->halted);
    }
    run->cost++;
    if (c.failed)
        return c.error;
    return map ? cel_of_map(c.map) : cel_of_list(c.list);
}

/* --- all of them ------------------------------------------------------------------------------ */

struct cel_value cel_fold_eval(const struct cel_node *node, struct cel_run *run)
{
    struct cel_value range = cel_node_eval(node->args[0], run);
    struct cel_iter iter;

    if (range.kind == CEL_ERROR)
        return range;
    run->at = node->at;
    if (range.kind != CEL_LIST && range.kind != CEL_MAP)
        return cel_failf(run, "got '%s', expected iterable type", cel_type_of(range)->name);
    iter = cel_iter(range);
    switch (node->fold.kind) {
    case CEL_ALL: return quantify(node, run, &iter, false);
    case CEL_EXISTS: return quantify(node, run, &iter, true);
    case CEL_EXISTS_ONE: return exists_one(node, run, &iter);
    case CEL_COLLECT:
    case CEL_FILTER:
    case CEL_COLLECT_MAP:
    case CEL_COLLECT_ENTRIES: break;
    }
    return collect(node, run, &iter);
}
