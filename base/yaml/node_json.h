#ifndef TG_BASE_YAML_NODE_JSON_H
#define TG_BASE_YAML_NODE_JSON_H

struct buf;
struct node;

/* Appends a tree as JSON, without blanks, entries in their order. Integers keep their digits,
 * also beyond int64; other numbers are written as Go's encoding/json writes them. */
void node_json_write(const struct node *node, struct buf *out);

#endif
