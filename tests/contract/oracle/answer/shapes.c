#include "policy/shapes/shapes.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/diag.h"
#include "base/parse_error.h"
#include "base/yaml/node.h"
#include "policy/limits.h"
#include "policy/rule/check.h"
#include "policy/rule/match.h"
#include "policy/rule/path.h"
#include "policy/shapes/path_check.h"
#include "tests/contract/oracle/answer/answer.h"

static bool is_known(const struct shapes *shapes, const struct match *match)
{
    const struct shape_kind *kind;

    for (size_t i = 0; (kind = shapes_kind(shapes, i)); i++)
        if (match_has_kind(match, kind->group, kind->kind))
            return true;
    return false;
}

static json_t *types_of(const struct path_end *end)
{
    json_t *types = json_array();

    for (unsigned i = 0; i < SHAPE_TYPES; i++)
        if (end->types >> i & 1)
            json_array_append_new(types, json_string(path_type_name(i)));
    return types;
}

/* {"kind": "apps/Deployment", "path": "spec.replicas"} -> {"known": whether there is a shape of the
 * kind, "told": the errors and warnings, "types": what stands there} */
json_t *answer_shapes(const json_t *question, struct arena *arena)
{
    static struct shapes *shapes;
    const struct view kind = answer_text(json_object_get(question, "kind"));
    const struct match match = {.kinds = &kind, .kind_count = 1};
    const struct node node = {.text = answer_text(json_object_get(question, "path"))};
    struct path_end end = {0};
    const struct path *path;
    struct diags diags;
    struct compile c = {.arena = arena, .diags = &diags, .rule_match = &match};
    struct parse_error parse_error;
    struct buf told;
    json_t *said;

    if (!shapes)
        shapes = shapes_create();
    c.shapes = shapes;
    diags_init(&diags, arena);
    path = path_compile(node.text, arena, &parse_error);
    if (!shapes || !path || path_check(path, &node, &c, &end) < 0)
        return NULL;
    buf_init(&told, LIMIT_ANSWER);
    buf_add_str(&told, parse_error.why);
    diags_write(&diags, &told);
    said = json_pack("{s:b, s:s%, s:o}", "known", is_known(shapes, &match), "told",
                     told.p ? told.p : "", told.n, "types", types_of(&end));
    buf_release(&told);
    return said;
}
