#ifndef TG_CEL_ENV_H
#define TG_CEL_ENV_H

#include "cel/function.h"
#include "cel/type.h"

struct arena;

/* The functions that an expression may call, as one version of Kubernetes has them. Never changes
 * once it is made; any number of threads may share it. */
struct cel_env;

/* The oldest and the newest 1.x whose functions are known. */
enum { CEL_OLDEST = 30, CEL_NEWEST = 35 };

/* The functions of Kubernetes 1.minor: of cel_libraries (cel/lib/), and of more, an array of count
 * libraries of the caller. It lives as long as the arena. NULL when the arena is full, or a
 * signature is none, which a test rules out. */
const struct cel_env *cel_env_create(unsigned minor, const struct cel_library *const *more,
                                     size_t count, struct arena *arena);

/* What an expression may read, and its type. */
struct cel_variable {
    const char *name;
    const struct cel_type *type;
};

#endif
