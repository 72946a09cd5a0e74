/* An expression, checked and compiled, over variables of many types. */
#include "base/arena.h"
#include "cel/program.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ARENA = 64 * 1024 * 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct cel_variable variables[] = {
        {"object", &cel_type_dyn},  {"i", &cel_type_int},      {"u", &cel_type_uint},
        {"s", &cel_type_string},    {"list", &cel_type_list},  {"map", &cel_type_map},
        {"t", &cel_type_timestamp}, {"o", &cel_type_optional},
    };
    static struct arena own;
    static const struct cel_env *env;
    struct cel_source source = {{(const char *)data, size},
                                NULL,
                                variables,
                                sizeof(variables) / sizeof(variables[0]),
                                NULL};
    struct cel_issues issues;
    struct arena arena;

    if (!env) {
        arena_init(&own, ARENA);
        env = cel_env_create(CEL_NEWEST, NULL, 0, &own);
    }
    source.env = env;
    arena_init(&arena, ARENA);
    cel_issues_init(&issues, &arena);
    if (!cel_compile(&source, &arena, &issues) && issues.count == 0)
        abort();
    arena_release(&arena);
    return 0;
}
