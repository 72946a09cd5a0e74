#include "base/arena.h"
#include "base/buf.h"
#include "base/text/suggest.h"
#include "cel/check/checker.h"

enum { MOST_NAMES = 512, MOST_SIGNATURES = 8 };

/* --- messages --------------------------------------------------------------------------------- */

static void add_types(struct checker *c, const struct cel_ast *node, struct buf *out)
{
    uint32_t first = node->member ? 1 : 0;

    if (node->member) {
        cel_type_write(unify_resolve(&c->unify, node->args[0]->type, true), out);
        buf_add_char(out, '.');
    }
    buf_add_char(out, '(');
    for (uint32_t i = first; i < node->count; i++) {
        buf_add_str(out, i > first ? ", " : "");
        cel_type_write(unify_resolve(&c->unify, node->args[i]->type, true), out);
    }
    buf_add_char(out, ')');
}

static void hint_signatures(struct checker *c, const struct cel_named *function)
{
    struct buf out;
    size_t shown = 0;

    buf_init(&out, 1024);
    for (size_t i = 0; i < function->count && shown < MOST_SIGNATURES; i++)
        if (function->rows[i].row->since <= c->source->env->minor) {
            buf_add_str(&out, shown++ ? "; " : "");
            buf_add_str(&out, function->rows[i].row->signature);
        }
    if (shown > 0)
        cel_issue_hint(c->issues, "there is %.*s%s", VIEW_ARGS(buf_view(&out)),
                       shown == MOST_SIGNATURES ? "; ..." : "");
    buf_release(&out);
}

/* The oldest version that has a row of the function; 0: this one. */
static unsigned comes_with(const struct checker *c, const struct cel_named *function)
{
    unsigned first = 0;

    for (size_t i = 0; i < function->count; i++) {
        unsigned since = function->rows[i].row->since;

        if (since <= c->source->env->minor)
            return 0;
        if (first == 0 || since < first)
            first = since;
    }
    return first;
}

static const struct cel_type *tell_no_overload(struct checker *c, const struct cel_ast *node,
                                               const struct cel_named *function)
{
    struct buf types;

    buf_init(&types, 4096);
    add_types(c, node, &types);
    cel_issue(c->issues, node->at, "found no matching overload for \"%.*s\" applied to %.*s",
              VIEW_ARGS(function->name), VIEW_ARGS(buf_view(&types)));
    buf_release(&types);
    hint_signatures(c, function);
    return &cel_type_error;
}

static const struct cel_type *tell_no_function(struct checker *c, const struct cel_ast *node)
{
    const struct cel_env *env = c->source->env;
    const char *names[MOST_NAMES], *near;
    size_t count = 0;

    for (size_t i = 0; i < env->function_count && count < MOST_NAMES; i++)
        if (env->functions[i].name.p[0] != '_' &&
            (names[count] = arena_str(c->arena, env->functions[i].name)))
            count++;
    cel_issue(c->issues, node->at, "undeclared reference to \"%.*s\"", VIEW_ARGS(node->name));
    near = suggest(node->name, names, count);
    if (near)
        cel_issue_hint(c->issues, "did you mean \"%s\"?", near);
    return &cel_type_error;
}

/* --- overloads -------------------------------------------------------------------------------- */

/* Whether a row takes the arguments; *result is then what it gives. */
static bool takes(struct checker *c, const struct cel_overload *overload,
                  const struct cel_ast *node, const struct cel_type **result)
{
    const struct cel_type *letters[CEL_PARAMS] = {NULL}, *to[CEL_ARGS], *from[CEL_ARGS];

    if (overload->member != node->member || overload->count != node->count ||
        overload->row->since > c->source->env->minor)
        return false;
    for (uint32_t i = 0; i < node->count; i++) {
        to[i] = overload->generic ? unify_instance(&c->unify, overload->args[i], letters)
                                  : overload->args[i];
        from[i] = node->args[i]->type;
    }
    /* cel-go asks whether the argument takes the parameter. */
    if (!unify_assign(&c->unify, from, to, node->count))
        return false;
    *result =
        overload->generic ? unify_instance(&c->unify, overload->result, letters) : overload->result;
    *result = unify_resolve(&c->unify, *result, false);
    return true;
}

/* Resolves a call whose arguments are checked. */
static const struct cel_type *resolve(struct checker *c, struct cel_ast *node,
                                      const struct cel_named *function)
{
    struct cel_set *set = arena_alloc(c->arena, sizeof(*set) + function->count * sizeof(void *));
    const struct cel_type *type = NULL, *result;

    if (!set) {
        c->unify.failed = true;
        return &cel_type_error;
    }
    for (size_t i = 0; i < function->count; i++) {
        if (!takes(c, &function->rows[i], node, &result))
            continue;
        set->rows[set->count++] = &function->rows[i];
        if (!type)
            type = result;
        else if (type->kind != CEL_TYPE_DYN && !cel_type_same(type, result))
            type = &cel_type_dyn;
    }
    node->overload = set;
    return type ? type : tell_no_overload(c, node, function);
}

/* Drops a receiver that is the first part of the function's name: ip.isCanonical("..."). */
static const struct cel_named *qualified_function(struct checker *c, struct cel_ast *node)
{
    struct view prefix = check_qualified(c, node->args[0]), name;
    const struct cel_named *function;

    if (!prefix.p)
        return NULL;
    name = arena_printf(c->arena, "%.*s.%.*s", VIEW_ARGS(prefix), VIEW_ARGS(node->name));
    function = cel_env_function(c->source->env, name);
    if (!function)
        return NULL;
    node->name = function->name;
    node->member = false;
    node->at = node->args[0]->at;
    node->args++;
    node->count--;
    return function;
}

static bool is_wrong(const struct cel_ast *node)
{
    return node->kind == CEL_AST_WRONG;
}

const struct cel_type *check_call(struct checker *c, struct cel_ast *node)
{
    const struct cel_named *function = NULL;
    unsigned version;

    if (node->member)
        function = qualified_function(c, node);
    /* As cel-go: a receiver comes last. */
    for (uint32_t i = node->member; i < node->count; i++)
        check_node(c, node->args[i]);
    if (node->member)
        check_node(c, node->args[0]);
    if (!function)
        function = cel_env_function(c->source->env, view_from(node->name, node->name.p[0] == '.'));
    if (!function)
        return tell_no_function(c, node);
    version = comes_with(c, function);
    if (version > 0) {
        cel_issue(c->issues, node->at, "\"%.*s\" comes with Kubernetes 1.%u",
                  VIEW_ARGS(function->name), version);
        return &cel_type_error;
    }
    for (uint32_t i = 0; i < node->count; i++)
        if (is_wrong(node->args[i]))
            return &cel_type_error;
    return resolve(c, node, function);
}

const struct cel_type *check_index(struct checker *c, struct cel_ast *node)
{
    const struct cel_named *function =
        cel_env_function(c->source->env, node->optional ? VIEW("_[?_]") : VIEW("_[_]"));

    for (uint32_t i = 0; i < node->count; i++)
        check_node(c, node->args[i]);
    return function ? resolve(c, node, function) : &cel_type_error;
}
