#include "base/arena.h"
#include "cel/check/check.h"
#include "cel/eval/node.h"
#include "cel/limits.h"
#include "cel/map.h"
#include "cel/syntax/parse.h"

#include <math.h>

/* From the checked tree to the program. */

struct compiler {
    const struct cel_source *source;
    struct arena *arena; /* the program's */
    struct cel_issues *issues;
    struct cel_node **lazy; /* by slot: what an optMap's variable is evaluated from */
    bool *reads;
    bool failed; /* memory is out, or an issue was told */
};

static struct cel_node *compile(struct compiler *c, struct cel_ast *ast);

/* --- making nodes ----------------------------------------------------------------------------- */

/* What stands for a node when memory is out; nobody reads it. */
static struct cel_node *out_of_memory(struct compiler *c, const struct cel_ast *ast)
{
    if (!c->failed)
        cel_issue(c->issues, ast->at, "the expression takes more memory than it may");
    c->failed = true;
    return NULL;
}

static struct cel_node *make_node(struct compiler *c, const struct cel_ast *ast, enum cel_op op,
                                  uint32_t count)
{
    struct cel_node *node = arena_alloc(c->arena, sizeof(*node));

    if (!node)
        return out_of_memory(c, ast);
    *node = (struct cel_node){.op = op, .at = ast->at, .count = count};
    node->args = arena_array(c->arena, count, sizeof(struct cel_node *));
    return node->args ? node : out_of_memory(c, ast);
}

/* A node of the compiled args; NULL when one failed. */
static struct cel_node *make_of_args(struct compiler *c, struct cel_ast *ast, enum cel_op op)
{
    struct cel_node *node = make_node(c, ast, op, ast->count);

    for (uint32_t i = 0; i < ast->count && node; i++)
        if (ast->args[i] && !(node->args[i] = compile(c, ast->args[i])))
            return NULL;
    return node;
}

/* --- constants -------------------------------------------------------------------------------- */

static bool is_const(const struct cel_node *node)
{
    return node->op == CEL_OP_CONST;
}

static bool all_const(const struct cel_node *node)
{
    for (uint32_t i = 0; i < node->count; i++)
        if (!is_const(node->args[i]))
            return false;
    return true;
}

static struct cel_node *make_const(struct compiler *c, const struct cel_ast *ast,
                                   struct cel_value value)
{
    struct cel_node *node = make_node(c, ast, CEL_OP_CONST, 0);

    if (node)
        node->value = value;
    return node;
}

/* Evaluates what has no variables. An error is one of the expression. */
static struct cel_node *fold_const(struct compiler *c, const struct cel_ast *ast,
                                   const struct cel_node *node)
{
    struct cel_run run = {.arena = c->arena};
    struct cel_value value = cel_node_eval(node, &run);

    if (value.kind != CEL_ERROR)
        return make_const(c, ast, value);
    if (run.halted)
        return out_of_memory(c, ast);
    cel_issue(c->issues, ast->at, "%s%.*s", value.error->what, VIEW_ARGS(value.error->about));
    c->failed = true;
    return NULL;
}

/* A text that lies in the tree is copied, one that lies in the source is not. */
static struct cel_node *compile_literal(struct compiler *c, const struct cel_ast *ast)
{
    struct view source = c->source->text, text = cel_text(ast->value);
    struct cel_value value = ast->value;

    if ((value.kind == CEL_STRING || value.kind == CEL_BYTES) &&
        (text.p < source.p || text.p >= source.p + source.n)) {
        value.text = arena_copy(c->arena, text).p;
        if (!value.text)
            return out_of_memory(c, ast);
    }
    return make_const(c, ast, value);
}

/* Lists and maps of constants are made once. */
static struct cel_node *compile_aggregate(struct compiler *c, struct cel_ast *ast)
{
    struct cel_node *node =
        make_of_args(c, ast, ast->kind == CEL_AST_LIST ? CEL_OP_LIST : CEL_OP_MAP);
    bool *optionals;

    if (!node)
        return NULL;
    if (ast->optionals) {
        optionals = arena_alloc(c->arena, ast->count);
        if (!optionals)
            return out_of_memory(c, ast);
        memcpy(optionals, ast->optionals, ast->count);
        node->list.optionals = optionals;
    }
    return all_const(node) ? fold_const(c, ast, node) : node;
}

/* --- paths ------------------------------------------------------------------------------------ */

static bool is_step(const struct cel_ast *ast)
{
    return ast->kind == CEL_AST_SELECT || ast->kind == CEL_AST_INDEX;
}

/* What is an attribute in cel-go, and read by a "?:" or an index without a cost of its own. */
static void make_bare(struct cel_node *node)
{
    if (node->op == CEL_OP_PATH)
        node->bare = true;
}

