#include "base/arena.h"
#include "cel/lib/libraries.h"
#include "cel/regex/regex.h"

/* https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-regex-library */

static const void *prepare_pattern(const struct cel_value *const *args, struct arena *arena,
                                   struct view *why)
{
    if (!args[1] || args[1]->kind != CEL_STRING)
        return NULL;
    return regex_compile(cel_text(*args[1]), REGEX_OFTEN, arena, NULL, why);
}

/* Begins to look for matches; -1 with *error. */
static int begin(struct cel_run *run, const struct cel_value *args, struct regex_walk *walk,
                 struct cel_value *error)
{
    struct view why = {NULL, 0};

    *walk = (struct regex_walk){.regex = run->prepared, .text = cel_text(args[0])};
    if (!walk->regex)
        walk->regex = regex_compile(cel_text(args[1]), REGEX_ONCE, run->arena, run->budget, &why);
    if (walk->regex && cel_run_room(run))
        return 0;
    if (why.p)
        *error = cel_fail(run, "Illegal regex: ", why);
    else
        *error = cel_no_memory(run);
    return -1;
}

static struct cel_value undecided(struct cel_run *run)
{
    return cel_step(run, 0) ? cel_no_memory(run) : cel_null();
}

static struct cel_value call_find(struct cel_run *run, const struct cel_value *args)
{
    struct view found = VIEW("");
    struct regex_walk walk;
    struct cel_value error;

    if (begin(run, args, &walk, &error) < 0)
        return error;
    switch (regex_next(&walk, run->room, &found)) {
    case REGEX_MATCH: return cel_string(found);
    case REGEX_NO_MATCH: return cel_string(VIEW(""));
    case REGEX_UNDECIDED: break;
    }
    return undecided(run);
}

/* All matches, or the first `most` of them; negative: all. */
static struct cel_value find_all(struct cel_run *run, const struct cel_value *args, int64_t most)
{
    enum regex_result result = REGEX_MATCH;
    struct cel_list *list = cel_list_create(run, 4);
    struct view found = VIEW("");
    struct regex_walk walk;
    struct cel_value error;
    size_t room = 4;

    if (!list || begin(run, args, &walk, &error) < 0)
        return list ? error : cel_null();
    while ((most < 0 || list->count < (uint64_t)most) &&
           (result = regex_next(&walk, run->room, &found)) == REGEX_MATCH) {
        if (list->count == room) {
            struct cel_list *more = cel_list_create(run, 2 * room);

            if (!more)
                return cel_null();
            memcpy(more->items, list->items, room * sizeof(*list->items));
            more->count = room;
            room *= 2;
            list = more;
        }
        list->items[list->count++] = cel_string(found);
    }
    return result == REGEX_UNDECIDED ? undecided(run) : cel_of_list(list);
}

static struct cel_value call_find_all(struct cel_run *run, const struct cel_value *args)
{
    return find_all(run, args, -1);
}

static struct cel_value call_find_some(struct cel_run *run, const struct cel_value *args)
{
    return find_all(run, args, args[2].i);
}

/* The text's tenth times a quarter of the pattern. */
static uint64_t cost_find(const struct cel_value *args, const struct cel_value *result, bool sure)
{
    uint64_t pattern = cel_cost_size(args[1]);

    (void)result, (void)sure;
    return cel_cost_tenth(cel_cost_size(args[0]) + 1) * (pattern / 4 + (pattern % 4 > 0));
}

static const struct cel_function rows[] = {
    {.signature = "(string).find(string) -> string",
     .call = call_find,
     .cost = cost_find,
     .prepare = prepare_pattern},
    {.signature = "(string).findAll(string) -> list(string)",
     .call = call_find_all,
     .cost = cost_find,
     .prepare = prepare_pattern},
    {.signature = "(string).findAll(string, int) -> list(string)",
     .call = call_find_some,
     .cost = cost_find,
     .prepare = prepare_pattern},
};

const struct cel_library cel_lib_kube_regex = {"Kubernetes' regex", rows,
                                               sizeof(rows) / sizeof(rows[0]), NULL};
