#include "base/arena.h"
#include "base/buf.h"
#include "base/text/utf8.h"
#include "cel/lib/libraries.h"
#include "cel/show.h"
#include "cel/text/text.h"

/* https://pkg.go.dev/github.com/google/cel-go@v0.26.0/ext#Strings, in version 2 from
 * Kubernetes 1.29 on. */

static struct cel_value text_or_halt(struct cel_run *run, struct view text)
{
    if (text.p)
        return cel_string(text);
    return cel_step(run, 0) ? cel_no_memory(run) : cel_null();
}

static struct cel_value out_of_range(struct cel_run *run, int64_t index)
{
    return cel_failf(run, "index out of range: %lld", (long long)index);
}

static bool steps(struct cel_run *run, struct cel_value text)
{
    return cel_step(run, 1 + text.n / 64);
}

static struct cel_value call_char_at(struct cel_run *run, const struct cel_value *args)
{
    struct view text = cel_text(args[0]), part;
    size_t size;

    if (!steps(run, args[0]))
        return cel_null();
    if (!text_part(text, args[1].i, -1, &part))
        return out_of_range(run, args[1].i);
    if (part.n == 0)
        return cel_string(VIEW(""));
    utf8_decode(part, 0, &size);
    return cel_string(view_first(part, size));
}

/* Where the second is in the first, looked for from a character on. */
static struct cel_value find(struct cel_run *run, const struct cel_value *args, int64_t from)
{
    int64_t found;

    if (args[1].n == 0)
        return cel_int(from);
    if (from < 0)
        return out_of_range(run, from);
    found = text_find(cel_text(args[0]), cel_text(args[1]), from, run->budget);
    return found == INT64_MIN ? (cel_step(run, 0), cel_null()) : cel_int(found);
}

static struct cel_value call_index_of(struct cel_run *run, const struct cel_value *args)
{
    return find(run, args, 0);
}

static struct cel_value call_index_of_from(struct cel_run *run, const struct cel_value *args)
{
    return find(run, args, args[2].i);
}

static struct cel_value call_last_index_of(struct cel_run *run, const struct cel_value *args)
{
    int64_t found;

    if (args[1].n == 0)
        return cel_int((int64_t)utf8_count(cel_text(args[0])));
    found = text_find_last(cel_text(args[0]), cel_text(args[1]), -1, run->budget);
    return found == INT64_MIN ? (cel_step(run, 0), cel_null()) : cel_int(found);
}

static struct cel_value call_last_index_of_from(struct cel_run *run, const struct cel_value *args)
{
    int64_t found;

    if (args[1].n == 0)
        return cel_int(args[2].i);
    if (args[2].i < 0)
        return out_of_range(run, args[2].i);
    found = text_find_last(cel_text(args[0]), cel_text(args[1]), args[2].i, run->budget);
    return found == INT64_MIN ? (cel_step(run, 0), cel_null()) : cel_int(found);
}

static struct cel_value call_lower(struct cel_run *run, const struct cel_value *args)
{
    if (!steps(run, args[0]))
        return cel_null();
    return text_or_halt(run, text_lower(cel_text(args[0]), run->arena));
}

static struct cel_value call_upper(struct cel_run *run, const struct cel_value *args)
{
    if (!steps(run, args[0]))
        return cel_null();
    return text_or_halt(run, text_upper(cel_text(args[0]), run->arena));
}

static struct cel_value replace(struct cel_run *run, const struct cel_value *args, int64_t n)
{
    return text_or_halt(run, text_replace(cel_text(args[0]), cel_text(args[1]), cel_text(args[2]),
                                          n, run->arena, run->budget));
}

static struct cel_value call_replace(struct cel_run *run, const struct cel_value *args)
{
    return replace(run, args, -1);
}

static struct cel_value call_replace_some(struct cel_run *run, const struct cel_value *args)
{
    return replace(run, args, args[3].i);
}

static struct cel_value split(struct cel_run *run, const struct cel_value *args, int64_t n)
{
    struct text_split count = {.rest = cel_text(args[0]), .by = cel_text(args[1]), .left = n};
    struct text_split parts = count;
    struct cel_list *list;
    struct view part;
    size_t room = 0;

    while (text_split_next(&count, &part)) {
        if (!cel_step(run, 1 + part.n / 64))
            return cel_null();
        room++;
    }
    list = cel_list_create(run, room);
    while (list && list->count < room && text_split_next(&parts, &part))
        list->items[list->count++] = cel_string(part);
    return list ? cel_of_list(list) : cel_null();
}

static struct cel_value call_split(struct cel_run *run, const struct cel_value *args)
{
    return split(run, args, -1);
}

static struct cel_value call_split_some(struct cel_run *run, const struct cel_value *args)
{
    return split(run, args, args[2].i);
}

static struct cel_value call_substring(struct cel_run *run, const struct cel_value *args)
{
    struct view part;

    if (!steps(run, args[0]))
        return cel_null();
    if (!text_part(cel_text(args[0]), args[1].i, -1, &part))
        return out_of_range(run, args[1].i);
    return cel_string(part);
}

static struct cel_value call_substring_range(struct cel_run *run, const struct cel_value *args)
{
    int64_t from = args[1].i, to = args[2].i;
    struct view part;

