#include "cel/check/checker.h"

/* From 1.29 on, Kubernetes wants the parts of a literal to have one type even where one of them is
 * known only when it is evaluated, but not within the arguments of format().
 * https://pkg.go.dev/github.com/google/cel-go@v0.26.0/cel#ValidateHomogeneousAggregateLiterals */
struct finish {
    struct checker *c;
    unsigned formats; /* calls of format() around */
};

static void finish(struct finish *f, struct cel_ast *node);

static const struct cel_type *without_optional(const struct cel_ast *node, uint32_t i)
{
    const struct cel_type *type = node->args[i]->type;

    if (node->optionals && node->optionals[i] && type->kind == CEL_TYPE_OPTIONAL)
        return type->of[0];
    return type;
}

/* Each `step`th part from `first` on. */
static void compare_parts(struct finish *f, const struct cel_ast *node, uint32_t first,
                          uint32_t step)
{
    const struct cel_type *type = NULL;

    for (uint32_t i = first; i < node->count; i += step) {
        const struct cel_type *part = without_optional(node, i);

        if (!type) {
            type = part;
        } else if (!cel_type_same(type, part)) {
            check_mismatch(f->c, node->args[i]->at, type, part);
            return;
        }
    }
}

static void compare_all(struct finish *f, const struct cel_ast *node)
{
    if (f->formats > 0)
        return;
    if (node->kind == CEL_AST_LIST)
        compare_parts(f, node, 0, 1);
    if (node->kind == CEL_AST_MAP) {
        compare_parts(f, node, 0, 2);
        compare_parts(f, node, 1, 2);
    }
}

static void finish(struct finish *f, struct cel_ast *node)
{
    bool format = node->kind == CEL_AST_CALL && view_eq(node->name, VIEW("format"));

    if (node->finished)
        return;
    node->finished = true;
    node->type = unify_resolve(&f->c->unify, node->type, true);
    f->formats += format;
    for (uint32_t i = 0; i < node->count; i++)
        if (node->args[i])
            finish(f, node->args[i]);
    f->formats -= format;
    compare_all(f, node);
    if (format)
        check_format(f->c, node);
}

void check_finish(struct checker *c, struct cel_ast *node)
{
    struct finish f = {c, 0};

    finish(&f, node);
}
