#include "cel_test.h"
#include "cmocka_all.h"

#include <pthread.h>

enum { THREADS = 4, EVALUATIONS = 500 };

static const struct cel_program *program;
static struct cel_value object;

static void *evaluate(void *unused)
{
    struct arena arena;
    size_t right = 0;

    (void)unused;
    arena_init(&arena, CEL_TEST_ARENA);
    for (int i = 0; i < EVALUATIONS; i++) {
        struct cel_run run = {.arena = &arena, .variables = &object};

        right += cel_is_true(cel_eval(program, &run));
        arena_release(&arena);
    }
    return right == EVALUATIONS ? &object : NULL;
}

/* One program, one document, many threads. */
static void program_is_shared(void **state)
{
    static const char json[] = "{\"a\":[{\"n\":\"x\"},{\"n\":\"y\",\"p\":[1,2]}]}";
    static const char expression[] =
        "object.a.exists(c, c.n.matches('^y$') && c.p.map(x, x * 2)[1] in [4, 8]) && "
        "object.a.all(c, c.?p[0].optMap(v, v + 1).orValue(2) == 2) && "
        "timestamp('2023-05-06T07:08:09Z').getHours('Europe/Paris') == 9";
    static const struct cel_variable variables[] = {{"object", &cel_type_dyn}};
    struct cel_source source = {view_of(expression), NULL, variables, 1, NULL};
    yyjson_doc *doc = yyjson_read(json, sizeof(json) - 1, 0);
    struct cel_issues issues;
    pthread_t threads[THREADS];
    struct arena arena;

    (void)state;
    arena_init(&arena, CEL_TEST_ARENA);
    source.env = cel_env_create(35, NULL, 0, &arena);
    cel_issues_init(&issues, &arena);
    program = cel_compile(&source, &arena, &issues);
    assert_non_null(program);
    object = cel_of_json(yyjson_doc_get_root(doc));
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, evaluate, NULL), 0);
    for (int i = 0; i < THREADS; i++) {
        void *done;

        assert_int_equal(pthread_join(threads[i], &done), 0);
        assert_non_null(done);
    }
    yyjson_doc_free(doc);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(program_is_shared),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
