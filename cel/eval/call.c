#include "base/buf.h"
#include "cel/eval/node.h"

/* Calls of functions. */

/* "no such overload: size(int)", as cel-go says it. */
static struct cel_value tell_no_overload(const struct cel_node *node, struct cel_run *run,
                                         const struct cel_value *args)
{
    struct view name = node->call.set->rows[0]->name;
    struct cel_value error;
    struct buf types;

    buf_init(&types, 4096);
    for (uint32_t i = 0; i < node->count; i++) {
        buf_add_str(&types, i > 0 ? ", " : "");
        buf_add_str(&types, cel_type_of(args[i])->name);
    }
    error = cel_failf(run, "no such overload: %.*s(%.*s)", VIEW_ARGS(name),
                      VIEW_ARGS(buf_view(&types)));
    buf_release(&types);
    return error;
}

static struct cel_value call(const struct cel_node *node, struct cel_run *run,
                             const struct cel_value *args)
{
    const struct cel_set *set = node->call.set;

    run->at = node->at;
    run->prepared = node->call.prepared;
    for (size_t i = 0; i < set->count; i++)
        if (set->rows[i]->row->loose || cel_overload_fits(set->rows[i], args))
            return set->rows[i]->row->call(run, args);
    return tell_no_overload(node, run, args);
}

/* What cel-go's Value() gives: of an optional what is in it, of a type its name. */
static struct cel_value plain(struct cel_value v)
{
    while (v.kind == CEL_OPTIONAL && v.some)
        v = *v.some;
    return v.kind == CEL_TYPE ? cel_string(view_of(v.type->name)) : v;
}

/* A function of a constant pattern is called by the optimiser of cel-go, which looks at what values
 * hold, and not at what they are. */
static struct cel_value call_pattern(const struct cel_node *node, struct cel_run *run,
                                     const struct cel_value *args)
{
    struct cel_value plain_args[CEL_ARGS];

    for (uint32_t i = 0; i < node->count; i++)
        plain_args[i] = plain(args[i]);
    return call(node, run, plain_args);
}

/* All arguments are evaluated before an error of one of them is the result, when there are two at
 * most; of more, as cel-go does it, the first error ends the call, and nothing is counted for it.
 */
struct cel_value cel_call_eval(const struct cel_node *node, struct cel_run *run)
{
    struct cel_value args[CEL_ARGS], result = cel_null();

    for (uint32_t i = 0; i < node->count; i++) {
        args[i] = cel_node_eval(node->args[i], run);
        if (args[i].kind != CEL_ERROR)
            continue;
        if (node->early && i + 1 < node->count)
            return args[i];
        if (result.kind != CEL_ERROR)
            result = args[i];
    }
    if (result.kind != CEL_ERROR)
        result = node->pattern ? call_pattern(node, run, args) : call(node, run, args);
    run->cost += node->call.cost ? node->call.cost(args, &result, node->call.one != NULL) : 1;
    return result;
}
