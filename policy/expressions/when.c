#include "policy/expressions/when.h"

#include "base/arena.h"
#include "policy/expressions/expression.h"
#include "policy/limits.h"
#include "policy/rule/check.h"

const void *when_compile(const struct node *node, struct compile *c)
{
    struct expression *x = arena_alloc(c->arena, sizeof(*x));

    return x && expression_compile(node, &cel_type_bool, c, x) == 0 ? x : NULL;
}

int when_check(const void *when, struct compile *c)
{
    return expression_check(when, c);
}

bool when_reads_managed_fields(const void *when)
{
    return ((const struct expression *)when)->of_managed_fields;
}

enum match_result when_ask(const void *when, struct eval *e, const char **unknown)
{
    const struct expression *x = when;
    uint64_t left = LIMIT_CEL_COST;
    struct cel_value value;

    if (e->request->scale && !x->of_scale) {
        *unknown = "a Scale has none of what \"when\" reads";
        return MATCH_UNKNOWN;
    }
    if (expression_eval(x, e, &left, &value)) {
        if (value.kind == CEL_BOOL)
            return value.truth ? MATCH_YES : MATCH_NO;
        expression_fail(x, e, value);
    }
    *unknown = arena_str(e->arena, e->error);
    if (!*unknown)
        *unknown = "the review needs more memory than is allowed";
    return MATCH_UNKNOWN;
}
