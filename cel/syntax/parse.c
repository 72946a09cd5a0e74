#include "cel/syntax/parse.h"

#include "base/arena.h"
#include "base/parse_error.h"
#include "base/text/utf8.h"
#include "cel/limits.h"
#include "cel/syntax/literal.h"
#include "cel/syntax/parser.h"

/* A recursive descent through https://github.com/google/cel-spec/blob/master/doc/langdef.md#syntax.
 * Functions return a tree and never NULL; after the first mistake in the syntax the parser is
 * stopped, each returns at once, and nobody reads what they return. */

static struct cel_ast *parse_expression(struct parser *p);
static struct cel_ast *parse_unary(struct parser *p);

/* --- nodes ------------------------------------------------------------------------------------ */

static void stop(struct parser *p)
{
    p->stopped = true;
    p->token = (struct cel_token){.kind = CEL_END};
}

struct cel_ast *parser_node(struct parser *p, enum cel_ast_kind kind, uint32_t at, uint32_t count)
{
    size_t size = sizeof(struct cel_ast) + count * sizeof(struct cel_ast *);
    struct cel_ast *node = arena_alloc(p->arena, size);

    if (!node) {
        if (!p->stopped)
            cel_issue(p->issues, at, "the expression takes more memory than it may");
        stop(p);
        p->spare.args = p->spare_args;
        return &p->spare;
    }
    node->kind = kind;
    node->at = at;
    node->count = count;
    node->args = (struct cel_ast **)(node + 1);
    return node;
}

struct cel_ast *parser_close(struct parser *p, struct cel_ast *node)
{
    unsigned depth = 0;

    if (p->stopped)
        return node;
    for (uint32_t i = 0; i < node->count; i++)
        if (node->args[i] && node->args[i]->depth >= depth)
            depth = node->args[i]->depth + 1u;
    if (depth >= LIMIT_CEL_DEPTH) {
        cel_issue(p->issues, node->at, "the expression nests deeper than %d levels",
                  LIMIT_CEL_DEPTH);
        stop(p);
        return node;
    }
    node->depth = (uint16_t)depth;
    return node;
}

static struct cel_ast *wrong_node(struct parser *p, uint32_t at)
{
    return parser_node(p, CEL_AST_WRONG, at, 0);
}

/* A node of one or two arguments. */
static struct cel_ast *node_of(struct parser *p, enum cel_ast_kind kind, uint32_t at,
                               struct cel_ast *first, struct cel_ast *second)
{
    struct cel_ast *node = parser_node(p, kind, at, second ? 2 : 1);

    if (p->stopped)
        return node;
    node->args[0] = first;
    if (second)
        node->args[1] = second;
    return parser_close(p, node);
}

/* --- tokens ----------------------------------------------------------------------------------- */

static void advance(struct parser *p)
{
    if (!p->stopped)
        p->token = cel_token_at(p->text, p->token.at + p->token.text.n);
}

static bool next_is(const struct parser *p, char c)
{
    return p->token.kind == CEL_PUNCTUATION && p->token.text.p[0] == c;
}

static bool take(struct parser *p, char c)
{
    if (!next_is(p, c))
        return false;
    advance(p);
    return true;
}

static void tell_token(struct parser *p, const char *expected)
{
    const struct cel_token *t = &p->token;
    size_t n = 0;

    if (t->kind == CEL_WRONG && t->why) {
        cel_issue(p->issues, t->at, "%s", t->why);
    } else if (t->kind == CEL_END) {
        cel_issue(p->issues, t->at, "the expression ends where %s is expected", expected);
    } else {
        if (t->kind == CEL_WRONG)
            utf8_next(t->text, &n);
        cel_issue(p->issues, t->at, "\"%.*s\" stands where %s is expected",
                  (int)(n                ? n
                        : t->text.n > 40 ? 40
                                         : t->text.n),
                  t->text.p, expected);
    }
}

/* Tells what was expected in place of the next token, and stops. */
static struct cel_ast *unexpected(struct parser *p, const char *expected)
{
    struct cel_ast *node = wrong_node(p, p->token.at);

    if (!p->stopped)
        tell_token(p, expected);
    stop(p);
    return node;
}

static bool expect(struct parser *p, char c, const char *expected)
{
    if (take(p, c))
        return true;
    unexpected(p, expected);
    return false;
}

static bool is_reserved(struct view name)
{
    static const char *const words[] = {
        "as",  "break", "const",   "continue",  "else",   "for", "function", "if",    "import",
        "let", "loop",  "package", "namespace", "return", "var", "void",     "while",
    };

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (view_eq_str(name, words[i]))
            return true;
    return false;
}

/* --- lists of expressions --------------------------------------------------------------------- */

/* Trees that are being gathered, and whether each has a "?". */
struct gathered {
    struct cel_ast **items;
    bool *optionals;
    uint32_t count, room;
    bool any_optional;
};

