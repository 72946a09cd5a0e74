#include "cel/check/check.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/text/suggest.h"
#include "cel/check/checker.h"

enum { MOST_NAMES = 512, QUALIFIED_ROOM = 128 };

/* --- words ------------------------------------------------------------------------------------ */

struct view check_words(struct checker *c, const struct cel_type *type)
{
    struct view words;
    struct buf out;

    buf_init(&out, 4096);
    cel_type_write(unify_resolve(&c->unify, type, true), &out);
    words = arena_copy(c->arena, buf_view(&out));
    buf_release(&out);
    return words;
}

const struct cel_type *check_mismatch(struct checker *c, uint32_t at,
                                      const struct cel_type *expected, const struct cel_type *found)
{
    cel_issue(c->issues, at, "expected type \"%.*s\" but found \"%.*s\"",
              VIEW_ARGS(check_words(c, expected)), VIEW_ARGS(check_words(c, found)));
    return &cel_type_error;
}

static bool append(char *out, size_t *n, struct view part)
{
    if (*n + part.n + 1 > QUALIFIED_ROOM)
        return false;
    if (*n > 0)
        out[(*n)++] = '.';
    memcpy(out + *n, part.p, part.n);
    *n += part.n;
    return true;
}

static bool qualify(const struct cel_ast *node, char *out, size_t *n)
{
    if (node->kind == CEL_AST_NAME)
        return append(out, n, view_from(node->name, node->name.p[0] == '.'));
    return node->kind == CEL_AST_SELECT && !node->test && !node->optional &&
           qualify(node->args[0], out, n) && append(out, n, node->name);
}

struct view check_qualified(struct checker *c, const struct cel_ast *node)
{
    char out[QUALIFIED_ROOM];
    size_t n = 0;

    if (!qualify(node, out, &n))
        return (struct view){NULL, 0};
    return arena_copy(c->arena, (struct view){out, n});
}

/* --- names ------------------------------------------------------------------------------------ */

/* Makes the node a literal: the type of that name, if there is one. */
static const struct cel_type *take_type(struct checker *c, struct cel_ast *node, struct view name)
{
    const struct cel_type *type = cel_env_type(c->source->env, name), *of;

    if (!type)
        return NULL;
    of = cel_type_type_of(type, c->arena);
    node->kind = CEL_AST_LITERAL;
    node->value = cel_of_type(type);
    node->count = 0;
    return of ? of : &cel_type_type;
}

static const struct cel_type *tell_no_name(struct checker *c, const struct cel_ast *node)
{
    const char *names[MOST_NAMES], *near;
    size_t count = 0;

    for (uint32_t i = c->local_count; i-- > 0 && count < MOST_NAMES;)
        if ((names[count] = arena_str(c->arena, c->locals[i].name)))
            count++;
    for (size_t i = 0; i < c->source->variable_count && count < MOST_NAMES; i++)
        names[count++] = c->source->variables[i].name;
    cel_issue(c->issues, node->at, "undeclared reference to \"%.*s\"", VIEW_ARGS(node->name));
    near = suggest(node->name, names, count);
    if (near)
        cel_issue_hint(c->issues, "did you mean \"%s\"?", near);
    return &cel_type_error;
}

static const struct cel_type *check_name(struct checker *c, struct cel_ast *node)
{
    struct view name = view_from(node->name, node->name.p[0] == '.');
    const struct cel_type *type;

    node->slot = node->variable = -1;
    for (uint32_t i = c->local_count; i-- > 0;)
        if (view_eq(c->locals[i].name, name)) {
            node->slot = (int32_t)c->locals[i].slot;
            return c->locals[i].type;
        }
    for (size_t i = 0; i < c->source->variable_count; i++)
        if (view_eq_str(name, c->source->variables[i].name)) {
            node->variable = (int32_t)i;
            return c->source->variables[i].type;
        }
    type = take_type(c, node, name);
    return type ? type : tell_no_name(c, node);
}

/* --- fields ----------------------------------------------------------------------------------- */

