#include "policy/existing.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/json/json.h"
#include "base/json/json_keys.h"
#include "base/limits.h"
#include "policy/limits.h"
#include "policy/object/value.h"
#include "policy/rule/check.h"

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

static int no_memory(struct eval *e)
{
    return eval_fail(e, "the review needs more memory than is allowed");
}

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
        return no_memory(w->e);
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

/* --- findings --------------------------------------------------------------------------------- */

/* One finding, and what makes it the same as another. */
struct known {
    struct finding *finding;
    struct view path, rest; /* the path; or what stands before and behind an element's place */
    size_t at;              /* of the key, in the buffer of all keys, while that grows */
    struct view key;        /* of its values, or of the element that it stands in */
    uint64_t mark;          /* of all three texts: most that differ differ in it */
};

/* The findings of one side, and those of them that are held against the other side's. */
struct list {
    struct finding *first;
    struct known *known;
    size_t count;
};

static int compare(const struct known *a, const struct known *b)
{
    int order;

    if (a->mark != b->mark)
        return a->mark < b->mark ? -1 : 1;
    order = view_cmp(a->path, b->path);
    if (order == 0)
        order = view_cmp(a->rest, b->rest);
    return order != 0 ? order : view_cmp(a->key, b->key);
}

static int by_finding(const void *a, const void *b)
{
    return compare(a, b);
}

/* FNV-1a. With many equal marks, the sort compares texts instead of numbers, and no worse. */
static uint64_t add_mark(uint64_t mark, struct view text)
{
    for (size_t i = 0; i < text.n; i++)
        mark = (mark ^ (unsigned char)text.p[i]) * UINT64_C(0x100000001b3);
    return mark;
}

/* Room for all findings of a list. Returns 0, or -1 after eval_fail(). */
static int make_room(struct eval *e, struct list *list)
{
    size_t count = 0;

    for (const struct finding *f = list->first; f; f = f->next)
        count++;
    list->known = arena_array(e->arena, count + 1, sizeof(*list->known));
    return list->known ? 0 : no_memory(e);
}

/* Goes by the path and the values. Returns 0, or -1 after eval_fail(). */
static int know_values(const struct writer *w, struct known *known)
{
    known->path = known->finding->path;
    for (size_t i = 0; i < VALUES; i++)
        if (write_value(w, known->finding->values[i], LIMIT_JSON_DEPTH) < 0)
            return -1;
    known->key.n = w->out->n - known->at;
    return 0;
}

/* A digest, not the whole: much may be found in one large element. */
static int write_digest(const struct writer *w, yyjson_val *element)
{
    unsigned char digest[DIGEST_BYTES];
    struct buf text;
    const struct writer whole = {.e = w->e, .out = &text};
    int result;

    buf_init(&text, LIMIT_ARENA);
    result = write_value(&whole, element, LIMIT_JSON_DEPTH);
    if (result == 0 && eval_expired_by(w->e, 1 + text.n / 64))
        result = eval_late(w->e);
    if (result == 0 && (text.failed || digest_of(buf_view(&text), digest) < 0))
        result = no_memory(w->e);
    if (result == 0)
        buf_add(w->out, (struct view){(const char *)digest, sizeof(digest)});
    buf_release(&text);
    return result;
}

/* Goes by the path without the element's place, and the whole element. What is found in one element
 * follows each other, so that it is read once. */
static int know_element(const struct writer *w, struct known *known, const struct known *last)
{
    const struct finding *f = known->finding;
    struct view digits;

    known->path = view_first(f->path, f->place);
    view_cut(view_from(f->path, f->place), ']', &digits, &known->rest);
    known->key.n = DIGEST_BYTES;
    if (!last || last->finding->element != f->element)
        return write_digest(w, f->element);
    known->at = last->at;
    return 0;
}

/* Those of the list that can be compared and are not yet let off. Returns 0, or -1 after
 * eval_fail(). */
static int gather(const struct writer *w, struct list *list, bool moved)
{
    struct known *last = NULL;

    list->count = 0;
    for (struct finding *f = list->first; f; f = f->next) {
        struct known *known = &list->known[list->count];

        if (!f->compared || f->existing || (moved && !f->element))
            continue;
        *known = (struct known){.finding = f, .at = w->out->n};
        if ((moved ? know_element(w, known, last) : know_values(w, known)) < 0)
            return -1;
        last = known;
        list->count++;
    }
    return w->out->failed ? no_memory(w->e) : 0;
}

/* Once the buffer is whole: where each key stands in it. Sorts them. Returns 0, or -1 after
 * eval_fail(). */
static int sort(const struct writer *w, struct list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        struct known *k = &list->known[i];

        k->key.p = buf_view(w->out).p + k->at;
        if (eval_expired_by(w->e, 1 + (k->finding->path.n + k->key.n) / 64))
            return eval_late(w->e);
        k->mark = add_mark(UINT64_C(0xcbf29ce484222325), k->path);
        k->mark = add_mark(add_mark(k->mark, k->rest), k->key);
    }
    qsort(list->known, list->count, sizeof(*list->known), by_finding);
    return 0;
}

/* Each finding of `old` lets off one of `now`. Returns 0, or -1 after eval_fail(). */
static int let_off(const struct writer *w, struct list *old, struct list *now, bool moved)
{
    buf_reset(w->out);
    if (gather(w, old, moved) < 0 || gather(w, now, moved) < 0)
        return -1;
    if (sort(w, old) < 0 || sort(w, now) < 0)
        return -1;
    for (size_t i = 0, j = 0; i < old->count && j < now->count;) {
        int order = compare(&old->known[i], &now->known[j]);

        if (order == 0)
            old->known[i].finding->existing = now->known[j].finding->existing = true;
        i += order <= 0;
        j += order >= 0;
    }
    return 0;
}

int existing_subtract(struct eval *e, struct finding *before)
{
    struct list old = {.first = before}, now = {.first = e->first};
    struct buf keys;
    const struct writer w = {.e = e, .out = &keys};
    int result;

    if (make_room(e, &old) < 0 || make_room(e, &now) < 0)
        return -1;
    buf_init(&keys, LIMIT_ARENA);
    result = let_off(&w, &old, &now, false);
    if (result == 0)
        result = let_off(&w, &old, &now, true);
    buf_release(&keys);
    for (struct finding **at = &e->first; result == 0 && *at;)
        if ((*at)->existing)
            *at = (*at)->next;
        else
            at = &(*at)->next;
    return result;
}
