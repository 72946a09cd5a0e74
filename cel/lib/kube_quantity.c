#include "base/arena.h"
#include "base/buf.h"
#include "base/parse_error.h"
#include "cel/lib/libraries.h"
#include "cel/lib/ordered.h"
#include "cel/text/amount.h"

/* https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-quantity-library */

struct quantity_object {
    struct cel_object object;
    struct amount amount;
};

static const struct amount *amount_in(const struct cel_object *object)
{
    return &((const struct quantity_object *)(const void *)object)->amount;
}

static int order(const struct cel_object *a, const struct cel_object *b)
{
    return amount_cmp(amount_in(a), amount_in(b));
}

static bool equal(const struct cel_object *a, const struct cel_object *b)
{
    return order(a, b) == 0;
}

static const struct cel_class class;
static const struct cel_type type = {
    .kind = CEL_TYPE_OBJECT, .name = "kubernetes.Quantity", .class = &class};
static const struct cel_class class = {
    .name = "kubernetes.Quantity", .type = &type, .equal = equal, .order = order};

static struct cel_value of_amount(struct cel_run *run, const struct amount *amount)
{
    struct quantity_object *object = arena_alloc(run->arena, sizeof(*object));

    if (!object)
        return cel_no_memory(run);
    *object = (struct quantity_object){{&class}, *amount};
    return cel_of_object(&object->object);
}

static struct cel_value call_quantity(struct cel_run *run, const struct cel_value *args)
{
    struct parse_error error;
    struct amount amount;

    if (amount_parse(cel_text(*args), &amount, &error) == 0)
        return of_amount(run, &amount);
    return cel_failf(run, "\"%.*s\" is not a quantity: %s",
                     VIEW_ARGS(view_first(cel_text(*args), 128)), error.why);
}

static struct cel_value call_is_quantity(struct cel_run *run, const struct cel_value *args)
{
    struct parse_error error;
    struct amount amount;

    (void)run;
    return cel_bool(amount_parse(cel_text(*args), &amount, &error) == 0);
}

static struct cel_value call_sign(struct cel_run *run, const struct cel_value *args)
{
    (void)run;
    return cel_int(amount_sign(amount_in(args->object)));
}

static struct cel_value call_float(struct cel_run *run, const struct cel_value *args)
{
    (void)run;
    return cel_double(amount_float(amount_in(args->object)));
}

static struct cel_value call_integer(struct cel_run *run, const struct cel_value *args)
{
    int64_t n;

    if (amount_integer(amount_in(args->object), &n))
        return cel_int(n);
    return cel_fail(run, "cannot convert value to integer", (struct view){NULL, 0});
}

static struct cel_value call_is_integer(struct cel_run *run, const struct cel_value *args)
{
    int64_t n;

    (void)run;
    return cel_bool(amount_integer(amount_in(args->object), &n));
}

/* The other one is a quantity or an int. */
static struct cel_value add(struct cel_run *run, const struct cel_value *args, bool subtract)
{
    struct amount other, sum;

    if (args[1].kind == CEL_INT)
        other = amount_of_int(args[1].i);
    else
        other = *amount_in(args[1].object);
    if (amount_add(amount_in(args[0].object), &other, subtract, &sum) < 0)
        return cel_fail(run, "the sum of the quantities has too many digits",
                        (struct view){NULL, 0});
    return of_amount(run, &sum);
}

static struct cel_value call_add(struct cel_run *run, const struct cel_value *args)
{
    return add(run, args, false);
}

static struct cel_value call_sub(struct cel_run *run, const struct cel_value *args)
{
    return add(run, args, true);
}

#define QUANTITY "kubernetes.Quantity"

static const struct cel_function rows[] = {
    {.signature = "quantity(string) -> " QUANTITY,
     .call = call_quantity,
     .cost = cel_cost_text,
     .since = 28},
    {.signature = "isQuantity(string) -> bool",
     .call = call_is_quantity,
     .cost = cel_cost_text,
     .since = 28},
    {.signature = "sign(" QUANTITY ") -> int", .call = call_sign, .since = 28},
    {.signature = "(" QUANTITY ").isGreaterThan(" QUANTITY ") -> bool",
     .call = ordered_greater,
     .since = 28},
    {.signature = "(" QUANTITY ").isLessThan(" QUANTITY ") -> bool",
     .call = ordered_less,
     .since = 28},
    {.signature = "(" QUANTITY ").compareTo(" QUANTITY ") -> int",
     .call = ordered_compare,
     .since = 28},
    {.signature = "(" QUANTITY ").asApproximateFloat() -> double", .call = call_float, .since = 28},
    {.signature = "(" QUANTITY ").asInteger() -> int", .call = call_integer, .since = 28},
    {.signature = "(" QUANTITY ").isInteger() -> bool", .call = call_is_integer, .since = 28},
    {.signature = "(" QUANTITY ").add(" QUANTITY ") -> " QUANTITY, .call = call_add, .since = 28},
    {.signature = "(" QUANTITY ").add(int) -> " QUANTITY, .call = call_add, .since = 28},
    {.signature = "(" QUANTITY ").sub(" QUANTITY ") -> " QUANTITY, .call = call_sub, .since = 28},
    {.signature = "(" QUANTITY ").sub(int) -> " QUANTITY, .call = call_sub, .since = 28},
};

static const struct cel_class *const classes[] = {&class, NULL};

const struct cel_library cel_lib_kube_quantity = {"Kubernetes' quantities", rows,
                                                  sizeof(rows) / sizeof(rows[0]), classes};
