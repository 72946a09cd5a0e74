#include "cel/check/checker.h"
#include "cel/format_clause.h"

/* A format() whose text and list are written out is checked against the types of the list's parts.
 */

static bool one_of(const struct cel_type *type, const enum cel_type_kind *kinds, size_t count)
{
    if (cel_type_is_dyn(type))
        return true;
    for (size_t i = 0; i < count; i++)
        if (type->kind == kinds[i])
            return true;
    return false;
}

#define ONE_OF(type, kinds) one_of(type, kinds, sizeof(kinds) / sizeof((kinds)[0]))

/* The first part of what %s writes that it cannot, or NULL. */
static const struct cel_ast *no_text(const struct cel_ast *node)
{
    static const enum cel_type_kind kinds[] = {
        CEL_TYPE_LIST,   CEL_TYPE_MAP,  CEL_TYPE_INT,      CEL_TYPE_UINT,
        CEL_TYPE_DOUBLE, CEL_TYPE_BOOL, CEL_TYPE_STRING,   CEL_TYPE_TIMESTAMP,
        CEL_TYPE_BYTES,  CEL_TYPE_TYPE, CEL_TYPE_DURATION, CEL_TYPE_NULL,
    };
    const struct cel_ast *wrong = NULL;

    if (!ONE_OF(node->type, kinds))
        return node;
    if (node->kind == CEL_AST_LIST || node->kind == CEL_AST_MAP)
        for (uint32_t i = 0; i < node->count && !wrong; i++)
            wrong = no_text(node->args[i]);
    return wrong;
}

static const struct cel_ast *wrong_part(char letter, const struct cel_ast *arg)
{
    static const enum cel_type_kind decimal[] = {CEL_TYPE_INT, CEL_TYPE_UINT},
                                    real[] = {CEL_TYPE_DOUBLE, CEL_TYPE_STRING},
                                    binary[] = {CEL_TYPE_INT, CEL_TYPE_UINT, CEL_TYPE_BOOL},
                                    hex[] = {CEL_TYPE_INT, CEL_TYPE_UINT, CEL_TYPE_STRING,
                                             CEL_TYPE_BYTES};
    bool fits = true;

    switch (letter) {
    case 's': return no_text(arg);
    case 'd':
    case 'o': fits = ONE_OF(arg->type, decimal); break;
    case 'f':
    case 'e': fits = ONE_OF(arg->type, real); break;
    case 'b': fits = ONE_OF(arg->type, binary); break;
    case 'x':
    case 'X': fits = ONE_OF(arg->type, hex); break;
    default: break;
    }
    return fits ? NULL : arg;
}

void check_format(struct checker *c, const struct cel_ast *node)
{
    const struct cel_ast *list = node->count == 2 ? node->args[1] : NULL, *wrong;
    struct format_clause clause = {.letter = '%'};
    uint32_t used = 0;
    size_t at = 0;

    if (!list || !node->member || list->kind != CEL_AST_LIST ||
        node->args[0]->kind != CEL_AST_LITERAL || node->args[0]->value.kind != CEL_STRING)
        return;
    while (clause.letter != '\0') {
        const char *why = format_clause_next(cel_text(node->args[0]->value), &at, &clause);

        if (!why && clause.letter != '\0' && clause.letter != '%' && used == list->count)
            why = "there are fewer arguments than clauses";
        if (why) {
            cel_issue(c->issues, node->args[0]->at, "%s", why);
            return;
        }
        if (clause.letter == '\0' || clause.letter == '%')
            continue;
        wrong = wrong_part(clause.letter, list->args[used++]);
        if (wrong) {
            cel_issue(c->issues, wrong->at, "%%%c does not write the type \"%.*s\"", clause.letter,
                      VIEW_ARGS(check_words(c, wrong->type)));
            return;
        }
    }
    if (used < list->count)
        cel_issue(c->issues, list->args[used]->at,
                  "there are more arguments than clauses: expected %u, got %u", used, list->count);
}