static void gather(struct parser *p, struct gathered *g, struct cel_ast *item, bool optional)
{
    if (p->stopped)
        return;
    if (g->count == g->room) {
        uint32_t room = g->room ? 2 * g->room : 4;

        g->items =
            arena_grow(p->arena, g->items, g->room * sizeof(*g->items), room * sizeof(*g->items));
        g->optionals = arena_grow(p->arena, g->optionals, g->room, room);
        g->room = room;
        if (!g->items || !g->optionals) {
            cel_issue(p->issues, item->at, "the expression takes more memory than it may");
            stop(p);
            return;
        }
    }
    g->items[g->count] = item;
    g->optionals[g->count++] = optional;
    g->any_optional |= optional;
}

static struct cel_ast *node_of_all(struct parser *p, enum cel_ast_kind kind, uint32_t at,
                                   const struct gathered *g)
{
    struct cel_ast *node = parser_node(p, kind, at, g->count);

    if (p->stopped)
        return node;
    for (uint32_t i = 0; i < g->count; i++)
        node->args[i] = g->items[i];
    node->optionals = g->any_optional ? g->optionals : NULL;
    return parser_close(p, node);
}

/* The arguments of a call, whose "(" was taken. */
static struct gathered parse_arguments(struct parser *p)
{
    struct gathered g = {0};

    if (take(p, ')'))
        return g;
    do
        gather(p, &g, parse_expression(p), false);
    while (take(p, ','));
    expect(p, ')', "\",\" or \")\"");
    return g;
}

static struct cel_ast *parse_list(struct parser *p)
{
    struct gathered g = {0};
    uint32_t at = p->token.at;

    advance(p);
    while (!next_is(p, ']') && !p->stopped) {
        bool optional = take(p, '?');

        gather(p, &g, parse_expression(p), optional);
        if (!take(p, ','))
            break;
    }
    expect(p, ']', "\",\" or \"]\"");
    return node_of_all(p, CEL_AST_LIST, at, &g);
}

static struct cel_ast *parse_map(struct parser *p)
{
    struct gathered g = {0};
    uint32_t at = p->token.at;

    advance(p);
    while (!next_is(p, '}') && !p->stopped) {
        bool optional = take(p, '?');

        gather(p, &g, parse_expression(p), false);
        expect(p, ':', "\":\"");
        gather(p, &g, parse_expression(p), optional);
        if (!take(p, ','))
            break;
    }
    expect(p, '}', "\",\" or \"}\"");
    return node_of_all(p, CEL_AST_MAP, at, &g);
}

/* --- primary ---------------------------------------------------------------------------------- */

static struct cel_ast *parse_literal(struct parser *p, bool minus, uint32_t at)
{
    struct cel_ast *node = parser_node(p, CEL_AST_LITERAL, at, 0);
    struct cel_token token = p->token;
    struct parse_error error = {0};

    if (p->stopped)
        return node;
    if (cel_literal(&token, minus, p->arena, &node->value, &error) < 0) {
        cel_issue(p->issues, token.at + (uint32_t)error.at, "%.*s is not a literal: %s",
                  (int)(token.text.n > 60 ? 60 : token.text.n), token.text.p, error.why);
        node->kind = CEL_AST_WRONG;
    }
    advance(p);
    return node;
}

/* What is named in a message of a type with fields, which Kubernetes' environment has none of. */
static struct cel_ast *refuse_message(struct parser *p, uint32_t at, struct view name)
{
    struct cel_ast *node = wrong_node(p, at);

    if (!p->stopped)
        cel_issue(p->issues, at, "\"%.*s\" is not a type whose values can be written as %.*s{...}",
                  VIEW_ARGS(name), VIEW_ARGS(name));
    stop(p);
    return node;
}

/* A name or a call, with a dot before it or not. */
static struct cel_ast *parse_name(struct parser *p)
{
    uint32_t at = p->token.at;
    bool dot = take(p, '.');
    struct view name = p->token.text;
    struct cel_ast *node;

    if (p->token.kind != CEL_NAME)
        return unexpected(p, "a name");
    if (is_reserved(name)) {
        cel_issue(p->issues, p->token.at, "\"%.*s\" is a reserved word", VIEW_ARGS(name));
        node = wrong_node(p, at);
        advance(p);
        if (take(p, '('))
            parse_arguments(p);
        return node;
    }
    advance(p);
    if (next_is(p, '{'))
        return refuse_message(p, at, name);
    if (take(p, '(')) {
        struct gathered g = parse_arguments(p);

        return p->stopped ? wrong_node(p, at) : parser_call(p, at, name, NULL, g.items, g.count);
    }
    node = parser_node(p, CEL_AST_NAME, at, 0);
    if (!p->stopped)
        node->name =
            dot ? (struct view){p->text.p + at, (size_t)(name.p + name.n - p->text.p) - at} : name;
    return node;
}