static const struct cel_type *tell_no_field(struct checker *c, const struct cel_ast *node,
                                            const struct cel_type *object)
{
    const char *names[MOST_NAMES], *near = NULL;
    size_t count = 0;

    cel_issue(c->issues, node->at, "undefined field \"%.*s\"", VIEW_ARGS(node->name));
    cel_issue_no_field(c->issues);
    if (object->fields->name)
        while (count < MOST_NAMES && (names[count] = object->fields->name(object, count)))
            count++;
    if (count > 0)
        near = suggest(node->name, names, count);
    if (near)
        cel_issue_hint(c->issues, "did you mean \"%s\"?", near);
    return &cel_type_error;
}

static const struct cel_type *field_type(struct checker *c, const struct cel_ast *node,
                                         const struct cel_type *of)
{
    const struct cel_type *type;

    if (of->kind == CEL_TYPE_MAP)
        return of->of[1];
    if (of->kind == CEL_TYPE_OBJECT && of->fields) {
        type = of->fields->field(of, node->name);
        return type ? type : tell_no_field(c, node, of);
    }
    if (of->kind == CEL_TYPE_PARAM) {
        const struct cel_type *dyn = &cel_type_dyn;

        unify_assign(&c->unify, &dyn, &of, 1);
        return dyn;
    }
    if (!cel_type_is_dyn(of)) {
        cel_issue(c->issues, node->at, "type \"%.*s\" does not support field selection",
                  VIEW_ARGS(check_words(c, of)));
        return &cel_type_error;
    }
    return &cel_type_dyn;
}

static const struct cel_type *check_select(struct checker *c, struct cel_ast *node)
{
    const struct cel_type *of, *type;
    bool optional;

    if (!node->test && !node->optional) {
        struct view name = check_qualified(c, node);

        type = name.p ? take_type(c, node, name) : NULL;
        if (type)
            return type;
    }
    of = unify_resolve(&c->unify, check_node(c, node->args[0]), false);
    optional = node->optional || of->kind == CEL_TYPE_OPTIONAL;
    type = field_type(c, node, of->kind == CEL_TYPE_OPTIONAL ? of->of[0] : of);
    if (type->kind == CEL_TYPE_ERROR)
        return type;
    if (node->test)
        return &cel_type_bool;
    if (!optional)
        return type;
    type = cel_type_optional_of(type, c->arena);
    return type ? type : &cel_type_error;
}

/* --- logic ------------------------------------------------------------------------------------ */

static void expect_bool(struct checker *c, const struct cel_ast *node)
{
    const struct cel_type *expected = &cel_type_bool;

    if (!unify_assign(&c->unify, &node->type, &expected, 1))
        check_mismatch(c, node->at, &cel_type_bool, node->type);
}

static const struct cel_type *check_logic(struct checker *c, struct cel_ast *node)
{
    for (uint32_t i = 0; i < node->count; i++) {
        check_node(c, node->args[i]);
        expect_bool(c, node->args[i]);
    }
    return &cel_type_bool;
}

static const struct cel_type *check_choice(struct checker *c, struct cel_ast *node)
{
    const struct cel_type *one = unify_fresh(&c->unify), *to[2] = {one, one}, *from[2];

    for (uint32_t i = 0; i < node->count; i++)
        check_node(c, node->args[i]);
    expect_bool(c, node->args[0]);
    from[0] = node->args[1]->type;
    from[1] = node->args[2]->type;
    if (!unify_assign(&c->unify, from, to, 2)) {
        cel_issue(c->issues, node->at,
                  "both sides of \":\" have to be of one type, but are \"%.*s\" and \"%.*s\"",
                  VIEW_ARGS(check_words(c, from[0])), VIEW_ARGS(check_words(c, from[1])));
        return &cel_type_error;
    }
    return unify_resolve(&c->unify, one, false);
}

/* --- lists and maps --------------------------------------------------------------------------- */

/* Parts that differ are told by check_finish, where that is a mistake. */
static const struct cel_type *join(struct checker *c, const struct cel_type *before,
                                   const struct cel_type *type)
{
    if (!before)
        return type;
    if (unify_assign(&c->unify, &before, &type, 1))
        return unify_general(before, type);
    return &cel_type_dyn;
}

