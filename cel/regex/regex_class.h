#ifndef TG_CEL_REGEX_REGEX_CLASS_H
#define TG_CEL_REGEX_REGEX_CLASS_H

#include "base/view.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct budget;
struct unicode_set;

struct regex_range {
    uint32_t first, last;
};

/* A set of characters while it is made. Make it of {.arena = ..., .budget = ...}; what fails sets
 * `failed` and makes all that follows do nothing. */
struct regex_set {
    struct arena *arena;
    struct budget *budget;
    struct regex_range *ranges;
    size_t count, room;
    bool failed;
};

/* A finished set: immutable, in an arena. */
struct regex_class {
    uint64_t ascii[2];                /* a bit each */
    const struct regex_range *ranges; /* all of it, in order, none touching the next */
    size_t count;
};

/* Adds the characters from first to last; with fold, also those that differ by case alone. */
void regex_class_add(struct regex_set *set, uint32_t first, uint32_t last, bool fold);

/* Adds the ranges of a set that is in order, or with negate all that are not in it. */
void regex_class_add_all(struct regex_set *set, const struct regex_range *ranges, size_t count,
                         bool negate);

/* The same of a set of Unicode; with fold, also those that differ by case alone. */
void regex_class_add_unicode(struct regex_set *set, const struct unicode_set *of, bool negate,
                             bool fold);

/* Puts the ranges in order, and with negate makes it all that was not in it. */
void regex_class_order(struct regex_set *set, bool negate);

/* A copy of an ordered set. NULL when memory runs out or the set has failed. */
const struct regex_class *regex_class_finish(const struct regex_set *set);

/* The ranges of what \d, \s, \w (one letter) or [:alpha:] (a word) stand for. NULL when there is no
 * such name. */
const struct regex_range *regex_class_named(struct view name, size_t *count);

static inline bool regex_class_has(const struct regex_class *c, uint32_t character)
{
    size_t low = 0, high = c->count;

    if (character < 128)
        return (c->ascii[character / 64] >> (character % 64) & 1) == 1;
    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (c->ranges[middle].last < character)
            low = middle + 1;
        else
            high = middle;
    }
    return low < c->count && c->ranges[low].first <= character;
}

#endif
