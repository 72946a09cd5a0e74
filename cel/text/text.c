#include "cel/text/text.h"

#include "base/arena.h"
#include "base/budget.h"
#include "base/buf.h"
#include "base/text/utf8.h"
#include "cel/regex/unicode.h"

enum { BYTES_A_STEP = 64 };

/* The byte at which the character `index` begins; the length for the one after the last. False when
 * there are not as many. */
static bool byte_of(struct view text, int64_t index, size_t *at)
{
    for (*at = 0; index > 0 && *at < text.n; index--)
        utf8_next(text, at);
    return index == 0;
}

bool text_part(struct view text, int64_t from, int64_t to, struct view *out)
{
    size_t start, end;

    if (from < 0 || !byte_of(text, from, &start))
        return false;
    end = text.n - start;
    if (to >= 0 && (to < from || !byte_of(view_from(text, start), to - from, &end)))
        return false;
    *out = view_first(view_from(text, start), end);
    return true;
}

/* --- finding -------------------------------------------------------------------------------- */

int64_t text_find(struct view text, struct view what, int64_t from, struct budget *budget)
{
    const char *found;
    size_t start;

    if (!budget_take(budget, text.n / BYTES_A_STEP + 1))
        return INT64_MIN;
    if (!byte_of(text, from, &start) || what.n > text.n - start)
        return -1;
    found = memmem(text.p + start, text.n - start, what.p, what.n);
    if (!found)
        return -1;
    start = (size_t)(found - text.p);
    return (int64_t)utf8_count(view_first(text, start));
}

int64_t text_find_last(struct view text, struct view what, int64_t from, struct budget *budget)
{
    struct view left = text;
    size_t last = 0;

    if (!budget_take(budget, text.n / BYTES_A_STEP + 1))
        return INT64_MIN;
    if (text.n < what.n || (from >= 0 && (!byte_of(text, from, &last) || last == text.n)))
        return -1;
    if (from >= 0 && last < text.n - what.n)
        left.n = last + what.n;
    /* From the back, as memmem goes to the front: the last byte is looked for, then compared. */
    while (left.n >= what.n) {
        const char *end = memrchr(left.p, what.p[what.n - 1], left.n);
        size_t n = end ? (size_t)(end - left.p) + 1 : 0;

        if (n < what.n)
            break;
        if (!budget_take(budget, what.n / BYTES_A_STEP + 1))
            return INT64_MIN;
        if (memcmp(left.p + n - what.n, what.p, what.n) == 0)
            return (int64_t)utf8_count(view_first(text, n - what.n));
        left.n = n - 1;
    }
    return -1;
}

/* --- changing ------------------------------------------------------------------------------- */

static struct view map_letters(struct view text, char first, char last, struct arena *arena)
{
    char *copy = arena_alloc(arena, text.n + 1);

    if (!copy)
        return (struct view){NULL, 0};
    for (size_t i = 0; i < text.n; i++)
        copy[i] = (char)(text.p[i] >= first && text.p[i] <= last ? text.p[i] ^ 0x20 : text.p[i]);
    return (struct view){copy, text.n};
}

struct view text_lower(struct view text, struct arena *arena)
{
    return map_letters(text, 'A', 'Z', arena);
}

struct view text_upper(struct view text, struct arena *arena)
{
    return map_letters(text, 'a', 'z', arena);
}

/* The places to replace, one after the other: before each is `before`, which is copied. */
struct places {
    struct view rest, old;
    int64_t left;
    bool begun;
};

static bool next_place(struct places *s, struct view *before)
{
    const char *found = NULL;
    size_t at = 0;

    if (s->left == 0)
        return false;
    if (s->old.n > 0)
        found = s->rest.n > 0 ? memmem(s->rest.p, s->rest.n, s->old.p, s->old.n) : NULL;
    if (s->old.n > 0 && !found)
        return false;
    if (found)
        at = (size_t)(found - s->rest.p);
    else if (s->begun && s->rest.n == 0)
        return false;
    else if (s->begun)
        utf8_next(s->rest, &at);
    *before = view_first(s->rest, at);
    s->rest = view_from(s->rest, at + s->old.n);
    s->begun = true;
    s->left -= s->left > 0 ? 1 : 0;
    return true;
}

