#include "cel/run.h"

#include "base/arena.h"
#include "base/budget.h"
#include "cel/regex/regex.h"

#include <stdarg.h>

static const struct cel_error no_memory = {
    "the evaluation takes more memory than it may", {NULL, 0}, CEL_NOWHERE};

struct cel_value cel_fail(struct cel_run *run, const char *what, struct view about)
{
    struct cel_error *error = arena_grow(run->arena, NULL, 0, sizeof(*error));

    if (!error)
        return cel_no_memory(run);
    *error = (struct cel_error){what, about, run->at};
    return cel_of_error(error);
}

struct cel_value cel_failf(struct cel_run *run, const char *format, ...)
{
    struct view text;
    va_list args;

    va_start(args, format);
    text = arena_vprintf(run->arena, format, args);
    va_end(args);
    return text.p ? cel_fail(run, text.p, (struct view){NULL, 0}) : cel_no_memory(run);
}

struct cel_value cel_halt(struct cel_run *run, const char *why)
{
    if (!run->halted)
        run->halted = why;
    return cel_of_error(&no_memory);
}

struct cel_value cel_no_memory(struct cel_run *run)
{
    return cel_halt(run, no_memory.what);
}

struct cel_value cel_no_overload(struct cel_run *run)
{
    return cel_fail(run, "no such overload", (struct view){NULL, 0});
}

bool cel_step(struct cel_run *run, uint64_t n)
{
    if (run->halted)
        return false;
    if (budget_take(run->budget, n))
        return true;
    run->halted = run->budget->over;
    return false;
}

struct regex_room *cel_run_room(struct cel_run *run)
{
    if (!run->room)
        run->room = arena_alloc(run->arena, sizeof(*run->room));
    if (!run->room) {
        cel_no_memory(run);
        return NULL;
    }
    run->room->arena = run->arena;
    run->room->budget = run->budget;
    return run->room;
}

struct cel_value cel_optional(struct cel_run *run, struct cel_value value)
{
    struct cel_value *some = arena_grow(run->arena, NULL, 0, sizeof(*some));

    if (!some)
        return cel_no_memory(run);
    *some = value;
    return cel_some(some);
}

struct cel_list *cel_list_create(struct cel_run *run, size_t room)
{
    struct cel_list *list;

    if (room > SIZE_MAX / sizeof(struct cel_value) - 1) {
        cel_no_memory(run);
        return NULL;
    }
    list = arena_grow(run->arena, NULL, 0, sizeof(*list) + room * sizeof(struct cel_value));
    if (!list)
        cel_no_memory(run);
    else
        list->count = 0;
    return list;
}
