#include "base/yaml/node_json.h"

#include "base/buf.h"
#include "base/text/float_text.h"
#include "base/text/quote.h"
#include "base/yaml/node.h"
#include "base/yaml/yaml_scalar.h"

#include <inttypes.h>

/* go-yaml keeps integers up to 2^64 - 1 whole. */
static void write_real(const struct node *node, struct buf *out)
{
    uint64_t large = yaml_scalar_loose(node->text).large;

    if (large > 0)
        buf_printf(out, "%" PRIu64, large);
    else
        float_text_write(node->real, out);
}

static void write_list(const struct node *list, struct buf *out)
{
    buf_add_char(out, '[');
    for (size_t i = 0; i < list->count && !out->failed; i++) {
        if (i > 0)
            buf_add_char(out, ',');
        node_json_write(list->items[i], out);
    }
    buf_add_char(out, ']');
}

static void write_map(const struct node *map, struct buf *out)
{
    buf_add_char(out, '{');
    for (size_t i = 0; i < map->count && !out->failed; i++) {
        if (i > 0)
            buf_add_char(out, ',');
        quote_json(out, map->entries[i].key->text);
        buf_add_char(out, ':');
        node_json_write(map->entries[i].value, out);
    }
    buf_add_char(out, '}');
}

void node_json_write(const struct node *node, struct buf *out)
{
    switch (node->kind) {
    case NODE_WRONG:
    case NODE_NULL: buf_add_str(out, "null"); break;
    case NODE_BOOL: buf_add_str(out, node->truth ? "true" : "false"); break;
    case NODE_INT: buf_printf(out, "%" PRId64, node->integer); break;
    case NODE_FLOAT: write_real(node, out); break;
    case NODE_STRING: quote_json(out, node->text); break;
    case NODE_LIST: write_list(node, out); break;
    case NODE_MAP: write_map(node, out); break;
    }
}
