#include "cel/syntax/parser.h"

/* The macros: calls that are written out when they are parsed.
 * https://github.com/google/cel-spec/blob/master/doc/langdef.md#macros
 * https://pkg.go.dev/github.com/google/cel-go@v0.26.0/ext#TwoVarComprehensions */

typedef struct cel_ast *expand_fn(struct parser *p, struct cel_ast *call, struct cel_ast *target,
                                  struct cel_ast **args, uint32_t count);

/* Takes the name of a macro's variable from an argument. */
static bool take_variable(struct parser *p, struct cel_ast *call, unsigned which,
                          const struct cel_ast *arg)
{
    if (arg->kind == CEL_AST_WRONG)
        return false;
    if (arg->kind != CEL_AST_NAME || arg->name.p[0] == '.') {
        cel_issue(p->issues, arg->at, "the variable of \"%.*s\" is a simple name",
                  VIEW_ARGS(call->name));
        return false;
    }
    if (view_eq(arg->name, VIEW("__result__"))) {
        cel_issue(p->issues, arg->at, "\"__result__\" cannot be the name of a variable");
        return false;
    }
    if (which == 1 && view_eq(arg->name, call->vars[0].name)) {
        cel_issue(p->issues, arg->at, "two variables have the name \"%.*s\"", VIEW_ARGS(arg->name));
        return false;
    }
    call->vars[which].name = arg->name;
    return true;
}

static struct cel_ast *spoil(struct cel_ast *node)
{
    node->kind = CEL_AST_WRONG;
    return node;
}

static struct cel_ast *expand_has(struct parser *p, struct cel_ast *call, struct cel_ast *target,
                                  struct cel_ast **args, uint32_t count)
{
    (void)target, (void)count;
    if (args[0]->kind == CEL_AST_WRONG)
        return spoil(call);
    if (args[0]->kind != CEL_AST_SELECT || args[0]->test || args[0]->optional) {
        cel_issue(p->issues, args[0]->at, "\"has\" takes the field of something, as in has(a.b)");
        return spoil(call);
    }
    args[0]->test = true;
    return args[0];
}

/* Makes the call a loop; `vars` of the arguments are its variables. */
static struct cel_ast *loop(struct parser *p, struct cel_ast *call, enum cel_fold fold,
                            struct cel_ast *target, struct cel_ast **args, unsigned vars)
{
    call->kind = CEL_AST_FOLD;
    call->fold = fold;
    call->count = 3;
    call->args[0] = target;
    for (unsigned i = 0; i < vars; i++)
        if (!take_variable(p, call, i, args[i]))
            return spoil(call);
    return call;
}

static struct cel_ast *expand_test(struct parser *p, struct cel_ast *call, enum cel_fold fold,
                                   struct cel_ast *target, struct cel_ast **args, uint32_t count)
{
    call->args[1] = args[count - 1];
    return loop(p, call, fold, target, args, count - 1);
}

static struct cel_ast *expand_all(struct parser *p, struct cel_ast *call, struct cel_ast *target,
                                  struct cel_ast **args, uint32_t count)
{
    return expand_test(p, call, CEL_ALL, target, args, count);
}

static struct cel_ast *expand_exists(struct parser *p, struct cel_ast *call, struct cel_ast *target,
                                     struct cel_ast **args, uint32_t count)
{
    return expand_test(p, call, CEL_EXISTS, target, args, count);
}

static struct cel_ast *expand_one(struct parser *p, struct cel_ast *call, struct cel_ast *target,
                                  struct cel_ast **args, uint32_t count)
{
    return expand_test(p, call, CEL_EXISTS_ONE, target, args, count);
}

static struct cel_ast *expand_filter(struct parser *p, struct cel_ast *call, struct cel_ast *target,
                                     struct cel_ast **args, uint32_t count)
{
    return expand_test(p, call, CEL_FILTER, target, args, count);
}

