/* Any bytes are schemas (CustomResourceDefinitions, OpenAPI) or are refused; whatever they say, a
 * path can be walked over it, with a limit on memory and without an end in what refers to itself.
 */
#include "base/arena.h"
#include "base/diag.h"
#include "base/parse_error.h"
#include "base/yaml/node.h"
#include "policy/limits.h"
#include "policy/rule/check.h"
#include "policy/rule/match.h"
#include "policy/rule/path.h"
#include "policy/shapes/path_check.h"
#include "policy/shapes/shapes.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const paths[] = {"spec.a[*].b",       "spec.*.*.*", "status[b=c].d",
                                    "metadata.labels.x", "pod.spec.x", "container.x"};

static void walk(struct shapes *shapes, struct view kind, struct arena *arena)
{
    const struct match match = {.kinds = &kind, .kind_count = 1};

    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        const struct node node = {.kind = NODE_STRING, .text = view_of(paths[i])};
        struct diags diags;
        struct compile c = {
            .arena = arena, .diags = &diags, .shapes = shapes, .rule_match = &match};
        struct path_end end;
        struct parse_error parse_error;
        const struct path *path = path_compile(node.text, arena, &parse_error);

        diags_init(&diags, arena);
        if (!path || path_check(path, &node, &c, &end) < 0)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct source text = {.name = VIEW("schemas"), .text = {(const char *)data, size}};
    struct shapes *shapes = shapes_create();
    size_t own = 0, found;
    const struct shape_kind *kind;
    struct arena arena;
    struct diags diags;

    arena_init(&arena, LIMIT_RULES_MEMORY);
    diags_init(&diags, &arena);
    while (shapes_kind(shapes, own))
        own++;
    if (shapes_read(shapes, &text, &diags, &found) < 0 && diags.errors == 0)
        abort();
    for (size_t i = own; (kind = shapes_kind(shapes, i)) && i < own + 8; i++) {
        if (kind->shape->type != SHAPE_MAP || !shape_field(kind->shape, VIEW("metadata")))
            abort();
        walk(shapes, kind->kind, &arena);
    }
    arena_release(&arena);
    shapes_free(shapes);
    return 0;
}
