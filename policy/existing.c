#include "policy/existing.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/json_keys.h"
#include "base/limits.h"
#include "policy/check.h"
#include "policy/value.h"

#include <stdlib.h>

/* --- values as keys ---------------------------------------------------------------------------
 * A text that two values have in common when they are equal, and only then: maps in the order of
 * their keys, numbers as numbers. It makes of comparing each finding with each a sort. */

/* In no UTF-8, and so the end of what is of any length. */
#define END '\xFF'

enum { VALUES = sizeof(((struct finding *)NULL)->values) / sizeof(yyjson_val *) };

struct writer {
    struct eval *e;
    struct buf *out;
};

static int write_value(const struct writer *w, yyjson_val *value, unsigned depth);

static void write_text(const struct writer *w, yyjson_val *text)
{
    buf_add(w->out, json_text_of(text));
    buf_add_char(w->out, END);
}

static int write_list(const struct writer *w, yyjson_val *list, unsigned depth)
{
    yyjson_arr_iter iter = yyjson_arr_iter_with(list);
    yyjson_val *value;

    while ((value = yyjson_arr_iter_next(&iter)))
        if (write_value(w, value, depth) < 0)
            return -1;
    return 0;
}

static int write_map(const struct writer *w, yyjson_val *map, unsigned depth)
{
    size_t count = yyjson_obj_size(map);
    const struct json_key *keys = json_keys_sort(map, w->e->arena);
    int result = 0;

    if (!keys)
        return eval_fail(w->e, "the review needs more memory than is allowed");
    for (size_t i = 0; i < count && result == 0; i++) {
        write_text(w, keys[i].key);
        result = write_value(w, yyjson_obj_iter_get_val(keys[i].key), depth);
    }
    return result;
}

/* `depth` lists and maps more may be opened. Returns 0, or -1 after eval_fail(). */
static int write_value(const struct writer *w, yyjson_val *value, unsigned depth)
{
    char number[VALUE_NUMBER_ROOM];
    bool map = yyjson_is_obj(value);
    int result = 0;

    if (eval_expired(w->e))
        return eval_late(w->e);
    if (map || yyjson_is_arr(value)) {
        if (depth == 0)
            return eval_fail(w->e, "a value nests deeper than %d levels", LIMIT_JSON_DEPTH);
        buf_add_char(w->out, map ? 'm' : 'l');
        result = (map ? write_map : write_list)(w, value, depth - 1);
        buf_add_char(w->out, END);
    } else if (yyjson_is_str(value)) {
        buf_add_char(w->out, 't');
        write_text(w, value);
    } else if (yyjson_is_num(value)) {
        buf_add_char(w->out, 'n');
        buf_add(w->out, value_number_text(value, number));
        buf_add_char(w->out, END);
    } else {
        buf_add_char(w->out, yyjson_is_true(value) ? '1' : yyjson_is_false(value) ? '0' : '-');
    }
    return result;
}

/* --- findings ----------------------------------------------------------------------------------
 */

/* One finding: what makes it the same as another, and how many like it are left to let off. */
struct known {
    const struct finding *finding;
    size_t at;          /* in the buffer of all keys, while that grows */
    struct view values; /* the key of its values */
    uint64_t mark;      /* of path and values: most that differ differ in it */
    size_t left;
};

static int compare(const struct known *a, const struct known *b)
{
    int order;

    if (a->mark != b->mark)
        return a->mark < b->mark ? -1 : 1;
    order = view_cmp(a->finding->path, b->finding->path);
    return order != 0 ? order : view_cmp(a->values, b->values);
}

/* FNV-1a. Who makes many marks equal makes a sort of texts of one of numbers. */
static uint64_t add_mark(uint64_t mark, struct view text)
{
    for (size_t i = 0; i < text.n; i++)
        mark = (mark ^ (unsigned char)text.p[i]) * UINT64_C(0x100000001b3);
    return mark;
}

static int by_finding(const void *a, const void *b)
{
    return compare(a, b);
}

static size_t count_findings(const struct finding *list)
{
    size_t count = 0;

    for (; list; list = list->next)
        count++;
    return count;
}

/* Those of the list that can be compared; returns how many, or -1 after eval_fail(). */
static ptrdiff_t gather(const struct writer *w, const struct finding *list, struct known *out)
{
    ptrdiff_t count = 0;

    for (; list; list = list->next) {
        struct known *known = &out[count];

        if (!list->compared)
            continue;
        *known = (struct known){.finding = list, .at = w->out->n, .left = 1};
        for (size_t i = 0; i < VALUES; i++)
            if (write_value(w, list->values[i], LIMIT_JSON_DEPTH) < 0)
                return -1;
        known->values.n = w->out->n - known->at;
        count++;
    }
    return w->out->failed ? eval_fail(w->e, "the review needs more memory than is allowed") : count;
}

/* Once the buffer is whole: where each key stands in it. Returns 0, or -1 after eval_fail(). */
static int place(const struct writer *w, struct known *known, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct view path = known[i].finding->path;

        known[i].values.p = buf_view(w->out).p + known[i].at;
        if (eval_expired_by(w->e, 1 + (path.n + known[i].values.n) / 64))
            return eval_late(w->e);
        known[i].mark = add_mark(add_mark(UINT64_C(0xcbf29ce484222325), path), known[i].values);
    }
    return 0;
}

/* Sorts them, each once, with how often it was there; returns how many. */
static size_t sort_known(struct known *known, size_t count)
{
    size_t kept = 0;

    qsort(known, count, sizeof(*known), by_finding);
    for (size_t i = 0; i < count; i++)
        if (kept > 0 && compare(&known[kept - 1], &known[i]) == 0)
            known[kept - 1].left++;
        else
            known[kept++] = known[i];
    return kept;
}

/* Takes out of e's findings those of `now` (in their order) for which there is one in `before`. */
static void take_out(struct eval *e, const struct known *now, size_t now_count,
                     struct known *before, size_t before_count)
{
    struct finding **at = &e->first;

    for (size_t i = 0; i < now_count; i++) {
        struct known *same = bsearch(&now[i], before, before_count, sizeof(*before), by_finding);

        if (!same || same->left == 0)
            continue;
        same->left--;
        while (*at != now[i].finding)
            at = &(*at)->next;
        *at = (*at)->next;
    }
}

int existing_subtract(struct eval *e, const struct finding *before)
{
    size_t old_most = count_findings(before), most = count_findings(e->first);
    struct known *old = arena_array(e->arena, old_most + 1, sizeof(*old));
    struct known *now = arena_array(e->arena, most + 1, sizeof(*now));
    ptrdiff_t old_count, count;
    struct buf keys;
    struct writer w = {.e = e, .out = &keys};

    if (!old || !now)
        return eval_fail(e, "the review needs more memory than is allowed");
    buf_init(&keys, LIMIT_ARENA);
    old_count = gather(&w, before, old);
    count = old_count < 0 ? -1 : gather(&w, e->first, now);
    if (count >= 0 && (place(&w, old, (size_t)old_count) < 0 || place(&w, now, (size_t)count) < 0))
        count = -1;
    if (count >= 0)
        take_out(e, now, (size_t)count, old, sort_known(old, (size_t)old_count));
    buf_release(&keys);
    return count < 0 ? -1 : 0;
}