/* `vars` variables, then a filter or none, then what is collected. */
static struct cel_ast *collect(struct parser *p, struct cel_ast *call, enum cel_fold fold,
                               struct cel_ast *target, struct cel_ast **args, uint32_t count,
                               unsigned vars)
{
    call->args[1] = count == vars + 2 ? args[vars] : NULL;
    call->args[2] = args[count - 1];
    return loop(p, call, fold, target, args, vars);
}

static struct cel_ast *expand_map(struct parser *p, struct cel_ast *call, struct cel_ast *target,
                                  struct cel_ast **args, uint32_t count)
{
    return collect(p, call, CEL_COLLECT, target, args, count, 1);
}

static struct cel_ast *expand_list(struct parser *p, struct cel_ast *call, struct cel_ast *target,
                                   struct cel_ast **args, uint32_t count)
{
    return collect(p, call, CEL_COLLECT, target, args, count, 2);
}

static struct cel_ast *expand_to_map(struct parser *p, struct cel_ast *call, struct cel_ast *target,
                                     struct cel_ast **args, uint32_t count)
{
    return collect(p, call, CEL_COLLECT_MAP, target, args, count, 2);
}

static struct cel_ast *expand_entries(struct parser *p, struct cel_ast *call,
                                      struct cel_ast *target, struct cel_ast **args, uint32_t count)
{
    return collect(p, call, CEL_COLLECT_ENTRIES, target, args, count, 2);
}

/* --- optMap ----------------------------------------------------------------------------------- */

static struct cel_ast *simple_call(struct parser *p, uint32_t at, struct view name,
                                   struct cel_ast *arg, bool member)
{
    struct cel_ast *node = parser_node(p, CEL_AST_CALL, at, arg ? 1 : 0);

    node->name = name;
    node->member = member;
    if (arg)
        node->args[0] = arg;
    return parser_close(p, node);
}

/* target.hasValue() ? optional.of(args[1] with args[0] = target.value()) : optional.none() */
static struct cel_ast *expand_optional(struct parser *p, struct cel_ast *call,
                                       struct cel_ast *target, struct cel_ast **args, bool wrap)
{
    struct cel_ast *let = parser_node(p, CEL_AST_LET, call->at, 2);

    let->name = call->name;
    if (!take_variable(p, let, 0, args[0]))
        return spoil(call);
    let->args[0] = simple_call(p, call->at, VIEW("value"), target, true);
    let->args[1] = args[1];
    let = parser_close(p, let);
    call->kind = CEL_AST_IF;
    call->count = 3;
    call->args[0] = simple_call(p, call->at, VIEW("hasValue"), target, true);
    call->args[1] = wrap ? simple_call(p, call->at, VIEW("optional.of"), let, false) : let;
    call->args[2] = simple_call(p, call->at, VIEW("optional.none"), NULL, false);
    return call;
}

static struct cel_ast *expand_opt_map(struct parser *p, struct cel_ast *call,
                                      struct cel_ast *target, struct cel_ast **args, uint32_t count)
{
    (void)count;
    return expand_optional(p, call, target, args, true);
}

static struct cel_ast *expand_opt_flat_map(struct parser *p, struct cel_ast *call,
                                           struct cel_ast *target, struct cel_ast **args,
                                           uint32_t count)
{
    (void)count;
    return expand_optional(p, call, target, args, false);
}

/* --- sortBy ----------------------------------------------------------------------------------- */

static struct cel_ast *name_node(struct parser *p, uint32_t at, struct view name)
{
    struct cel_ast *node = parser_node(p, CEL_AST_NAME, at, 0);

    node->name = name;
    return node;
}

/* @sort.@sortByAssociatedKeys(@sort.map(e, key)) with @sort = target
 * https://pkg.go.dev/github.com/google/cel-go@v0.26.0/ext#Lists */
static struct cel_ast *expand_sort_by(struct parser *p, struct cel_ast *call,
                                      struct cel_ast *target, struct cel_ast **args, uint32_t count)
{
    struct view list = VIEW("@sort");
    struct cel_ast *keys = parser_node(p, CEL_AST_CALL, call->at, 3);
    struct cel_ast *sort = parser_node(p, CEL_AST_CALL, call->at, 2);

