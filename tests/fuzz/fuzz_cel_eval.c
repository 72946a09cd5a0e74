/* The first line is an expression, the rest the JSON of its variable `object`. */
#include "base/arena.h"
#include "base/budget.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/json/json.h"
#include "cel/program.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST_NANOSECONDS = 200 * 1000 * 1000, MOST_COST = 1000000, ARENA = 64 * 1024 * 1024 };

static void evaluate(const struct cel_program *program, struct view json, struct arena *arena)
{
    struct budget budget = {.cpu_deadline = clock_thread_ns() + MOST_NANOSECONDS};
    yyjson_alc memory = json_memory(arena);
    yyjson_doc *doc = yyjson_read_opts((char *)(uintptr_t)json.p, json.n, 0, &memory, NULL);
    struct cel_value object = cel_of_json(yyjson_doc_get_root(doc));
    struct cel_run run = {
        .arena = arena, .budget = &budget, .cost_limit = MOST_COST, .variables = &object};
    struct cel_value value = cel_eval(program, &run);
    struct buf out;

    buf_init(&out, ARENA);
    if (value.kind == CEL_ERROR)
        buf_add_str(&out, run.halted ? run.halted : "");
    if (value.kind == CEL_ERROR && !run.halted)
        cel_error_write(value.error, &out);
    if (value.kind != CEL_ERROR)
        cel_write(value, &out);
    buf_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct cel_variable variables[] = {{"object", &cel_type_dyn}};
    static struct arena own;
    static const struct cel_env *env;
    struct cel_source source = {{NULL, 0}, NULL, variables, 1, NULL};
    const struct cel_program *program;
    struct cel_issues issues;
    struct arena arena;
    struct view json;

    if (!env) {
        arena_init(&own, ARENA);
        env = cel_env_create(CEL_NEWEST, NULL, 0, &own);
    }
    source.env = env;
    arena_init(&arena, ARENA);
    cel_issues_init(&issues, &arena);
    view_cut((struct view){(const char *)data, size}, '\n', &source.text, &json);
    program = cel_compile(&source, &arena, &issues);
    if (program)
        evaluate(program, json, &arena);
    arena_release(&arena);
    return 0;
}
