#include "policy/rule/check.h"

#include "base/parse_error.h"
#include "base/text/pattern.h"
#include "base/time/zone.h"

int compile_pattern(const struct node *node, struct compile *c, const struct pattern **out)
{
    struct parse_error parse_error;

    if (!node)
        return 0;
    *out = pattern_compile(node->text, c->arena, &parse_error);
    if (*out)
        return 0;
    schema_flaw(node, "regular expression", &parse_error, c->diags);
    return -1;
}

int compile_zone(const struct node *node, struct compile *c, const struct zone **out)
{
    struct parse_error parse_error;

    if (!node)
        return 0;
    *out = zone_get(c->zones, node->text, &parse_error);
    if (*out)
        return 0;
    schema_flaw(node, "time zone", &parse_error, c->diags);
    *out = zone_get(c->zones, VIEW("UTC"), &parse_error);
    return -1;
}
