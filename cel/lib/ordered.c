#include "cel/lib/ordered.h"

/* -1, 0 or 1. */
static int order(const struct cel_value *args)
{
    int o = args[0].object->class->order(args[0].object, args[1].object);

    return (o > 0) - (o < 0);
}

struct cel_value ordered_greater(struct cel_run *run, const struct cel_value *args)
{
    (void)run;
    return cel_bool(order(args) > 0);
}

struct cel_value ordered_less(struct cel_run *run, const struct cel_value *args)
{
    (void)run;
    return cel_bool(order(args) < 0);
}

struct cel_value ordered_compare(struct cel_run *run, const struct cel_value *args)
{
    (void)run;
    return cel_int(order(args));
}