static bool compile_part(struct compiler *c, struct cel_ast *ast, struct cel_part *part)
{
    struct cel_node *index;

    part->optional = ast->optional;
    part->test = ast->test;
    if (ast->kind == CEL_AST_SELECT) {
        part->key = cel_string(ast->name);
        return true;
    }
    index = compile(c, ast->args[1]);
    if (!index)
        return false;
    if (is_const(index)) {
        part->key = index->value;
        if (cel_can_select(part->key))
            return true;
        cel_issue(c->issues, ast->args[1]->at, "a value of type \"%s\" is not an index",
                  cel_type_of(part->key)->name);
        return false;
    }
    make_bare(index);
    part->index = index;
    return true;
}

/* cel-go takes a name whose type is `type` for the name of a type, and finds none. */
static bool is_readable(struct compiler *c, uint32_t at, struct view name,
                        const struct cel_type *type)
{
    if (type->kind != CEL_TYPE_TYPE)
        return true;
    cel_issue(c->issues, at,
              "\"%.*s\" is a type, and Kubernetes reads no variable that is known to be one",
              VIEW_ARGS(name));
    cel_issue_hint(c->issues, "write dyn(...) around what it is taken from");
    c->failed = true;
    return false;
}

static void compile_root(struct compiler *c, struct cel_ast *ast, struct cel_node *node)
{
    if (ast->kind != CEL_AST_NAME) {
        node->path.root = CEL_ROOT_NODE;
        node->args[0] = compile(c, ast);
        c->failed |= !node->args[0];
    } else if (!is_readable(c, ast->at, ast->name, ast->type)) {
        return;
    } else if (ast->slot >= 0) {
        node->path.number = (uint32_t)ast->slot;
        node->args[0] = c->lazy[ast->slot];
        node->path.root = node->args[0] ? CEL_ROOT_LAZY : CEL_ROOT_SLOT;
    } else {
        node->path.number = (uint32_t)ast->variable;
        node->path.root = CEL_ROOT_VARIABLE;
        c->reads[ast->variable] = true;
    }
}

static struct cel_node *compile_path(struct compiler *c, struct cel_ast *ast)
{
    struct cel_node *node = make_node(c, ast, CEL_OP_PATH, 1);
    struct cel_part *parts;
    struct cel_ast *root = ast;
    uint32_t count = 0;

    for (; is_step(root) && !(root != ast && root->test); root = root->args[0])
        count++;
    parts = arena_array(c->arena, count, sizeof(*parts));
    if (!node || !parts)
        return out_of_memory(c, ast);
    compile_root(c, root, node);
    for (uint32_t i = count; i-- > 0 && !c->failed; ast = ast->args[0])
        c->failed |= !compile_part(c, ast, &parts[i]);
    node->path.part_count = count;
    node->path.parts = parts;
    return c->failed ? NULL : node;
}

/* --- calls ------------------------------------------------------------------------------------ */

/* The cost of a call is known when all rows that it may be have the same. */
static cel_cost_fn *cost_of(const struct cel_set *set)
{
    for (size_t i = 1; i < set->count; i++)
        if (set->rows[i]->row->cost != set->rows[0]->row->cost)
            return NULL;
    return set->rows[0]->row->cost;
}

static cel_prepare_fn *prepare_of(const struct cel_set *set)
{
    for (size_t i = 1; i < set->count; i++)
        if (set->rows[i]->row->prepare != set->rows[0]->row->prepare)
            return NULL;
    return set->rows[0]->row->prepare;
}

static bool prepare(struct compiler *c, const struct cel_ast *ast, struct cel_node *node)
{
    cel_prepare_fn *with = prepare_of(node->call.set);
    const struct cel_value *args[CEL_ARGS];
    struct view why = {NULL, 0};

    if (!with)
        return true;
    for (uint32_t i = 0; i < node->count; i++)
        args[i] = is_const(node->args[i]) ? &node->args[i]->value : NULL;
    node->call.prepared = with(args, c->arena, &why);
    if (!why.p)
        return true;
    cel_issue(c->issues, ast->args[ast->count - 1]->at, "%.*s", VIEW_ARGS(why));
    return false;
}

static struct cel_set *copy_set(struct compiler *c, const struct cel_set *set)
{
    size_t size = sizeof(*set) + set->count * sizeof(const struct cel_overload *);
    struct cel_set *copy = arena_alloc(c->arena, size);

    return copy ? memcpy(copy, set, size) : NULL;
}