struct view text_replace(struct view text, struct view old, struct view by, int64_t n,
                         struct arena *arena, struct budget *budget)
{
    struct places count = {.rest = text, .old = old, .left = n}, places = count;
    struct view before;
    size_t size = text.n, to = 0;
    char *out;

    while (next_place(&count, &before)) {
        /* A long text comes in the place of a short one: looked at before there is no room. */
        if (size > arena->limit || !budget_take(budget, 1 + before.n / BYTES_A_STEP))
            return (struct view){NULL, 0};
        size = size - old.n + by.n;
    }
    out = arena_alloc(arena, size + 1);
    if (!out || !budget_take(budget, size / BYTES_A_STEP))
        return (struct view){NULL, 0};
    while (next_place(&places, &before)) {
        if (before.n > 0)
            memcpy(out + to, before.p, before.n);
        if (by.n > 0)
            memcpy(out + to + before.n, by.p, by.n);
        to += before.n + by.n;
    }
    if (places.rest.n > 0)
        memcpy(out + to, places.rest.p, places.rest.n);
    return (struct view){out, size};
}

bool text_split_next(struct text_split *s, struct view *part)
{
    const char *found = NULL;
    size_t at = 0;

    if (s->over || s->left == 0 || (s->by.n == 0 && s->rest.n == 0))
        return false;
    if (s->left != 1 && s->by.n > 0 && s->rest.n > 0)
        found = memmem(s->rest.p, s->rest.n, s->by.p, s->by.n);
    if (found)
        at = (size_t)(found - s->rest.p);
    else if (s->left != 1 && s->by.n == 0)
        utf8_next(s->rest, &at);
    if (!found && at == 0) {
        s->over = true;
        *part = s->rest;
        return true;
    }
    *part = view_first(s->rest, at);
    s->rest = view_from(s->rest, at + s->by.n);
    s->left -= s->left > 0 ? 1 : 0;
    return true;
}

struct view text_trim(struct view text)
{
    size_t start = 0, end = 0;

    for (size_t at = 0; at < text.n;) {
        size_t before = at;

        if (unicode_is_space(utf8_next(text, &at))) {
            if (before == start)
                start = at;
        } else {
            end = at;
        }
    }
    return end > start ? view_from(view_first(text, end), start) : view_first(text, 0);
}

/* --- quoting -------------------------------------------------------------------------------- */

/* The escape of one letter that both have, or NULL. */
static const char *letter_escape(uint32_t c)
{
    switch (c) {
    case '\a': return "\\a";
    case '\b': return "\\b";
    case '\f': return "\\f";
    case '\n': return "\\n";
    case '\r': return "\\r";
    case '\t': return "\\t";
    case '\v': return "\\v";
    case '\\': return "\\\\";
    case '"': return "\\\"";
    default: return NULL;
    }
}

static void put(uint32_t c, struct buf *out)
{
    char bytes[UTF8_ROOM];

    buf_add(out, (struct view){bytes, utf8_put(c, bytes)});
}

void text_quote(struct view text, struct buf *out)
{
    buf_add_char(out, '"');
    for (size_t at = 0; at < text.n;) {
        uint32_t c = utf8_next(text, &at);
        const char *escape = letter_escape(c);

        if (escape)
            buf_add_str(out, escape);
        else
            put(c, out);
    }
    buf_add_char(out, '"');
}

void text_quote_go(struct view text, struct buf *out)
{
    size_t size;

    buf_add_char(out, '"');
    for (size_t at = 0; at < text.n; at += size) {
        uint32_t c = utf8_decode(text, at, &size);
        const char *escape = letter_escape(c);

        if (escape)
            buf_add_str(out, escape);
        else if (c == UTF8_ERROR && size == 1)
            buf_printf(out, "\\x%02x", (unsigned char)text.p[at]);
        else if (unicode_is_print(c))
            buf_add(out, (struct view){text.p + at, size});
        else if (c < ' ' || c == 0x7F)
            buf_printf(out, "\\x%02x", c);
        else
            buf_printf(out, c < 0x10000 ? "\\u%04x" : "\\U%08x", c);
    }
    buf_add_char(out, '"');
}

struct view text_quoted(struct view text, struct arena *arena)
{
    struct buf out;
    struct view copy = {NULL, 0};

    buf_init(&out, arena->limit);
    text_quote_go(text, &out);
    if (!out.failed)
        copy = arena_copy(arena, buf_view(&out));
    buf_release(&out);
    return copy;
}