/* The type of a part, without its optional where it has a "?". */
static const struct cel_type *part_type(struct checker *c, struct cel_ast *part, bool optional)
{
    const struct cel_type *type = check_node(c, part), *wanted;

    if (!optional)
        return type;
    type = unify_resolve(&c->unify, type, false);
    if (type->kind == CEL_TYPE_OPTIONAL)
        return type->of[0];
    wanted = cel_type_optional_of(type, c->arena);
    if (cel_type_is_dyn(type) || !wanted)
        return type;
    return check_mismatch(c, part->at, wanted, type);
}

static const struct cel_type *check_list(struct checker *c, struct cel_ast *node)
{
    const struct cel_type *element = NULL, *type;

    for (uint32_t i = 0; i < node->count; i++)
        element =
            join(c, element, part_type(c, node->args[i], node->optionals && node->optionals[i]));
    type = cel_type_list_of(element ? element : unify_fresh(&c->unify), c->arena);
    return type ? type : &cel_type_error;
}

static const struct cel_type *check_map(struct checker *c, struct cel_ast *node)
{
    const struct cel_type *key = NULL, *value = NULL, *type;

    for (uint32_t i = 0; i < node->count; i += 2) {
        key = join(c, key, check_node(c, node->args[i]));
        value = join(c, value,
                     part_type(c, node->args[i + 1], node->optionals && node->optionals[i + 1]));
    }
    if (!key)
        key = unify_fresh(&c->unify);
    if (!value)
        value = unify_fresh(&c->unify);
    type = cel_type_map_of(key, value, c->arena);
    return type ? type : &cel_type_error;
}

/* --- macros ----------------------------------------------------------------------------------- */

/* Makes a macro's variable known; it is forgotten when local_count is what it was before. */
static void add_local(struct checker *c, struct cel_variable_use *var, const struct cel_type *type)
{
    if (c->local_count == c->local_room) {
        uint32_t room = c->local_room ? 2 * c->local_room : 16;

        c->locals = arena_grow(c->arena, c->locals, c->local_room * sizeof(*c->locals),
                               room * sizeof(*c->locals));
        c->local_room = room;
    }
    if (!c->locals) {
        c->unify.failed = true;
        c->local_room = 0;
        return;
    }
    var->slot = c->slots++;
    var->type = type;
    c->locals[c->local_count++] = (struct local){var->name, var->slot, type};
}

/* The types of a loop's variables. */
static void range_types(struct checker *c, const struct cel_ast *node, bool two,
                        const struct cel_type *types[2])
{
    const struct cel_type *range = unify_resolve(&c->unify, node->args[0]->type, false);
    const struct cel_type *dyn = &cel_type_dyn;

    types[0] = types[1] = dyn;
    if (range->kind == CEL_TYPE_LIST) {
        types[0] = two ? &cel_type_int : range->of[0];
        types[1] = range->of[0];
    } else if (range->kind == CEL_TYPE_MAP) {
        types[0] = range->of[0];
        types[1] = range->of[1];
    } else if (range->kind == CEL_TYPE_PARAM) {
        unify_assign(&c->unify, &dyn, &range, 1);
    } else if (!cel_type_is_dyn(range)) {
        cel_issue(c->issues, node->args[0]->at,
                  "\"%.*s\" goes through a list or a map, but this is of type \"%.*s\"",
                  VIEW_ARGS(node->name), VIEW_ARGS(check_words(c, range)));
        types[0] = types[1] = &cel_type_error;
    }
}

static const struct cel_type *collected_map(struct checker *c, const struct cel_ast *node)
{
    const struct cel_type *letters[2], *map, *found = node->args[2]->type;

    letters[0] = unify_fresh(&c->unify);
    letters[1] = unify_fresh(&c->unify);
    map = cel_type_map_of(letters[0], letters[1], c->arena);
    if (!map)
        return &cel_type_error;
    if (!unify_assign(&c->unify, &found, &map, 1))
        return check_mismatch(c, node->args[2]->at, map, found);
    return unify_resolve(&c->unify, map, false);
}

