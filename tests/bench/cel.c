/* usage: cel FILE
 * Times the expressions of a file (cel.json) over its object: one line each, nanoseconds of an
 * evaluation, the least of several rounds, and the expression; then microseconds to compile one. */
#include "base/arena.h"
#include "base/clock.h"
#include "cel/program.h"

#include <stdio.h>
#include <stdlib.h>

enum { ROUNDS = 7, EVALUATIONS = 20000, COMPILES = 1000, ROOM = 64 * 1024 * 1024 };

static const struct cel_variable variables[] = {{"object", &cel_type_dyn}};

static const struct cel_program *compile(const struct cel_env *env, yyjson_val *text,
                                         struct arena *arena)
{
    struct cel_source source = {
        {yyjson_get_str(text), yyjson_get_len(text)}, env, variables, 1, NULL};
    struct cel_issues issues;
    const struct cel_program *program;

    cel_issues_init(&issues, arena);
    program = cel_compile(&source, arena, &issues);
    if (!program) {
        fprintf(stderr, "%s: %.*s\n", yyjson_get_str(text), VIEW_ARGS(issues.first->message));
        exit(2);
    }
    return program;
}

/* Each evaluation has the arena of its review, which is emptied now and then. */
static double evaluate(const struct cel_program *program, struct cel_value object)
{
    struct arena arena;
    int64_t before, took;

    arena_init(&arena, ROOM);
    before = clock_thread_ns();
    for (int i = 0; i < EVALUATIONS; i++) {
        struct cel_run run = {.arena = &arena, .variables = &object, .cost_limit = 1000000};

        if (cel_eval(program, &run).kind == CEL_ERROR)
            exit(2);
        if (i % 100 == 99)
            arena_release(&arena);
    }
    took = clock_thread_ns() - before;
    arena_release(&arena);
    return (double)took / EVALUATIONS;
}

static double compile_all(const struct cel_env *env, yyjson_val *list)
{
    int64_t before = clock_thread_ns();
    struct arena arena;

    arena_init(&arena, ROOM);
    for (size_t i = 0; i < COMPILES; i++)
        compile(env, yyjson_arr_get(list, i % yyjson_arr_size(list)), &arena);
    arena_release(&arena);
    return (double)(clock_thread_ns() - before) / COMPILES / 1000;
}

int main(int argc, char **argv)
{
    yyjson_doc *doc = argc == 2 ? yyjson_read_file(argv[1], 0, NULL, NULL) : NULL;
    yyjson_val *root = yyjson_doc_get_root(doc), *list = yyjson_obj_get(root, "expressions");
    struct cel_value object = cel_of_json(yyjson_obj_get(root, "object"));
    const struct cel_env *env;
    struct arena arena;

    arena_init(&arena, ROOM);
    env = cel_env_create(CEL_NEWEST, NULL, 0, &arena);
    if (!doc || !env)
        return 2;
    for (size_t i = 0; i < yyjson_arr_size(list); i++) {
        yyjson_val *text = yyjson_arr_get(list, i);
        const struct cel_program *program = compile(env, text, &arena);
        double least = evaluate(program, object);

        for (int round = 1; round < ROUNDS; round++) {
            double took = evaluate(program, object);

            least = took < least ? took : least;
        }
        printf("%.0f %s\n", least, yyjson_get_str(text));
    }
    printf("%.1f us to compile one\n", compile_all(env, list));
    arena_release(&arena);
    yyjson_doc_free(doc);
    return 0;
}
