#ifndef TG_POLICY_OBJECT_VALUE_H
#define TG_POLICY_OBJECT_VALUE_H

#include "base/text/float_text.h"
#include "base/view.h"

#include <stdbool.h>
#include <stdint.h>

struct arena;
struct node;
struct yyjson_val;

/* A number as what it is, however it was written: 3, 3.0 and 3e0 are one, 2^53 and 2^53 + 1 are
 * two, and -0 is 0. What is whole and fits 64 bits stands in `size`, all else in `real`. */
struct number {
    bool whole;
    bool negative;
    uint64_t size;
    double real;
};

struct number value_of_integer(int64_t value);

/* The number of a value. False, with *out untouched, when it is not a number, or NULL. Any
 * thread. */
bool value_number(struct yyjson_val *value, struct number *out);

/* A number as text, the shortest that reads back as it is: 3, also of 3.0. In room. Any thread. */
enum { VALUE_NUMBER_ROOM = FLOAT_TEXT_ROOM };
struct view value_number_text(struct yyjson_val *number, char room[static VALUE_NUMBER_ROOM]);

/* Whether two numbers are the same one, exactly. */
bool value_number_eq(struct number a, struct number b);

/* Whether a value of an object is the scalar of a rule: a number as a number, text as text; 1 is
 * not "1", and null is nothing. Any thread. */
bool value_is(struct yyjson_val *value, const struct node *scalar);

/* A value of an object as text: what is matched and shown. Numbers are the shortest that read back
 * as they are; lists and maps are shown as what they are ("a list of 3"): never compare by it. The
 * view is of the document, a constant or the arena; absent when memory runs out. Any thread. */
struct view value_text(struct yyjson_val *value, struct arena *arena);

/* The same, in quotes where it is text that could be taken for another value, as rule files are
 * written: "3", "true" and "", and also "nothing", which a message says of what is absent. */
struct view value_quoted(struct yyjson_val *value, struct arena *arena);

#endif
