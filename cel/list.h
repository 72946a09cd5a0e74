#ifndef TG_CEL_LIST_H
#define TG_CEL_LIST_H

#include "cel/value.h"

/* Lists and maps, however they are held. All but the iterators are pure; any thread. */

/* How many elements or entries; of anything else 0. */
size_t cel_count(struct cel_value v);

/* The element of a list; i is below its count. Goes through a list of a document from its
 * beginning: use an iterator to look at all. */
struct cel_value cel_list_at(struct cel_value list, size_t i);

/* Looks at each element, or each key and its value:
 *
 *     struct cel_iter iter = cel_iter(v);
 *     while (cel_iter_next(&iter))
 *         use(iter.key, iter.value);
 *
 * Of a list `key` is the index, a CEL_INT. What is neither list nor map has nothing. */
struct cel_iter {
    struct cel_value key, value;
    struct cel_value of;
    size_t i, count;
    yyjson_val *next;                 /* CEL_FORM_JSON */
    const struct cel_join *joins[64]; /* CEL_FORM_JOIN: what is still to come, the last first */
    unsigned join_count;
};

struct cel_iter cel_iter(struct cel_value v);
bool cel_iter_next(struct cel_iter *iter);

/* The value at a key of a map; false when there is none. Numbers that are equal are one key,
 * whatever their kinds. */
bool cel_map_get(struct cel_value map, struct cel_value key, struct cel_value *value);

/* The value at a key of an object of a document, or of any map that has it as a string. */
bool cel_map_field(struct cel_value map, struct view name, struct cel_value *value);

#endif