static const struct cel_type *fold_type(struct checker *c, const struct cel_ast *node,
                                        const struct cel_type *types[2])
{
    const struct cel_type *type = &cel_type_bool;

    switch (node->fold) {
    case CEL_ALL:
    case CEL_EXISTS:
    case CEL_EXISTS_ONE: break;
    case CEL_FILTER: type = cel_type_list_of(types[0], c->arena); break;
    case CEL_COLLECT: type = cel_type_list_of(node->args[2]->type, c->arena); break;
    case CEL_COLLECT_MAP: type = cel_type_map_of(types[0], node->args[2]->type, c->arena); break;
    case CEL_COLLECT_ENTRIES: type = collected_map(c, node); break;
    }
    return type ? type : &cel_type_error;
}

static const struct cel_type *check_fold(struct checker *c, struct cel_ast *node)
{
    bool two = node->vars[1].name.p != NULL;
    uint32_t outside = c->local_count;
    const struct cel_type *types[2];

    check_node(c, node->args[0]);
    range_types(c, node, two, types);
    add_local(c, &node->vars[0], types[0]);
    if (two)
        add_local(c, &node->vars[1], types[1]);
    if (node->args[1]) {
        check_node(c, node->args[1]);
        expect_bool(c, node->args[1]);
    }
    if (node->args[2])
        check_node(c, node->args[2]);
    c->local_count = outside;
    return fold_type(c, node, types);
}

static const struct cel_type *check_let(struct checker *c, struct cel_ast *node)
{
    uint32_t outside = c->local_count;
    const struct cel_type *type;

    add_local(c, &node->vars[0], check_node(c, node->args[0]));
    type = check_node(c, node->args[1]);
    c->local_count = outside;
    return type;
}

/* --- all -------------------------------------------------------------------------------------- */

static const struct cel_type *type_of(struct checker *c, struct cel_ast *node)
{
    switch (node->kind) {
    case CEL_AST_WRONG: return &cel_type_error;
    case CEL_AST_LITERAL: return cel_type_of(node->value);
    case CEL_AST_NAME: return check_name(c, node);
    case CEL_AST_SELECT: return check_select(c, node);
    case CEL_AST_INDEX: return check_index(c, node);
    case CEL_AST_CALL: return check_call(c, node);
    case CEL_AST_AND:
    case CEL_AST_OR: return check_logic(c, node);
    case CEL_AST_IF: return check_choice(c, node);
    case CEL_AST_LIST: return check_list(c, node);
    case CEL_AST_MAP: return check_map(c, node);
    case CEL_AST_FOLD: return check_fold(c, node);
    case CEL_AST_LET: return check_let(c, node);
    }
    return &cel_type_error;
}

/* The receiver of an optMap stands twice in the tree. */
const struct cel_type *check_node(struct checker *c, struct cel_ast *node)
{
    if (!node->type)
        node->type = type_of(c, node);
    return node->type;
}

static void tell_result(struct checker *c, const struct cel_ast *tree)
{
    const struct cel_type *wanted = c->source->result;

    cel_issue(c->issues, 0, "the expression has to be of type \"%.*s\", but is of type \"%.*s\"",
              VIEW_ARGS(check_words(c, wanted)), VIEW_ARGS(check_words(c, tree->type)));
    if (cel_type_is_dyn(tree->type) && wanted->kind == CEL_TYPE_BOOL)
        cel_issue_hint(c->issues, "write \"== true\" behind it, for it may be anything");
    if (cel_type_is_dyn(tree->type) && wanted->kind == CEL_TYPE_STRING)
        cel_issue_hint(c->issues, "write string(...) around it, for it may be anything");
}

bool cel_check(struct cel_ast *tree, const struct cel_source *source, struct arena *arena,
               struct cel_issues *issues, uint32_t *slots)
{
    struct checker c = {.source = source, .arena = arena, .issues = issues};

    unify_init(&c.unify, arena);
    check_node(&c, tree);
    if (issues->count == 0)
        check_finish(&c, tree);
    if (source->result && issues->count == 0 && !cel_type_same(tree->type, source->result))
        tell_result(&c, tree);
    if (c.unify.failed && issues->count == 0)
        cel_issue(issues, 0, "the expression takes more memory than it may");
    *slots = c.slots;
    return issues->count == 0;
}
