#ifndef TG_CEL_CHECK_OVERLOAD_H
#define TG_CEL_CHECK_OVERLOAD_H

#include "cel/function.h"
#include "cel/type.h"

#include <stdbool.h>

struct arena;

/* What the environment makes of the rows. */

enum { CEL_ARGS = 6, CEL_PARAMS = 27 };

struct cel_overload {
    const struct cel_function *row;
    struct view name; /* of the function */
    bool member;      /* args[0] stands before the name */
    bool generic;     /* it has letters */
    size_t order;     /* among all rows of the environment */
    unsigned count;
    const struct cel_type *args[CEL_ARGS];
    const struct cel_type *result;
};

/* The rows of one function, those of later versions of Kubernetes too. */
struct cel_named {
    struct view name;
    const struct cel_overload *rows;
    size_t count;
};

/* The rows among which a call chooses. */
struct cel_set {
    size_t count;
    const struct cel_overload *rows[];
};

struct cel_env {
    unsigned minor;
    const struct cel_named *functions; /* by name */
    size_t function_count;
    const struct cel_class *const *classes;
    size_t class_count;
};

/* The function of that name, or NULL. */
const struct cel_named *cel_env_function(const struct cel_env *env, struct view name);

/* The type that a name in an expression stands for, as in type(x) == int; or NULL. */
const struct cel_type *cel_env_type(const struct cel_env *env, struct view name);

/* Reads a signature (cel/function.h). -1 when it is none. */
int cel_signature(const struct cel_env *env, const struct cel_function *row, struct arena *arena,
                  struct cel_overload *overload);

/* Reads a type as signatures have it; NULL when text, which is NUL-terminated, is none. */
const struct cel_type *cel_type_read(const struct cel_env *env, const char *text,
                                     struct arena *arena);

/* Whether a call with these values is one of the row's. */
bool cel_overload_fits(const struct cel_overload *overload, const struct cel_value *args);

#endif
