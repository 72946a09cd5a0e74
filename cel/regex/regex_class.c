#include "cel/regex/regex_class.h"

#include "base/arena.h"
#include "base/budget.h"
#include "base/text/utf8.h"
#include "cel/regex/unicode.h"

#include <stdlib.h>

static bool grow(struct regex_set *set)
{
    size_t room = set->room > 0 ? set->room * 2 : 16;
    struct regex_range *moved =
        arena_grow(set->arena, set->ranges, set->room * sizeof(*moved), room * sizeof(*moved));

    if (!moved) {
        set->failed = true;
        return false;
    }
    set->ranges = moved;
    set->room = room;
    return true;
}

/* Adds a range; one that touches either of the last two makes it larger, as the two cases of an
 * alphabet do that is added letter by letter. */
static void add(struct regex_set *set, uint32_t first, uint32_t last)
{
    if (set->failed || !budget_take(set->budget, 1)) {
        set->failed = true;
        return;
    }
    for (size_t i = 1; i <= 2 && i <= set->count; i++) {
        struct regex_range *r = &set->ranges[set->count - i];

        if (first <= r->last + 1 && r->first <= last + 1) {
            r->first = first < r->first ? first : r->first;
            r->last = last > r->last ? last : r->last;
            return;
        }
    }
    if (set->count < set->room || grow(set))
        set->ranges[set->count++] = (struct regex_range){first, last};
}

void regex_class_add(struct regex_set *set, uint32_t first, uint32_t last, bool fold)
{
    add(set, first, last);
    if (!fold || (first == 0 && last == UTF8_LAST))
        return;
    for (uint32_t c = unicode_cased(first); c <= last && !set->failed; c = unicode_cased(c + 1))
        for (uint32_t other = unicode_fold(c); other != c; other = unicode_fold(other))
            if (other < first || other > last)
                add(set, other, other);
}

void regex_class_add_all(struct regex_set *set, const struct regex_range *ranges, size_t count,
                         bool negate)
{
    uint32_t next = 0;

    for (size_t i = 0; i < count; i++) {
        if (!negate)
            add(set, ranges[i].first, ranges[i].last);
        else if (next < ranges[i].first)
            add(set, next, ranges[i].first - 1);
        next = ranges[i].last + 1;
    }
    if (negate && next <= UTF8_LAST)
        add(set, next, UTF8_LAST);
}

void regex_class_add_unicode(struct regex_set *set, const struct unicode_set *of, bool negate,
                             bool fold)
{
    struct regex_set members = {.arena = set->arena, .budget = set->budget};
    uint32_t row = 0, first, last;

    while (unicode_run(of, &row, &first, &last))
        regex_class_add(&members, first, last, fold && of->folds);
    regex_class_order(&members, false);
    regex_class_add_all(set, members.ranges, members.count, negate);
    set->failed = set->failed || members.failed;
}

static int by_first(const void *a, const void *b)
{
    const struct regex_range *x = a, *y = b;

    return (x->first > y->first) - (x->first < y->first);
}

/* Of ranges in order: joins those that touch. */
static void merge(struct regex_set *set)
{
    size_t kept = 0;

    for (size_t i = 0; i < set->count; i++) {
        struct regex_range *last = kept > 0 ? &set->ranges[kept - 1] : NULL;

        if (!last || set->ranges[i].first > last->last + 1)
            set->ranges[kept++] = set->ranges[i];
        else if (set->ranges[i].last > last->last)
            last->last = set->ranges[i].last;
    }
    set->count = kept;
}

/* Of ranges in order, none touching the next. */
static void negate_in_place(struct regex_set *set)
{
    uint32_t next = 0;
    size_t kept = 0;

    for (size_t i = 0; i < set->count; i++) {
        struct regex_range r = set->ranges[i];

        if (next < r.first)
            set->ranges[kept++] = (struct regex_range){next, r.first - 1};
        next = r.last + 1;
    }
    set->count = kept;
    if (next <= UTF8_LAST)
        add(set, next, UTF8_LAST);
}

void regex_class_order(struct regex_set *set, bool negate)
{
    if (set->failed || !budget_take(set->budget, set->count)) {
        set->failed = true;
        return;
    }
    if (set->count > 1)
        qsort(set->ranges, set->count, sizeof(*set->ranges), by_first);
    merge(set);
    if (negate)
        negate_in_place(set);
}

const struct regex_class *regex_class_finish(const struct regex_set *set)
{
    struct regex_class *class = set->failed ? NULL : arena_alloc(set->arena, sizeof(*class));
    struct regex_range *ranges =
        class ? arena_array(set->arena, set->count + 1, sizeof(*ranges)) : NULL;

    if (!ranges)
        return NULL;
    if (set->count > 0)
        memcpy(ranges, set->ranges, set->count * sizeof(*ranges));
    class->ranges = ranges;
    class->count = set->count;
    for (size_t i = 0; i < set->count; i++)
        for (uint32_t c = ranges[i].first; c <= ranges[i].last && c < 128; c++)
            class->ascii[c / 64] |= UINT64_C(1) << (c % 64);
    return class;
}

/* --- names ---------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    size_t count;
    struct regex_range ranges[4];
} named[] = {
    {"d", 1, {{'0', '9'}}},
    {"s", 3, {{'\t', '\n'}, {'\f', '\r'}, {' ', ' '}}},
    {"w", 4, {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}}},
    {"alnum", 3, {{'0', '9'}, {'A', 'Z'}, {'a', 'z'}}},
    {"alpha", 2, {{'A', 'Z'}, {'a', 'z'}}},
    {"ascii", 1, {{0, 0x7F}}},
    {"blank", 2, {{'\t', '\t'}, {' ', ' '}}},
    {"cntrl", 2, {{0, 0x1F}, {0x7F, 0x7F}}},
    {"digit", 1, {{'0', '9'}}},
    {"graph", 1, {{'!', '~'}}},
    {"lower", 1, {{'a', 'z'}}},
    {"print", 1, {{' ', '~'}}},
    {"punct", 4, {{'!', '/'}, {':', '@'}, {'[', '`'}, {'{', '~'}}},
    {"space", 2, {{'\t', '\r'}, {' ', ' '}}},
    {"upper", 1, {{'A', 'Z'}}},
    {"word", 4, {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}}},
    {"xdigit", 3, {{'0', '9'}, {'A', 'F'}, {'a', 'f'}}},
};

const struct regex_range *regex_class_named(struct view name, size_t *count)
{
    for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++)
        if (view_eq_str(name, named[i].name)) {
            *count = named[i].count;
            return named[i].ranges;
        }
    return NULL;
}