    if (!steps(run, args[0]))
        return cel_null();
    if (from > to)
        return cel_failf(run, "invalid substring range. start: %lld, end: %lld", (long long)from,
                         (long long)to);
    if (!text_part(cel_text(args[0]), from, -1, &part))
        return out_of_range(run, from);
    if (!text_part(cel_text(args[0]), from, to, &part))
        return out_of_range(run, to);
    return cel_string(part);
}

static struct cel_value call_trim(struct cel_run *run, const struct cel_value *args)
{
    return steps(run, args[0]) ? cel_string(text_trim(cel_text(args[0]))) : cel_null();
}

static struct cel_value call_quote(struct cel_run *run, const struct cel_value *args)
{
    struct view text = {NULL, 0};
    struct buf out;

    if (!steps(run, args[0]))
        return cel_null();
    buf_init(&out, run->arena->limit);
    text_quote(cel_text(args[0]), &out);
    if (!out.failed)
        text = arena_copy(run->arena, buf_view(&out));
    buf_release(&out);
    return text_or_halt(run, text);
}

/* The length of the texts of a list with a text between them. False with *error for what is none.
 */
static bool measure(struct cel_run *run, struct cel_value list, struct view between, size_t *size,
                    struct cel_value *error)
{
    struct cel_iter iter = cel_iter(list);

    *size = 0;
    while (cel_iter_next(&iter)) {
        if (iter.value.kind != CEL_STRING) {
            *error = cel_fail(run, "join: invalid input: ", cel_show(run, iter.value));
            return false;
        }
        *size += iter.value.n + (iter.index > 1 ? between.n : 0);
        if (!cel_step(run, 1 + iter.value.n / 64) || *size > run->arena->limit) {
            *error = cel_no_memory(run);
            return false;
        }
    }
    return true;
}

static struct cel_value join(struct cel_run *run, struct cel_value list, struct view between)
{
    struct cel_iter iter = cel_iter(list);
    struct cel_value error;
    size_t size, n = 0;
    char *out;

    if (!measure(run, list, between, &size, &error))
        return error;
    out = arena_alloc(run->arena, size + 1);
    if (!out)
        return cel_no_memory(run);
    while (cel_iter_next(&iter)) {
        struct view text = cel_text(iter.value);

        if (iter.index > 1 && between.n > 0) {
            memcpy(out + n, between.p, between.n);
            n += between.n;
        }
        if (text.n > 0)
            memcpy(out + n, text.p, text.n);
        n += text.n;
    }
    return cel_string((struct view){out, n});
}

static struct cel_value call_join(struct cel_run *run, const struct cel_value *args)
{
    return join(run, args[0], VIEW(""));
}

static struct cel_value call_join_with(struct cel_run *run, const struct cel_value *args)
{
    return join(run, args[0], cel_text(args[1]));
}

/* --- costs ------------------------------------------------------------------------------------ */

/* What is joined, read and written. */
static uint64_t cost_join(const struct cel_value *args, const struct cel_value *result, bool sure)
{
    (void)args, (void)sure;
    return cel_cost_tenth(2 * cel_cost_size(*result));
}

static const struct cel_function rows[] = {
    {.signature = "(string).charAt(int) -> string", .call = call_char_at},
    {.signature = "(string).indexOf(string) -> int",
     .call = call_index_of,
     .cost = cel_cost_traversal},
    {.signature = "(string).indexOf(string, int) -> int",
     .call = call_index_of_from,
     .cost = cel_cost_traversal},
    {.signature = "(string).lastIndexOf(string) -> int",
     .call = call_last_index_of,
     .cost = cel_cost_traversal},
    {.signature = "(string).lastIndexOf(string, int) -> int",
     .call = call_last_index_of_from,
     .cost = cel_cost_traversal},
    {.signature = "(string).lowerAscii() -> string", .call = call_lower, .cost = cel_cost_text},
    {.signature = "(string).upperAscii() -> string", .call = call_upper, .cost = cel_cost_text},
    {.signature = "(string).replace(string, string) -> string",
     .call = call_replace,
     .cost = cel_cost_text_twice},
    {.signature = "(string).replace(string, string, int) -> string",
     .call = call_replace_some,
     .cost = cel_cost_text_twice},
    {.signature = "(string).split(string) -> list(string)",
     .call = call_split,
     .cost = cel_cost_text_twice},
    {.signature = "(string).split(string, int) -> list(string)",
     .call = call_split_some,
     .cost = cel_cost_text_twice},
    {.signature = "(string).substring(int) -> string",
     .call = call_substring,
     .cost = cel_cost_text},
    {.signature = "(string).substring(int, int) -> string",
     .call = call_substring_range,
     .cost = cel_cost_text},
    {.signature = "(string).trim() -> string", .call = call_trim, .cost = cel_cost_text},
    {.signature = "strings.quote(string) -> string",
     .call = call_quote,
     .cost = cel_cost_text,
     .since = 29},
    {.signature = "(list(string)).join() -> string", .call = call_join, .cost = cost_join},
    {.signature = "(list(string)).join(string) -> string",
     .call = call_join_with,
     .cost = cost_join},
};

const struct cel_library cel_lib_ext_strings = {"strings", rows, sizeof(rows) / sizeof(rows[0]),
                                                NULL};
