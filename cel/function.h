#ifndef TG_CEL_FUNCTION_H
#define TG_CEL_FUNCTION_H

#include "cel/list.h"
#include "cel/run.h"
#include "cel/value.h"

#include <stdint.h>

struct arena;

/* What a call is made of: as many arguments as the signature has, a receiver first, none of them an
 * error, each of a kind that the signature names. Returns the value, an error (cel_fail), or what
 * cel_halt returns. Any thread, with a run of its own. */
typedef struct cel_value cel_call_fn(struct cel_run *run, const struct cel_value *args);

/* What a call costs, after it was made, in Kubernetes' units. `result` may be an error. When it is
 * not known before the evaluation which of several rows is called, `sure` is false; costs that
 * Kubernetes counts by the row and not by the function are then 1. Arguments may be errors, too. */
typedef uint64_t cel_cost_fn(const struct cel_value *args, const struct cel_value *result,
                             bool sure);

/* Makes something of arguments that are constants, once, when the expression is compiled: a
 * pattern, a time zone. args[i] is NULL where argument i is not a constant. What it returns is
 * handed to each call as run->prepared; it lives in arena and is never changed. NULL: nothing was
 * made, and when *why was set (a text of arena), the constant is wrong, an error of the expression.
 */
typedef const void *cel_prepare_fn(const struct cel_value *const *args, struct arena *arena,
                                   struct view *why);

/* One row: one overload of one function.
 *
 * The signature is as the documentation writes it, a receiver in brackets:
 *     "size(string) -> int"
 *     "(string).startsWith(string) -> bool"
 *     "(list(A)).indexOf(A) -> int"
 *     "ip.isCanonical(string) -> bool"
 *     "(net.IP).family() -> int"
 * with bool int uint double string bytes timestamp duration null type dyn list(T) map(K, V)
 * optional(T), the names of classes of the library, and capital letters, each of which is one type
 * wherever it stands. Rows of one function stand together; the first that fits is called. */
struct cel_function {
    const char *signature;
    cel_call_fn *call;
    cel_cost_fn *cost;       /* NULL: 1 */
    cel_prepare_fn *prepare; /* NULL: nothing */
    unsigned since;          /* the 1.x of Kubernetes that has it first; 0: all have it */
    bool loose;              /* it is called whatever the kinds are, and answers for itself */
};

/* Functions and classes that belong together. */
struct cel_library {
    const char *name;
    const struct cel_function *rows;
    size_t count;
    const struct cel_class *const *classes; /* ends with NULL; NULL: none */
};

/* Costs that many rows share: the length of the first argument (of a string in characters) times
 * 0.1, rounded up; twice that. */
uint64_t cel_cost_text(const struct cel_value *args, const struct cel_value *result, bool sure);
uint64_t cel_cost_text_twice(const struct cel_value *args, const struct cel_value *result,
                             bool sure);

/* A tenth of the bytes of each text in the first argument, rounded down, and 1 of everything else:
 * what Kubernetes counts for a look at all of it. */
uint64_t cel_cost_traversal(const struct cel_value *args, const struct cel_value *result,
                            bool sure);

/* The size that costs are counted by: characters, elements, entries; 1 of everything else. */
uint64_t cel_cost_size(struct cel_value v);

/* The same, of what is in an optional, as cel-go's own functions are counted. */
uint64_t cel_cost_size_within(struct cel_value v);

/* A tenth of size, rounded up. */
uint64_t cel_cost_tenth(uint64_t size);

#endif