static struct cel_ast *parse_nested(struct parser *p)
{
    struct cel_ast *node;

    advance(p);
    node = parse_expression(p);
    expect(p, ')', "\")\"");
    return node;
}

static struct cel_ast *parse_primary(struct parser *p)
{
    switch (p->token.kind) {
    case CEL_NUMBER:
    case CEL_NUMBER_UINT:
    case CEL_NUMBER_REAL:
    case CEL_TEXT:
    case CEL_TEXT_BYTES:
    case CEL_TRUE:
    case CEL_FALSE:
    case CEL_NULL_WORD: return parse_literal(p, false, p->token.at);
    case CEL_NAME: return parse_name(p);
    case CEL_PUNCTUATION:
        if (next_is(p, '('))
            return parse_nested(p);
        if (next_is(p, '['))
            return parse_list(p);
        if (next_is(p, '{'))
            return parse_map(p);
        return next_is(p, '.') ? parse_name(p) : unexpected(p, "a value");
    case CEL_END:
    case CEL_WRONG:
    case CEL_QUOTED_NAME:
    case CEL_IN:
    case CEL_EQ:
    case CEL_NE:
    case CEL_LE:
    case CEL_GE:
    case CEL_LT:
    case CEL_GT:
    case CEL_AND:
    case CEL_OR: break;
    }
    return unexpected(p, "a value");
}

/* --- what follows a primary ------------------------------------------------------------------- */

/* `operand.name`, `operand.?name` or `operand.name(...)`; the dot was taken. */
static struct cel_ast *parse_member(struct parser *p, struct cel_ast *operand)
{
    bool optional = take(p, '?');
    struct cel_token token = p->token;
    struct view name = token.text;
    struct cel_ast *node;

    if (token.kind == CEL_QUOTED_NAME) {
        cel_issue(p->issues, token.at, "a field in back quotes comes with no Kubernetes yet");
        cel_issue_hint(p->issues, "write [\"%.*s\"]", (int)(name.n - 2), name.p + 1);
        name = (struct view){name.p + 1, name.n - 2};
    } else if (token.kind != CEL_NAME) {
        return unexpected(p, "the name of a field or function");
    }
    advance(p);
    if (!optional && token.kind == CEL_NAME && take(p, '(')) {
        struct gathered g = parse_arguments(p);

        return p->stopped ? operand : parser_call(p, token.at, name, operand, g.items, g.count);
    }
    if (next_is(p, '{') && (operand->kind == CEL_AST_NAME || operand->kind == CEL_AST_SELECT))
        return refuse_message(p, operand->at, name);
    node = node_of(p, CEL_AST_SELECT, token.at, operand, NULL);
    node->name = name;
    node->optional = optional;
    return node;
}

static struct cel_ast *parse_index(struct parser *p, struct cel_ast *operand)
{
    uint32_t at = p->token.at;
    struct cel_ast *node;
    bool optional;

    advance(p);
    optional = take(p, '?');
    node = node_of(p, CEL_AST_INDEX, at, operand, parse_expression(p));
    node->optional = optional;
    expect(p, ']', "\"]\"");
    return node;
}

static struct cel_ast *parse_suffixes(struct parser *p, struct cel_ast *node)
{
    while (!p->stopped) {
        if (next_is(p, '['))
            node = parse_index(p, node);
        else if (take(p, '.'))
            node = parse_member(p, node);
        else
            break;
    }
    return node;
}

static struct cel_ast *parse_postfix(struct parser *p)
{
    return parse_suffixes(p, parse_primary(p));
}

/* --- operators -------------------------------------------------------------------------------- */

static struct cel_ast *operator_call(struct parser *p, const char *name, uint32_t at,
                                     struct cel_ast *first, struct cel_ast *second)
{
    struct cel_ast *node = node_of(p, CEL_AST_CALL, at, first, second);

    if (!p->stopped)
        node->name = view_of(name);
    return node;
}

static bool next_is_number(const struct parser *p)
{
    return p->token.kind == CEL_NUMBER || p->token.kind == CEL_NUMBER_REAL;
}

/* Two of them cancel out. A minus before a number is the number's. */
static struct cel_ast *parse_sign(struct parser *p, char sign)
{
    uint32_t at = p->token.at, last = at;
    struct cel_ast *node;
    unsigned count = 0;

    for (; next_is(p, sign); count++) {
        last = p->token.at;
        advance(p);
    }
    if (sign == '-' && count % 2 == 1 && next_is_number(p)) {
        node = parse_suffixes(p, parse_literal(p, true, last));
        return node;
    }
    if (sign == '!' && next_is(p, '-') && !p->stopped) {
        advance(p);
        node = next_is_number(p) ? parse_suffixes(p, parse_literal(p, true, p->token.at))
                                 : unexpected(p, "a number");
    } else {
        node = parse_postfix(p);
    }
    return count % 2 == 0 ? node : operator_call(p, sign == '!' ? "!_" : "-_", at, node, NULL);
}