/* `in` a list of constants that can be looked up. */
static bool is_set(const struct cel_node *node)
{
    struct cel_value list = node->args[1]->value;

    if (!is_const(node->args[1]) || list.kind != CEL_LIST ||
        node->call.one->args[1]->kind != CEL_TYPE_LIST)
        return false;
    for (size_t i = 0; i < list.list->count; i++)
        if (list.list->items[i].kind != CEL_BOOL && list.list->items[i].kind != CEL_STRING &&
            list.list->items[i].kind != CEL_INT && list.list->items[i].kind != CEL_UINT &&
            list.list->items[i].kind != CEL_DOUBLE)
            return false;
    return true;
}

/* Puts a number in under each kind in which it is the same, as cel-go does it. */
static int put_number(struct compiler *c, struct cel_map *set, struct cel_value v)
{
    struct cel_value as_int = v, as_uint = v;

    if (v.kind == CEL_DOUBLE && v.d == trunc(v.d)) {
        if (v.d >= -0x1p63 && v.d < 0x1p63)
            as_int = cel_int((int64_t)v.d);
        if (v.d >= 0 && v.d < 0x1p64)
            as_uint = cel_uint((uint64_t)v.d);
    }
    return cel_map_put(c->arena, set, v, v) < 0 || cel_map_put(c->arena, set, as_int, v) < 0 ||
                   cel_map_put(c->arena, set, as_uint, v) < 0
               ? -1
               : 0;
}

/* `in` a list of constants; NULL when memory is out. */
static struct cel_node *make_set(struct compiler *c, const struct cel_ast *ast,
                                 struct cel_node *node)
{
    const struct cel_list *list = node->args[1]->value.list;
    struct cel_map *set = cel_map_create(c->arena, list->count);

    for (size_t i = 0; i < list->count && set; i++)
        if (put_number(c, set, list->items[i]) < 0)
            set = NULL;
    if (!set)
        return out_of_memory(c, ast);
    node->op = CEL_OP_IN_SET;
    node->set = set;
    return node;
}

