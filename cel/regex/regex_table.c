#include "cel/regex/regex_table.h"

#include "base/arena.h"
#include "base/budget.h"
#include "base/mem.h"
#include "base/text/utf8.h"

#include <stdlib.h>

/* Steps of the construction are about as many as cells times instructions. */
enum { MAX_CELLS = 4096, MAX_STATES = 256, MAX_PROGRAM = 256, MAX_BORDERS = 4096 };

enum { MATCHED = 0, DEAD = 1, START = 2 };

struct regex_table {
    uint16_t letter[128];    /* the column of an ASCII character */
    const uint32_t *borders; /* the first characters of the columns, in order */
    uint32_t columns, states;
    const uint16_t *next; /* [state * columns + column] */
    const bool *ends;     /* by state: the expression matches when the text ends here */
};

/* A state while it is made: the instructions at which threads wait, in order. */
struct state {
    uint16_t *insts;
    size_t count;
};

struct builder {
    const struct regex *regex;
    struct arena *arena;
    struct budget *budget;
    struct regex_table *table;
    struct state *states;
    uint16_t *next;
    bool *ends;
    bool in[MAX_PROGRAM];        /* the instructions of the state that is made */
    uint16_t stack[MAX_PROGRAM]; /* those to go to */
};

/* --- columns -------------------------------------------------------------------------------- */

static int by_value(const void *a, const void *b)
{
    const uint32_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

/* Writes where the sets of the program begin and end. Returns how many, or 0 for too many. */
static size_t find_borders(const struct regex *regex, uint32_t borders[static MAX_BORDERS])
{
    size_t n = 1;

    borders[0] = 0;
    for (uint32_t i = 0; i < regex->count; i++) {
        const struct regex_inst *inst = &regex->program[i];
        struct regex_range one = {inst->of.character, inst->of.character};
        const struct regex_range *ranges = &one;
        size_t count = 1;

        if (inst->code != REGEX_DO_CHAR && inst->code != REGEX_DO_CLASS)
            continue;
        if (inst->code == REGEX_DO_CLASS) {
            ranges = inst->of.class->ranges;
            count = inst->of.class->count;
        }
        if (n + 2 * count > MAX_BORDERS)
            return 0;
        for (size_t k = 0; k < count; k++) {
            borders[n++] = ranges[k].first;
            borders[n++] = ranges[k].last + 1;
        }
    }
    return n;
}

static uint32_t column_of(const struct regex_table *t, uint32_t c)
{
    size_t low = 0, high = t->columns;

    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;

        if (t->borders[middle] <= c)
            low = middle;
        else
            high = middle;
    }
    return (uint32_t)low;
}

static int make_columns(struct builder *b)
{
    uint32_t *found = mem_alloc(MAX_BORDERS * sizeof(*found)), *borders;
    size_t n = found ? find_borders(b->regex, found) : 0, kept = 0;

    if (n > 0)
        qsort(found, n, sizeof(*found), by_value);
    for (size_t i = 0; i < n; i++)
        if (kept == 0 || found[i] != found[kept - 1])
            found[kept++] = found[i];
    borders = n > 0 ? arena_array(b->arena, kept, sizeof(*borders)) : NULL;
    if (borders)
        memcpy(borders, found, kept * sizeof(*borders));
    mem_free(found);
    if (!borders || kept * 4 > MAX_CELLS)
        return -1;
    b->table->borders = borders;
    b->table->columns = (uint32_t)kept;
    for (uint32_t c = 0; c < 128; c++)
        b->table->letter[c] = (uint16_t)column_of(b->table, c);
    return 0;
}

/* --- states --------------------------------------------------------------------------------- */

/* Adds where a thread gets to from an instruction without a character, when of the assertions those
 * of `holds` hold. One that is only true at the end is kept to be looked at there. True when it
 * matches. */
