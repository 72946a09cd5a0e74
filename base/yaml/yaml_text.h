#ifndef TG_BASE_YAML_YAML_TEXT_H
#define TG_BASE_YAML_YAML_TEXT_H

#include "base/view.h"

struct buf;
struct yyjson_val;

/* Appends a JSON value as a YAML document in block style, a key or an element a line, that
 * yaml_parse() reads as the same value in either mode. Returns 0; or -1 when it nests deeper than
 * LIMIT_YAML_DEPTH, or the buffer is full. Any thread. */
int yaml_text_write(struct yyjson_val *value, struct buf *out);

/* Appends the field path of what stands at a line and column (1-based) of such a text, as the API
 * server writes paths: spec.rules[0].images. The first key of a map stands where the map itself
 * does, and the path is then the map's; that of the whole document is empty. Reads the text once.
 * Any thread. */
void yaml_text_path(struct view text, unsigned line, unsigned column, struct buf *out);

#endif