static struct cel_ast *parse_unary(struct parser *p)
{
    if (next_is(p, '!') || next_is(p, '-'))
        return parse_sign(p, p->token.text.p[0]);
    return parse_postfix(p);
}

/* The operator at the next token that binds as tightly as `level`, or NULL. */
static const char *operator_at(const struct parser *p, unsigned level)
{
    static const struct {
        enum cel_token_kind kind;
        char text[3];
        const char *name;
        unsigned level;
    } operators[] = {
        {CEL_LT, "<", "_<_", 0},          {CEL_LE, "<=", "_<=_", 0},
        {CEL_GE, ">=", "_>=_", 0},        {CEL_GT, ">", "_>_", 0},
        {CEL_EQ, "==", "_==_", 0},        {CEL_NE, "!=", "_!=_", 0},
        {CEL_IN, "in", "in", 0},          {CEL_PUNCTUATION, "+", "_+_", 1},
        {CEL_PUNCTUATION, "-", "_-_", 1}, {CEL_PUNCTUATION, "*", "_*_", 2},
        {CEL_PUNCTUATION, "/", "_/_", 2}, {CEL_PUNCTUATION, "%", "_%_", 2},
    };

    for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++)
        if (operators[i].level == level && operators[i].kind == p->token.kind &&
            view_eq_str(p->token.text, operators[i].text))
            return operators[i].name;
    return NULL;
}

static struct cel_ast *parse_binary(struct parser *p, unsigned level)
{
    struct cel_ast *left = level == 2 ? parse_unary(p) : parse_binary(p, level + 1);
    const char *name;

    while (!p->stopped && (name = operator_at(p, level))) {
        uint32_t at = p->token.at;

        advance(p);
        left = operator_call(p, name, at, left,
                             level == 2 ? parse_unary(p) : parse_binary(p, level + 1));
    }
    return left;
}

/* Of && or ||: all that stand side by side are one node. */
static struct cel_ast *parse_logic(struct parser *p, enum cel_token_kind token)
{
    struct gathered g = {0};
    uint32_t at = 0;

    for (;;) {
        gather(p, &g, token == CEL_OR ? parse_logic(p, CEL_AND) : parse_binary(p, 0), false);
        if (p->stopped || p->token.kind != token)
            break;
        at = at ? at : p->token.at;
        advance(p);
    }
    if (p->stopped)
        return wrong_node(p, at);
    if (g.count == 1)
        return g.items[0];
    return node_of_all(p, token == CEL_OR ? CEL_AST_OR : CEL_AST_AND, at, &g);
}

static struct cel_ast *parse_choice(struct parser *p, struct cel_ast *condition)
{
    struct gathered g = {0};
    uint32_t at = p->token.at;

    advance(p);
    gather(p, &g, condition, false);
    gather(p, &g, parse_logic(p, CEL_OR), false);
    expect(p, ':', "\":\"");
    gather(p, &g, parse_expression(p), false);
    return node_of_all(p, CEL_AST_IF, at, &g);
}

static struct cel_ast *parse_expression(struct parser *p)
{
    struct cel_ast *node;

    if (p->stopped)
        return wrong_node(p, 0);
    if (++p->depth > LIMIT_CEL_DEPTH) {
        cel_issue(p->issues, p->token.at, "the expression nests deeper than %d levels",
                  LIMIT_CEL_DEPTH);
        stop(p);
        return wrong_node(p, 0);
    }
    node = parse_logic(p, CEL_OR);
    if (next_is(p, '?'))
        node = parse_choice(p, node);
    p->depth--;
    return node;
}

/* --- the whole -------------------------------------------------------------------------------- */

static bool fits(struct view text, struct cel_issues *issues)
{
    if (utf8_count(text) > LIMIT_CEL_TEXT) {
        cel_issue(issues, 0, "the expression is longer than %d characters", LIMIT_CEL_TEXT);
        return false;
    }
    if (!utf8_valid(text)) {
        cel_issue(issues, 0, "the expression is not UTF-8");
        return false;
    }
    return true;
}

struct cel_ast *cel_parse(struct view text, unsigned minor, struct arena *arena,
                          struct cel_issues *issues)
{
    struct parser p = {.text = text, .arena = arena, .issues = issues, .minor = minor};
    struct cel_ast *tree;

    if (!fits(text, issues))
        return NULL;
    p.token = cel_token_at(text, 0);
    tree = parse_expression(&p);
    if (!p.stopped && p.token.kind != CEL_END)
        unexpected(&p, "an operator or the end");
    return p.stopped ? NULL : tree;
}
