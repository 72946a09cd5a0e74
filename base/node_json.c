#include "base/node_json.h"

#include "base/buf.h"
#include "base/node.h"
#include "base/real.h"
#include "base/yaml_scalar.h"

#include <inttypes.h>

static void write_escape(unsigned char c, struct buf *out)
{
    switch (c) {
    case '"': buf_add_str(out, "\\\""); break;
    case '\\': buf_add_str(out, "\\\\"); break;
    case '\n': buf_add_str(out, "\\n"); break;
    case '\r': buf_add_str(out, "\\r"); break;
    case '\t': buf_add_str(out, "\\t"); break;
    default: buf_printf(out, "\\u%04x", c); break;
    }
}

/* Runs of ordinary bytes go out in one piece. */
static void write_string(struct view text, struct buf *out)
{
    size_t from = 0;

    buf_add_char(out, '"');
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];

        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        buf_add(out, (struct view){text.p + from, i - from});
        write_escape(c, out);
        from = i + 1;
    }
    buf_add(out, view_from(text, from));
    buf_add_char(out, '"');
}

/* go-yaml keeps integers up to 2^64 - 1 whole. */
static void write_real(const struct node *node, struct buf *out)
{
    uint64_t large = yaml_scalar_loose(node->text).large;

    if (large > 0)
        buf_printf(out, "%" PRIu64, large);
    else
        real_write(node->real, out);
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
        write_string(map->entries[i].key->text, out);
        buf_add_char(out, ':');
        node_json_write(map->entries[i].value, out);
    }
    buf_add_char(out, '}');
}

void node_json_write(const struct node *node, struct buf *out)
{
    switch (node->kind) {
    case NODE_NULL: buf_add_str(out, "null"); break;
    case NODE_BOOL: buf_add_str(out, node->truth ? "true" : "false"); break;
    case NODE_INT: buf_printf(out, "%" PRId64, node->integer); break;
    case NODE_FLOAT: write_real(node, out); break;
    case NODE_STRING: write_string(node->text, out); break;
    case NODE_LIST: write_list(node, out); break;
    case NODE_MAP: write_map(node, out); break;
    }
}