static bool spread(struct builder *b, uint32_t from, uint32_t holds)
{
    size_t n = 0;
    bool matched = false;

    b->stack[n++] = (uint16_t)from;
    while (n > 0) {
        uint32_t at = b->stack[--n];
        const struct regex_inst *inst = &b->regex->program[at];

        if (b->in[at])
            continue;
        b->in[at] = true;
        if (inst->code == REGEX_DO_MATCH)
            matched = true;
        else if (inst->code == REGEX_DO_ASSERT && (inst->of.holds & holds) != 0)
            b->stack[n++] = (uint16_t)inst->next;
        if (inst->code == REGEX_DO_SPLIT) {
            b->stack[n++] = (uint16_t)inst->of.other;
            b->stack[n++] = (uint16_t)inst->next;
        }
    }
    return matched;
}

/* True for what is more than a way to somewhere else. */
static bool waits(const struct regex_inst *inst)
{
    return inst->code == REGEX_DO_CHAR || inst->code == REGEX_DO_CLASS ||
           inst->code == REGEX_DO_ANY ||
           (inst->code == REGEX_DO_ASSERT && inst->of.holds == REGEX_END_TEXT);
}

/* Whether the expression matches when the text ends where the instructions of b->in wait. */
static bool matches_at_end(struct builder *b, uint32_t holds)
{
    bool in[MAX_PROGRAM], matched = false;

    memcpy(in, b->in, sizeof(in));
    for (uint32_t i = 0; i < b->regex->count && !matched; i++)
        if (in[i] && b->regex->program[i].code == REGEX_DO_ASSERT &&
            b->regex->program[i].of.holds == REGEX_END_TEXT) {
            memset(b->in, 0, sizeof(b->in));
            matched = spread(b, i, holds | REGEX_END_TEXT);
        }
    memcpy(b->in, in, sizeof(in));
    return matched;
}

static bool same(const struct state *s, const struct state *like)
{
    return s->count == like->count &&
           (s->count == 0 || memcmp(s->insts, like->insts, s->count * sizeof(*s->insts)) == 0);
}

/* The state in which the instructions of b->in wait: one that there is, or a new one. -1 when there
 * are too many. */
static int intern(struct builder *b, uint32_t holds)
{
    struct regex_table *t = b->table;
    uint16_t insts[MAX_PROGRAM];
    struct state like = {insts, 0};
    struct state *made;

    for (uint32_t i = 0; i < b->regex->count; i++)
        if (b->in[i] && waits(&b->regex->program[i]))
            insts[like.count++] = (uint16_t)i;
    /* The first state is where the text begins, and nothing comes back to it. */
    for (uint32_t i = START + 1; i < t->states; i++)
        if (same(&b->states[i], &like))
            return (int)i;
    if (like.count == 0 && t->states > START)
        return DEAD;
    if (t->states == MAX_STATES || (t->states + 1) * t->columns > MAX_CELLS)
        return -1;
    made = &b->states[t->states];
    made->count = like.count;
    made->insts = arena_array(b->arena, like.count + 1, sizeof(*made->insts));
    if (!made->insts)
        return -1;
    memcpy(made->insts, insts, like.count * sizeof(*insts));
    b->ends[t->states] = matches_at_end(b, holds);
    return (int)t->states++;
}

/* The state after a character of a column, which the character `c` begins. */
static int step(struct builder *b, const struct state *from, uint32_t c)
{
    bool matched = false;

    memset(b->in, 0, sizeof(b->in));
    for (size_t i = 0; i < from->count && !matched; i++) {
        const struct regex_inst *inst = &b->regex->program[from->insts[i]];

        if (inst->code != REGEX_DO_ASSERT && regex_takes(inst, c))
            matched = spread(b, inst->next, 0);
    }
    if (!matched && !b->regex->anchored)
        matched = spread(b, b->regex->start, 0);
    return matched ? MATCHED : intern(b, 0);
}

