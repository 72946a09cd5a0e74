#include "base/arena.h"
#include "base/text/utf8.h"
#include "cel/lib/libraries.h"
#include "cel/regex/regex.h"

/* size, and what every CEL has for strings. */

static struct cel_value call_size(struct cel_run *run, const struct cel_value *args)
{
    if (args->kind == CEL_STRING) {
        if (!cel_step(run, args->n / 64))
            return cel_null();
        return cel_int((int64_t)utf8_count(cel_text(*args)));
    }
    if (args->kind == CEL_BYTES)
        return cel_int(args->n);
    if (args->kind == CEL_LIST || args->kind == CEL_MAP)
        return cel_int((int64_t)cel_count(*args));
    return cel_no_overload(run);
}

static struct cel_value call_contains(struct cel_run *run, const struct cel_value *args)
{
    if (!cel_step(run, args[0].n / 64))
        return cel_null();
    return cel_bool(args[1].n == 0 ||
                    memmem(args[0].text, args[0].n, args[1].text, args[1].n) != NULL);
}

static struct cel_value call_starts(struct cel_run *run, const struct cel_value *args)
{
    (void)run;
    return cel_bool(args[0].n >= args[1].n && memcmp(args[0].text, args[1].text, args[1].n) == 0);
}

static struct cel_value call_ends(struct cel_run *run, const struct cel_value *args)
{
    (void)run;
    return cel_bool(args[0].n >= args[1].n &&
                    memcmp(args[0].text + args[0].n - args[1].n, args[1].text, args[1].n) == 0);
}

/* --- regular expressions ---------------------------------------------------------------------- */

static const void *prepare_pattern(const struct cel_value *const *args, struct arena *arena,
                                   struct view *why)
{
    if (!args[1] || args[1]->kind != CEL_STRING)
        return NULL;
    return regex_compile(cel_text(*args[1]), REGEX_OFTEN, arena, NULL, why);
}

static struct cel_value call_matches(struct cel_run *run, const struct cel_value *args)
{
    const struct regex *regex = run->prepared;
    struct regex_room *room = cel_run_room(run);
    struct view why;

    if (!regex && room) {
        regex = regex_compile(cel_text(args[1]), REGEX_ONCE, run->arena, run->budget, &why);
        if (!regex && why.p)
            return cel_fail(run, "", why);
    }
    if (!regex || !room)
        return cel_step(run, 0) ? cel_no_memory(run) : cel_null();
    switch (regex_match(regex, cel_text(args[0]), room)) {
    case REGEX_MATCH: return cel_bool(true);
    case REGEX_NO_MATCH: return cel_bool(false);
    case REGEX_UNDECIDED: break;
    }
    return cel_step(run, 0) ? cel_no_memory(run) : cel_null();
}

/* --- costs ------------------------------------------------------------------------------------ */

static uint64_t cost_contains(const struct cel_value *args, const struct cel_value *result,
                              bool sure)
{
    (void)result, (void)sure;
    return cel_cost_tenth(cel_cost_size_within(args[0])) *
           cel_cost_tenth(cel_cost_size_within(args[1]));
}

/* The end of a text is told from its own length. */
static uint64_t cost_part(const struct cel_value *args, const struct cel_value *result, bool sure)
{
    (void)result, (void)sure;
    return cel_cost_tenth(cel_cost_size_within(args[0]));
}

/* The text's tenth times a quarter of the pattern. */
static uint64_t cost_matches(const struct cel_value *args, const struct cel_value *result,
                             bool sure)
{
    uint64_t pattern = cel_cost_size_within(args[1]);

    (void)result, (void)sure;
    return cel_cost_tenth(cel_cost_size_within(args[0]) + 1) * (pattern / 4 + (pattern % 4 > 0));
}

/* --- rows ------------------------------------------------------------------------------------- */

#define SIZE(signature_)                                                                           \
    {                                                                                              \
        .signature = (signature_), .call = call_size, .loose = true                                \
    }

static const struct cel_function rows[] = {
    SIZE("size(bytes) -> int"),
    SIZE("(bytes).size() -> int"),
    SIZE("size(list(A)) -> int"),
    SIZE("(list(A)).size() -> int"),
    SIZE("size(map(A, B)) -> int"),
    SIZE("(map(A, B)).size() -> int"),
    SIZE("size(string) -> int"),
    SIZE("(string).size() -> int"),
    {.signature = "(string).contains(string) -> bool",
     .call = call_contains,
     .cost = cost_contains},
    {.signature = "(string).endsWith(string) -> bool", .call = call_ends, .cost = cost_part},
    {.signature = "matches(string, string) -> bool",
     .call = call_matches,
     .prepare = prepare_pattern},
    {.signature = "(string).matches(string) -> bool",
     .call = call_matches,
     .cost = cost_matches,
     .prepare = prepare_pattern},
    {.signature = "(string).startsWith(string) -> bool", .call = call_starts, .cost = cost_part},
};

const struct cel_library cel_lib_strings_standard = {"strings of every CEL", rows,
                                                     sizeof(rows) / sizeof(rows[0]), NULL};
