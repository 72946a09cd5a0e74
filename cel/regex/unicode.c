#include "cel/regex/unicode.h"

#include "base/text/utf8.h"

#include <stddef.h>

struct category_name {
    const char *name;
    uint32_t parts;
    bool folds;
};

struct script_name {
    const char *name;
    bool folds;
};

/* Instead of a distance: the characters are pairs of which the first is even, or odd. */
enum { EVEN = 1 << 24, ODD = EVEN + 1 };

/* From first to last, the next of a circle is that far away. */
struct fold {
    uint32_t first, last;
    int32_t delta;
};

#include "cel/regex/unicode.inc"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

enum { NAME_ROOM = 32 };

/* The form in which the tables have names: a capital, then small letters. Returns false when there
 * is no room, and so no such name. */
static bool canonical(struct view name, char out[static NAME_ROOM])
{
    size_t n = 0;

    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];

        if (c == '_' || c == '-' || c == ' ')
            continue;
        if (n + 1 == NAME_ROOM)
            return false;
        if (n == 0 && c >= 'a' && c <= 'z')
            c = (char)(c - 'a' + 'A');
        else if (n > 0 && c >= 'A' && c <= 'Z')
            c = (char)(c - 'A' + 'a');
        out[n++] = c;
    }
    out[n] = '\0';
    return true;
}

bool unicode_find(struct view name, struct unicode_set *out)
{
    char form[NAME_ROOM];

    if (!canonical(name, form))
        return false;
    for (size_t i = 0; i < COUNT(category_names); i++)
        if (strcmp(category_names[i].name, form) == 0) {
            *out = (struct unicode_set){.rows = categories,
                                        .count = COUNT(categories),
                                        .parts = category_names[i].parts,
                                        .folds = category_names[i].folds};
            return true;
        }
    for (size_t i = 0; i < COUNT(script_names); i++)
        if (strcmp(script_names[i].name, form) == 0) {
            *out = (struct unicode_set){.rows = scripts,
                                        .count = COUNT(scripts),
                                        .script = (uint32_t)i + 1,
                                        .folds = script_names[i].folds};
            return true;
        }
    return false;
}

static bool has(const struct unicode_set *set, uint32_t part)
{
    return set->script > 0 ? part == set->script : (set->parts >> part & 1) == 1;
}

bool unicode_run(const struct unicode_set *set, uint32_t *row, uint32_t *first, uint32_t *last)
{
    while (*row < set->count && !has(set, set->rows[*row] & 0xFF))
        ++*row;
    if (*row == set->count)
        return false;
    *first = set->rows[*row] >> 8;
    ++*row;
    *last = *row < set->count ? (set->rows[*row] >> 8) - 1 : UTF8_LAST;
    return true;
}

bool unicode_is_print(uint32_t c)
{
    static const char *const printed[] = {"L", "M", "N", "P", "S"};
    size_t low = 0, high = COUNT(categories);

    if (c < 0x7F)
        return c >= ' ';
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;

        if (categories[middle] >> 8 <= c)
            low = middle;
        else
            high = middle;
    }
    for (size_t i = 0; i < COUNT(printed); i++) {
        struct unicode_set set;

        if (unicode_find(view_of(printed[i]), &set) && has(&set, categories[low] & 0xFF))
            return true;
    }
    return false;
}

/* The property White_Space. */
bool unicode_is_space(uint32_t c)
{
    return (c >= '\t' && c <= '\r') || c == ' ' || c == 0x85 || c == 0xA0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F ||
           c == 0x205F || c == 0x3000;
}

/* The first row that does not end before c. */
static const struct fold *row_from(uint32_t c)
{
    size_t low = 0, high = COUNT(folds);

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (folds[middle].last < c)
            low = middle + 1;
        else
            high = middle;
    }
    return low < COUNT(folds) ? &folds[low] : NULL;
}

uint32_t unicode_fold(uint32_t c)
{
    const struct fold *row = row_from(c);

    if (!row || c < row->first)
        return c;
    if (row->delta == EVEN)
        return c ^ 1;
    if (row->delta == ODD)
        return ((c + 1) ^ 1) - 1;
    return (uint32_t)((int32_t)c + row->delta);
}

uint32_t unicode_cased(uint32_t c)
{
    const struct fold *row = row_from(c);

    if (!row)
        return UINT32_MAX;
    return c < row->first ? row->first : c;
}
