#ifndef TG_CEL_LIB_ORDERED_H
#define TG_CEL_LIB_ORDERED_H

#include "cel/value.h"

struct cel_run;

/* isGreaterThan, isLessThan and compareTo, the calls of rows whose two arguments are objects of one
 * class that has an order. */
struct cel_value ordered_greater(struct cel_run *run, const struct cel_value *args);
struct cel_value ordered_less(struct cel_run *run, const struct cel_value *args);
struct cel_value ordered_compare(struct cel_run *run, const struct cel_value *args);

#endif
