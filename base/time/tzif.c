#include "base/time/tzif.h"

#include "base/arena.h"

#include <string.h>

enum { HEADER = 44, TYPE_SIZE = 6, FARTHEST = 26 * 3600 };

static const char cut_short[] = "is cut short";
static const char damaged[] = "is damaged";

/* The six counts of a header, in the order of the file. */
struct counts {
    uint32_t isut, isstd, leap, time, type, chars;
};

static uint64_t big_endian(const char *p, size_t n)
{
    uint64_t value = 0;

    for (size_t i = 0; i < n; i++)
        value = value << 8 | (unsigned char)p[i];
    return value;
}

/* Takes n bytes off the front of *bytes; NULL when there are fewer. */
static const char *take(struct view *bytes, uint64_t n)
{
    const char *p = bytes->p;

    if (n > bytes->n)
        return NULL;
    *bytes = view_from(*bytes, (size_t)n);
    return p;
}

static const char *take_header(struct view *bytes, char *version, struct counts *counts)
{
    const char *p = take(bytes, HEADER);
    uint32_t *fields[] = {&counts->isut, &counts->isstd, &counts->leap,
                          &counts->time, &counts->type,  &counts->chars};

    if (!p || memcmp(p, "TZif", 4) != 0)
        return "is not a time zone file";
    *version = p[4];
    for (size_t i = 0; i < 6; i++)
        *fields[i] = (uint32_t)big_endian(p + 20 + 4 * i, 4);
    return NULL;
}

static uint64_t block_size(const struct counts *c, unsigned time_size)
{
    return (uint64_t)c->time * (time_size + 1) + (uint64_t)c->type * TYPE_SIZE + c->chars +
           (uint64_t)c->leap * (time_size + 4) + c->isstd + c->isut;
}

static const char *read_changes(const char *times, const char *indexes, const struct counts *c,
                                unsigned time_size, struct arena *arena, struct tzif *tz)
{
    int64_t *at = arena_array(arena, c->time, sizeof(*at));
    uint8_t *type = arena_array(arena, c->time, 1);

    if (!at || !type)
        return "does not fit into memory";
    for (size_t i = 0; i < c->time; i++) {
        uint64_t raw = big_endian(times + i * time_size, time_size);

        at[i] = time_size == 4 ? (int32_t)raw : (int64_t)raw;
        type[i] = (uint8_t)indexes[i];
        if (type[i] >= c->type || (i > 0 && at[i] <= at[i - 1]))
            return damaged;
    }
    tz->count = c->time;
    tz->at = at;
    tz->type = type;
    return NULL;
}

static const char *read_types(const char *p, const char *chars, const struct counts *c,
                              struct arena *arena, struct tzif *tz)
{
    struct tz_type *types = arena_array(arena, c->type, sizeof(*types));

    if (!types)
        return "does not fit into memory";
    for (size_t i = 0; i < c->type; i++, p += TYPE_SIZE) {
        size_t start = (unsigned char)p[5], n;

        types[i].offset = (int32_t)big_endian(p, 4);
        if (types[i].offset < -FARTHEST || types[i].offset > FARTHEST || start >= c->chars)
            return damaged;
        n = strnlen(chars + start, c->chars - start);
        if (n >= TZ_ABBREVIATION || start + n == c->chars)
            return damaged;
        memcpy(types[i].abbreviation, chars + start, n);
    }
    tz->type_count = c->type;
    tz->types = types;
    return NULL;
}

static const char *read_block(struct view *bytes, const struct counts *c, unsigned time_size,
                              struct arena *arena, struct tzif *tz)
{
    const char *p = take(bytes, block_size(c, time_size));
    const char *indexes, *types, *chars, *problem;

    if (!p)
        return cut_short;
    if (c->leap > 0)
        return "counts leap seconds";
    if (c->type == 0 || c->type > 256)
        return damaged;
    indexes = p + (size_t)c->time * time_size;
    types = indexes + c->time;
    chars = types + (size_t)c->type * TYPE_SIZE;
    problem = read_changes(p, indexes, c, time_size, arena, tz);
    return problem ? problem : read_types(types, chars, c, arena, tz);
}

/* The rule between two newlines behind the block; empty when nobody knows the future. */
static const char *read_footer(struct view bytes, struct tzif *tz)
{
    struct view line;

    if (!take(&bytes, 1))
        return cut_short;
    if (!view_cut(bytes, '\n', &line, &bytes))
        return cut_short;
    tz->has_rule = line.n > 0;
    return tz->has_rule && tzrule_parse(line, &tz->rule) < 0 ? damaged : NULL;
}

const char *tzif_parse(struct view bytes, struct arena *arena, struct tzif *tz)
{
    struct counts counts;
    const char *problem;
    char version;

    memset(tz, 0, sizeof(*tz));
    problem = take_header(&bytes, &version, &counts);
    if (problem)
        return problem;
    if (version == '\0')
        return read_block(&bytes, &counts, 4, arena, tz);
    /* The first block is for readers of version 1; the same follows with 64 bits. */
    if (!take(&bytes, block_size(&counts, 4)))
        return cut_short;
    problem = take_header(&bytes, &version, &counts);
    if (!problem)
        problem = read_block(&bytes, &counts, 8, arena, tz);
    return problem ? problem : read_footer(bytes, tz);
}

/* How many changes are at or before t. */
static size_t changes_until(const struct tzif *tz, int64_t t)
{
    size_t low = 0, high = tz->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (tz->at[middle] <= t)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void tzif_span(const struct tzif *tz, int64_t t, struct tz_span *span)
{
    size_t n = changes_until(tz, t);
    int64_t from = n > 0 ? tz->at[n - 1] : INT64_MIN;

    if (n == tz->count && tz->has_rule) {
        tzrule_span(&tz->rule, t, span);
        if (span->from < from)
            span->from = from;
        return;
    }
    span->from = from;
    span->to = n < tz->count ? tz->at[n] : INT64_MAX;
    span->type = &tz->types[n > 0 ? tz->type[n - 1] : 0];
}
