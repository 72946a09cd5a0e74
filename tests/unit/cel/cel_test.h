#ifndef TG_TESTS_UNIT_CEL_CEL_TEST_H
#define TG_TESTS_UNIT_CEL_CEL_TEST_H

/* What an expression gives, as one line, for tables of cases. */

#include "base/arena.h"
#include "base/buf.h"
#include "base/json/json.h"
#include "cel/program.h"

#include <stdio.h>

enum { CEL_TEST_ROOM = 128 * 1024, CEL_TEST_ARENA = 64 * 1024 * 1024 };

struct cel_test {
    struct arena arena;
    char text[CEL_TEST_ROOM];
    uint64_t cost; /* of the last evaluation */
};

static inline void cel_test_set(struct cel_test *t, struct view text, const char *before)
{
    snprintf(t->text, sizeof(t->text), "%s%.*s", before, VIEW_ARGS(text));
}

/* The value as cel_write has it, "error: ..." or "issue: ..." (the first) and its hint in brackets.
 * `object` is a variable of type dyn: JSON, or NULL for null. */
static inline const char *cel_test_eval(struct cel_test *t, unsigned minor, const char *expression,
                                        const char *object)
{
    static const struct cel_variable variables[] = {{"object", &cel_type_dyn}};
    struct cel_source source = {view_of(expression), NULL, variables, 1, NULL};
    struct cel_value object_value = cel_null(), value;
    struct cel_run run = {.arena = &t->arena, .variables = &object_value};
    const struct cel_program *program;
    struct cel_issues issues;
    struct buf out;

    arena_init(&t->arena, CEL_TEST_ARENA);
    buf_init(&out, CEL_TEST_ROOM);
    source.env = cel_env_create(minor, NULL, 0, &t->arena);
    if (object) {
        yyjson_alc alc = json_memory(&t->arena);
        char *text = arena_str(&t->arena, view_of(object));

        object_value =
            cel_of_json(yyjson_doc_get_root(yyjson_read_opts(text, strlen(text), 0, &alc, NULL)));
    }
    cel_issues_init(&issues, &t->arena);
    program = cel_compile(&source, &t->arena, &issues);
    if (!program) {
        buf_add(&out, issues.first->message);
        if (issues.first->hint.p)
            buf_printf(&out, " (%.*s)", VIEW_ARGS(issues.first->hint));
        cel_test_set(t, buf_view(&out), "issue: ");
    } else {
        value = cel_eval(program, &run);
        if (run.halted)
            buf_add_str(&out, run.halted);
        else if (value.kind == CEL_ERROR)
            cel_error_write(value.error, &out);
        else
            cel_write(value, &out);
        cel_test_set(t, buf_view(&out), value.kind == CEL_ERROR ? "error: " : "");
    }
    t->cost = run.cost;
    buf_release(&out);
    arena_release(&t->arena);
    return t->text;
}

#endif