    if (target->kind == CEL_AST_LITERAL || target->kind == CEL_AST_MAP) {
        cel_issue(p->issues, target->at, "\"sortBy\" sorts a list");
        return spoil(call);
    }
    keys->name = call->name;
    keys = collect(p, keys, CEL_COLLECT, name_node(p, call->at, list), args, count, 1);
    if (keys->kind == CEL_AST_WRONG || p->stopped)
        return spoil(call);
    sort->name = VIEW("@sortByAssociatedKeys");
    sort->member = true;
    sort->args[0] = name_node(p, call->at, list);
    sort->args[1] = parser_close(p, keys);
    call->kind = CEL_AST_LET;
    call->count = 2;
    call->vars[0].name = list;
    call->args[0] = target;
    call->args[1] = parser_close(p, sort);
    return call;
}

/* --- the table -------------------------------------------------------------------------------- */

static const struct macro {
    const char *name;
    bool member;
    uint32_t count; /* of arguments, without what stands before the name */
    expand_fn *expand;
    unsigned since; /* the 1.x of Kubernetes that has it first */
} macros[] = {
    {"has", false, 1, expand_has, 0},
    {"all", true, 2, expand_all, 0},
    {"exists", true, 2, expand_exists, 0},
    {"exists_one", true, 2, expand_one, 0},
    {"existsOne", true, 2, expand_one, 32},
    {"map", true, 2, expand_map, 0},
    {"map", true, 3, expand_map, 0},
    {"filter", true, 2, expand_filter, 0},
    {"optMap", true, 2, expand_opt_map, 28},
    {"optFlatMap", true, 2, expand_opt_flat_map, 28},
    {"all", true, 3, expand_all, 32},
    {"exists", true, 3, expand_exists, 32},
    {"exists_one", true, 3, expand_one, 32},
    {"existsOne", true, 3, expand_one, 32},
    {"transformList", true, 3, expand_list, 32},
    {"transformList", true, 4, expand_list, 32},
    {"transformMap", true, 3, expand_to_map, 32},
    {"transformMap", true, 4, expand_to_map, 32},
    {"transformMapEntry", true, 3, expand_entries, 32},
    {"transformMapEntry", true, 4, expand_entries, 32},
    {"sortBy", true, 2, expand_sort_by, 34},
};

static const struct macro *find_macro(struct view name, bool member, uint32_t count)
{
    for (size_t i = 0; i < sizeof(macros) / sizeof(macros[0]); i++)
        if (macros[i].member == member && macros[i].count == count &&
            view_eq_str(name, macros[i].name))
            return &macros[i];
    return NULL;
}

/* Fills in a call that is none of the macros. */
static struct cel_ast *plain_call(struct cel_ast *call, struct cel_ast *target,
                                  struct cel_ast **args, uint32_t count)
{
    call->member = target != NULL;
    call->count = 0;
    if (target)
        call->args[call->count++] = target;
    for (uint32_t i = 0; i < count; i++)
        call->args[call->count++] = args[i];
    return call;
}

struct cel_ast *parser_call(struct parser *p, uint32_t at, struct view name, struct cel_ast *target,
                            struct cel_ast **args, uint32_t count)
{
    const struct macro *macro = find_macro(name, target != NULL, count);
    struct cel_ast *call = parser_node(p, CEL_AST_CALL, at, count < 2 ? 3 : count + 1);

    call->name = name;
    if (p->stopped)
        return call;
    if (!macro)
        return parser_close(p, plain_call(call, target, args, count));
    if (macro->since > p->minor) {
        cel_issue(p->issues, at, "\"%s\" with %u arguments comes with Kubernetes 1.%u", macro->name,
                  macro->count, macro->since);
        return spoil(call);
    }
    return parser_close(p, macro->expand(p, call, target, args, count));
}
