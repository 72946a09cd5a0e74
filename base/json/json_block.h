#ifndef TG_BASE_JSON_JSON_BLOCK_H
#define TG_BASE_JSON_JSON_BLOCK_H

#include "base/view.h"

struct arena;
struct yyjson_val;

/* A parsed JSON value as one block of bytes without pointers, so that it can be kept, compared and
 * copied as bytes, and read again without being parsed. All functions are pure; any thread. */

/* The block of a value of an immutable document, with all that is in it, made in the arena. The
 * absent view when memory runs out. */
struct view json_block_write(struct yyjson_val *value, struct arena *arena);

/* The value of a block, in place: the block is the caller's own copy, aligned for any type, is
 * opened once, and lives as long as the value. NULL when the block is absent. */
struct yyjson_val *json_block_open(struct view block);

#endif
