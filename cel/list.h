#ifndef TG_CEL_LIST_H
#define TG_CEL_LIST_H

#include "cel/value.h"

struct cel_run;

/* Lists and maps, however they are held. With a run whose budget is over, nothing more is found. */

/* How many elements or entries; of anything else 0. Pure; any thread. */
size_t cel_count(struct cel_value v);

/* The element of a list; i is below its count. */
struct cel_value cel_list_at(struct cel_run *run, struct cel_value list, size_t i);

/* Looks at each element, or each key and its value:
 *
 *     struct cel_iter iter = cel_iter(v);
 *     while (cel_iter_next(&iter))
 *         use(iter.key, iter.value);
 *
 * Of a list `key` is the index, a CEL_INT. What is neither list nor map has nothing. Whoever has a
 * run asks cel_step at each. Pure; any thread. */
struct cel_iter {
    struct cel_value key, value;
    struct cel_value of;   /* the whole */
    struct cel_value leaf; /* the part that is gone through at present: no CEL_FORM_JOIN */
    size_t index;          /* of what comes next in the whole */
    size_t i, count;       /* of what comes next in the part; of its elements */
    yyjson_val *next;      /* the same, of a document */
    yyjson_val *json;      /* where `value` stands in a document; NULL: in none */
};

struct cel_iter cel_iter(struct cel_value v);
bool cel_iter_next(struct cel_iter *iter);

/* The value at a key of a map; false when there is none. Whole numbers that are equal are one key,
 * whatever their kinds. */
bool cel_map_get(struct cel_run *run, struct cel_value map, struct cel_value key,
                 struct cel_value *value);

/* The value of a map at a key that is a string. */
bool cel_map_field(struct cel_run *run, struct cel_value map, struct view name,
                   struct cel_value *value);

#endif
