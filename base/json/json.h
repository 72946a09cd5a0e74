#ifndef TG_BASE_JSON_JSON_H
#define TG_BASE_JSON_JSON_H

#include "base/view.h"

#include <yyjson.h>

struct arena;
struct buf;
struct json_t;

/* Memory for yyjson that comes from an arena: documents read or written with it live as long as the
 * arena, and are not freed by themselves. */
yyjson_alc json_memory(struct arena *arena);

/* The text of a string; absent for anything else and for NULL. (yyjson gives a list or map a length
 * and no text.) The view is of the document. Any thread. */
struct view json_text_of(yyjson_val *value);

/* The string at a map's key; the absent view when map is not a map, or the value is not a
 * string. */
struct view json_text(yyjson_val *map, const char *key);

/* Appends the text of a JSON value that begins like this, as far as its parts are whole: what is
 * begun and has no end is left out, and what is open is closed. Nothing when nothing is whole, or
 * it nests deeper than LIMIT_JSON_DEPTH. Reads each byte once. */
void json_add_beginning(struct view beginning, struct buf *out);

/* A copy that jansson can change and write: entries in their order, integers as integers (those
 * beyond int64 as reals). The caller's; NULL when memory runs out, when value is NULL, or nests
 * deeper than LIMIT_JSON_DEPTH. Any thread. */
struct json_t *json_of_value(yyjson_val *value);

/* The string at a key of one of jansson's maps, or "" when there is none. */
const char *json_string_at(const struct json_t *map, const char *key);

#endif