static int make_rows(struct builder *b)
{
    struct regex_table *t = b->table;

    for (uint32_t s = START; s < t->states; s++)
        for (uint32_t column = 0; column < t->columns; column++) {
            int to = budget_take(b->budget, b->regex->count / 16 + 1)
                         ? step(b, &b->states[s], t->borders[column])
                         : -1;

            if (to < 0)
                return -1;
            b->next[s * t->columns + column] = (uint16_t)to;
        }
    return 0;
}

static int make_states(struct builder *b)
{
    size_t cells = (size_t)b->table->columns * (MAX_CELLS / b->table->columns);

    b->states = arena_array(b->arena, MAX_STATES, sizeof(*b->states));
    b->ends = arena_array(b->arena, MAX_STATES, sizeof(*b->ends));
    b->next = arena_array(b->arena, cells, sizeof(*b->next));
    if (!b->states || !b->ends || !b->next)
        return -1;
    b->table->states = START;
    for (uint32_t column = 0; column < b->table->columns; column++)
        b->next[DEAD * b->table->columns + column] = DEAD;
    memset(b->in, 0, sizeof(b->in));
    if (spread(b, b->regex->start, REGEX_BEGIN_TEXT) || intern(b, REGEX_BEGIN_TEXT) != START)
        return -1; /* it matches at once, which needs no table */
    return make_rows(b);
}

/* Copies what is needed to the arena that stays. */
static const struct regex_table *keep(const struct builder *b, struct arena *arena)
{
    const struct regex_table *t = b->table;
    struct regex_table *kept = arena_alloc(arena, sizeof(*kept));
    uint32_t *borders = arena_array(arena, t->columns, sizeof(*borders));
    uint16_t *next = arena_array(arena, (size_t)t->states * t->columns, sizeof(*next));
    bool *ends = arena_array(arena, t->states, sizeof(*ends));

    if (!kept || !borders || !next || !ends)
        return NULL;
    *kept = *t;
    memcpy(borders, t->borders, t->columns * sizeof(*borders));
    memcpy(next, b->next, (size_t)t->states * t->columns * sizeof(*next));
    memcpy(ends, b->ends, t->states * sizeof(*ends));
    kept->borders = borders;
    kept->next = next;
    kept->ends = ends;
    return kept;
}

const struct regex_table *regex_table_create(const struct regex *regex, struct arena *arena,
                                             struct budget *budget)
{
    struct arena work;
    struct regex_table table = {0};
    struct builder b = {.regex = regex, .arena = &work, .budget = budget, .table = &table};
    const struct regex_table *kept = NULL;

    if (regex->count > MAX_PROGRAM ||
        (regex->assertions & ~(unsigned)(REGEX_BEGIN_TEXT | REGEX_END_TEXT)) != 0)
        return NULL;
    arena_init(&work, 1024 * 1024);
    if (make_columns(&b) == 0 && make_states(&b) == 0)
        kept = keep(&b, arena);
    arena_release(&work);
    return kept;
}

/* --- matching ------------------------------------------------------------------------------- */

enum { BYTES_A_LOOK = 4096, BYTES_A_STEP = 16 };

enum regex_result regex_table_match(const struct regex_table *t, struct view text,
                                    struct budget *budget)
{
    uint32_t state = START;
    size_t at = 0, look = BYTES_A_LOOK;

    while (at < text.n && state > DEAD) {
        uint32_t c;

        if (at >= look) {
            if (!budget_take(budget, BYTES_A_LOOK / BYTES_A_STEP))
                return REGEX_UNDECIDED;
            look = at + BYTES_A_LOOK;
        }
        c = utf8_next(text, &at);
        state = t->next[state * t->columns + (c < 128 ? t->letter[c] : column_of(t, c))];
    }
    if (!budget_take(budget, 1 + (text.n % BYTES_A_LOOK) / BYTES_A_STEP))
        return REGEX_UNDECIDED;
    if (state == MATCHED)
        return REGEX_MATCH;
    return state != DEAD && t->ends[state] ? REGEX_MATCH : REGEX_NO_MATCH;
}
