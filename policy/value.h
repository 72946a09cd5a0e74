#ifndef TG_POLICY_VALUE_H
#define TG_POLICY_VALUE_H

#include "base/view.h"

struct arena;
struct yyjson_val;

/* A value of an object as text: what is compared, matched and shown. Numbers are the shortest that
 * read back as they are; lists and maps are shown as what they are ("a list of 3"). The view is of
 * the document, a constant or the arena; absent when memory is out. Any thread. */
struct view value_text(struct yyjson_val *value, struct arena *arena);

#endif