static bool is_conversion(struct view name)
{
    static const char *const names[] = {"bool", "bytes",  "double",    "dyn",  "duration",
                                        "int",  "string", "timestamp", "type", "uint"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (view_eq_str(name, names[i]))
            return true;
    return false;
}

/* cel-go calls these in another way when the pattern is a constant. */
static bool is_pattern(struct view name)
{
    return view_eq(name, VIEW("matches")) || view_eq(name, VIEW("find")) ||
           view_eq(name, VIEW("findAll"));
}

/* cel-go evaluates these two itself, and counts nothing. */
static bool is_or_else(struct view name)
{
    return view_eq(name, VIEW("or")) || view_eq(name, VIEW("orValue"));
}

/* What cel-go's optimiser does with a call, so that it costs nothing. */
static struct cel_node *optimise(struct compiler *c, const struct cel_ast *ast,
                                 struct cel_node *node)
{
    struct view name = node->call.set->rows[0]->name;

    if (node->call.one && view_eq(name, VIEW("in")) && is_set(node)) {
        if (node->args[1]->value.list->count == 0)
            return make_const(c, ast, cel_bool(false));
        return make_set(c, ast, node);
    }
    if (node->count == 1 && is_const(node->args[0]) && is_conversion(name))
        return fold_const(c, ast, node);
    return node;
}

static struct cel_node *compile_call(struct compiler *c, struct cel_ast *ast)
{
    struct cel_node *node = make_of_args(c, ast, CEL_OP_CALL);
    struct cel_set *set = copy_set(c, ast->overload);

    if (!node)
        return NULL;
    if (!set)
        return out_of_memory(c, ast);
    if (view_eq(ast->name, VIEW("_==_")) || view_eq(ast->name, VIEW("_!=_"))) {
        node->op = ast->name.p[1] == '=' ? CEL_OP_EQ : CEL_OP_NE;
        return node;
    }
    if (is_or_else(ast->name)) {
        node->op = CEL_OP_OR_ELSE;
        node->wrapped = ast->name.n == 2;
        return node;
    }
    node->call.set = set;
    node->call.one = set->count == 1 ? set->rows[0] : NULL;
    node->call.cost = cost_of(set);
    if (!prepare(c, ast, node))
        return NULL;
    node->pattern = node->call.prepared && is_pattern(ast->name);
    node->early = ast->count > 2 || (set->count > 1 && !set->rows[0]->row->loose) || node->pattern;
    return optimise(c, ast, node);
}

/* --- macros ----------------------------------------------------------------------------------- */

static struct cel_node *compile_fold(struct compiler *c, struct cel_ast *ast)
{
    struct cel_node *node = make_of_args(c, ast, CEL_OP_FOLD);
    bool reads = ast->fold == CEL_FILTER || ast->fold == CEL_COLLECT_MAP;

    if (!node || (reads && !is_readable(c, ast->at, ast->vars[0].name, ast->vars[0].type)))
        return NULL;
    node->fold.kind = ast->fold;
    node->fold.slots[0] = ast->vars[0].slot;
    node->fold.slots[1] = ast->vars[1].slot;
    node->fold.two = ast->vars[1].name.p != NULL;
    node->literal = node->args[2] && is_const(node->args[2]);
    return node;
}

static struct cel_node *compile_let(struct compiler *c, struct cel_ast *ast)
{
    struct cel_node *node = make_node(c, ast, CEL_OP_LET, 1);
    struct cel_node *init = compile(c, ast->args[0]);

    if (!node || !init || !is_readable(c, ast->at, ast->vars[0].name, ast->vars[0].type))
        return NULL;
    node->fold.slots[0] = ast->vars[0].slot;
    c->lazy[ast->vars[0].slot] = init;
    node->args[0] = compile(c, ast->args[1]);
    return node->args[0] ? node : NULL;
}

static struct cel_node *compile_choice(struct compiler *c, struct cel_ast *ast)
{
    struct cel_node *node = make_of_args(c, ast, CEL_OP_IF);

    if (!node)
        return NULL;
    make_bare(node->args[1]);
    make_bare(node->args[2]);
    return node;
}

/* --- all -------------------------------------------------------------------------------------- */

static struct cel_node *compile_new(struct compiler *c, struct cel_ast *ast)
{
    switch (ast->kind) {
    case CEL_AST_WRONG: break;
    case CEL_AST_LITERAL: return compile_literal(c, ast);
    case CEL_AST_NAME:
    case CEL_AST_SELECT:
    case CEL_AST_INDEX: return compile_path(c, ast);
    case CEL_AST_CALL: return compile_call(c, ast);
    case CEL_AST_AND: return make_of_args(c, ast, CEL_OP_AND);
    case CEL_AST_OR: return make_of_args(c, ast, CEL_OP_OR);
    case CEL_AST_IF: return compile_choice(c, ast);
    case CEL_AST_LIST:
    case CEL_AST_MAP: return compile_aggregate(c, ast);
    case CEL_AST_FOLD: return compile_fold(c, ast);
    case CEL_AST_LET: return compile_let(c, ast);
    }
    return NULL;
}

/* The receiver of an optMap stands twice in the tree, and once in the program. */
static struct cel_node *compile(struct compiler *c, struct cel_ast *ast)
{
    if (!ast->node && !c->failed)
        ast->node = compile_new(c, ast);
    c->failed |= !ast->node;
    return ast->node;
}

/* A type that outlives the tree. */
static const struct cel_type *keep_type(struct compiler *c, const struct cel_type *type)
{
    struct cel_type *copy;

    if (!type->of[0])
        return type;
    copy = arena_alloc(c->arena, sizeof(*copy));
    if (!copy)
        return &cel_type_dyn;
    *copy = *type;
    for (int i = 0; i < 2 && type->of[i]; i++)
        copy->of[i] = keep_type(c, type->of[i]);
    return copy;
}

static const struct cel_program *make_program(struct compiler *c, struct cel_ast *tree,
                                              uint32_t slots, struct arena *scratch)
{
    struct cel_program *program = arena_alloc(c->arena, sizeof(*program));

    c->reads = arena_alloc(c->arena, c->source->variable_count);
    c->lazy = arena_array(scratch, slots, sizeof(struct cel_node *));
    if (!program || !c->reads || !c->lazy) {
        out_of_memory(c, tree);
        return NULL;
    }
    program->root = compile(c, tree);
    program->type = keep_type(c, tree->type);
    program->slots = slots;
    program->variable_count = c->source->variable_count;
    program->reads = c->reads;
    return program->root ? program : NULL;
}

const struct cel_program *cel_compile(const struct cel_source *source, struct arena *arena,
                                      struct cel_issues *issues)
{
    struct compiler c = {.source = source, .arena = arena, .issues = issues};
    const struct cel_program *program = NULL;
    struct arena scratch;
    struct cel_ast *tree;
    uint32_t slots;

    arena_init(&scratch, LIMIT_CEL_MEMORY);
    tree = cel_parse(source->text, source->env->minor, &scratch, issues);
    if (tree && cel_check(tree, source, &scratch, issues, &slots))
        program = make_program(&c, tree, slots, &scratch);
    arena_release(&scratch);
    return issues->count == 0 ? program : NULL;
}

const struct cel_type *cel_program_type(const struct cel_program *program)
{
    return program->type;
}

bool cel_program_reads(const struct cel_program *program, size_t variable)
{
    return variable < program->variable_count && program->reads[variable];
}
