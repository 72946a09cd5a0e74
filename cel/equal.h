#ifndef TG_CEL_EQUAL_H
#define TG_CEL_EQUAL_H

#include "cel/value.h"

struct cel_run;

/* Whether two values, neither an error, are equal: numbers by their value whatever their kinds,
 * lists and maps by what is in them; values of other kinds that differ are unequal. NaN equals
 * nothing. Halts the run, and answers false, when its budget is over. */
bool cel_equal(struct cel_run *run, struct cel_value a, struct cel_value b);

/* The same with what `==` makes of an object of a library beside anything else, an error. As in
 * cel-go, that makes no list or map that it is in unequal. */
enum cel_equality { CEL_UNEQUAL, CEL_EQUAL, CEL_INCOMPARABLE };
enum cel_equality cel_equality(struct cel_run *run, struct cel_value a, struct cel_value b);

/* Less than, equal to or greater than 0 in *order; false when the two have no order: a list, or a
 * string and a number. NaN is neither less nor greater than anything, and so 0. */
bool cel_compare(struct cel_value a, struct cel_value b, int *order);

#endif
