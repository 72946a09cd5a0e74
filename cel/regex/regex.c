#include "cel/regex/regex.h"

#include "base/arena.h"
#include "base/budget.h"
#include "base/text/utf8.h"
#include "cel/regex/regex_table.h"

#define NOWHERE SIZE_MAX

const struct regex *regex_compile(struct view text, enum regex_use use, struct arena *arena,
                                  struct budget *budget, struct view *error)
{
    const struct regex_node *tree = regex_parse(text.p ? text : VIEW(""), arena, budget, error);
    struct regex *regex = tree ? arena_alloc(arena, sizeof(*regex)) : NULL;

    if (!regex || regex_program(tree, arena, budget, regex) < 0)
        return NULL;
    if (use == REGEX_OFTEN)
        regex->table = regex_table_create(regex, arena, budget);
    return regex;
}

/* --- the simulation: https://swtch.com/~rsc/regexp/regexp2.html ----------------------------- */

/* A thread that waits for a character, and where the match began that it is in. */
struct thread {
    uint32_t at;
    size_t from;
};

struct threads {
    struct thread *all; /* those that matter most first */
    uint32_t count;
};

struct run {
    const struct regex *regex;
    struct view text;
    struct budget *budget;
    struct threads now, later;
    uint32_t *marks; /* by instruction: the step in which it was reached last */
    uint32_t mark;   /* of this step */
    uint32_t *stack;
    bool first; /* any match will do */
};

/* Lays the lists out in the room, which grows when it has to. */
static int run_init(struct run *run, const struct regex *regex, struct view text,
                    struct regex_room *room)
{
    size_t n = regex->count;
    size_t size = n * (2 * sizeof(struct thread) + 2 * sizeof(uint32_t)) + sizeof(uint32_t);

    if (room->size < size) {
        room->bytes = arena_alloc(room->arena, size);
        room->size = room->bytes ? size : 0;
    }
    if (!room->bytes)
        return -1;
    *run = (struct run){.regex = regex, .text = text, .budget = room->budget};
    run->now.all = room->bytes;
    run->later.all = run->now.all + n;
    run->marks = (uint32_t *)(run->later.all + n);
    run->stack = run->marks + n;
    memset(run->marks, 0, n * sizeof(*run->marks));
    return budget_take(run->budget, n / 64 + 1) ? 0 : -1;
}

static bool is_word(struct view text, size_t at)
{
    unsigned char c = at < text.n ? (unsigned char)text.p[at] : 0;

    return (c >= '0' && c <= '9') || c == '_' || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

/* The assertions that hold at a place, as bits. */
static uint32_t holds_at(struct view text, size_t at)
{
    uint32_t holds = 0;
    bool word = is_word(text, at) != (at > 0 && is_word(text, at - 1));

    if (at == 0)
        holds |= REGEX_BEGIN_TEXT | REGEX_BEGIN_LINE;
    else if (text.p[at - 1] == '\n')
        holds |= REGEX_BEGIN_LINE;
    if (at == text.n)
        holds |= REGEX_END_TEXT | REGEX_END_LINE;
    else if (text.p[at] == '\n')
        holds |= REGEX_END_LINE;
    return holds | (word ? REGEX_WORD : REGEX_NO_WORD);
}

/* Adds the threads that one at an instruction becomes before it takes a character, in the order in
 * which they matter. */
static void add(struct run *run, struct threads *to, struct thread thread, uint32_t holds)
{
    uint32_t *stack = run->stack;
    size_t n = 0;

    stack[n++] = thread.at;
    while (n > 0) {
        uint32_t at = stack[--n];
        const struct regex_inst *inst = &run->regex->program[at];

        while (run->marks[at] != run->mark) {
            run->marks[at] = run->mark;
            if (inst->code == REGEX_DO_SPLIT)
                stack[n++] = inst->of.other;
            else if (inst->code != REGEX_DO_ASSERT)
                to->all[to->count++] = (struct thread){at, thread.from};
            if (inst->code != REGEX_DO_SPLIT &&
                (inst->code != REGEX_DO_ASSERT || (inst->of.holds & holds) == 0))
                break;
            at = inst->next;
            inst = &run->regex->program[at];
        }
    }
}

/* Where the next match can begin at the earliest. */
static size_t skip(const struct run *run, size_t at)
{
    const struct regex_inst *first = &run->regex->program[run->regex->start];
    const char *found;

    if (run->regex->anchored && at > 0)
        return NOWHERE;
    if (first->code != REGEX_DO_CHAR || first->of.character >= 128)
        return at;
    found = at < run->text.n ? memchr(run->text.p + at, (int)first->of.character, run->text.n - at)
                             : NULL;
    return found ? (size_t)(found - run->text.p) : NOWHERE;
}

/* Lets each thread take the character c, which ends at `after`; c is UINT32_MAX at the end of the
 * text. When one has matched, those that matter less are dropped. */
static bool advance(struct run *run, uint32_t c, size_t at, size_t after, struct view *found)
{
    uint32_t holds = c <= UTF8_LAST && run->regex->assertions != 0 ? holds_at(run->text, after) : 0;
    bool matched = false;

    run->later.count = 0;
    run->mark++;
    for (uint32_t i = 0; i < run->now.count && !matched; i++) {
        struct thread t = run->now.all[i];
        const struct regex_inst *inst = &run->regex->program[t.at];

        if (inst->code == REGEX_DO_MATCH) {
            *found = (struct view){run->text.p + t.from, at - t.from};
            matched = true;
        } else if (c <= UTF8_LAST && regex_takes(inst, c)) {
            add(run, &run->later, (struct thread){inst->next, t.from}, holds);
        }
    }
    return matched;
}

static enum regex_result search(struct run *run, size_t at, struct view *found)
{
    bool matched = false;

    run->mark = 1;
    for (;;) {
        struct threads swap = run->now;
        size_t before = at;
        uint32_t c = UINT32_MAX;

        if (run->now.count == 0) {
            at = matched ? NOWHERE : skip(run, at);
            if (at == NOWHERE)
                break;
            before = at;
            run->mark++;
        }
        if (!matched && !(run->regex->anchored && at > 0))
            add(run, &run->now, (struct thread){run->regex->start, at},
                run->regex->assertions != 0 ? holds_at(run->text, at) : 0);
        if (!budget_take(run->budget, 1 + run->now.count / 8))
            return REGEX_UNDECIDED;
        if (at < run->text.n)
            c = utf8_next(run->text, &at);
        matched = advance(run, c, before, at, found) || matched;
        if (c > UTF8_LAST || (matched && run->first))
            break;
        run->now = run->later;
        run->later = swap;
    }
    return matched ? REGEX_MATCH : REGEX_NO_MATCH;
}

enum regex_result regex_match(const struct regex *regex, struct view text, struct regex_room *room)
{
    struct view found;
    struct run run;

    if (regex->table)
        return regex_table_match(regex->table, text, room->budget);
    if (run_init(&run, regex, text.p ? text : VIEW(""), room) < 0)
        return REGEX_UNDECIDED;
    run.first = true;
    return search(&run, 0, &found);
}

/* Where the search after a match goes on: beyond it, and so beyond a character when it is empty. */
static size_t after(struct view text, size_t at, size_t to)
{
    if (to > at)
        return to;
    if (at == text.n)
        return NOWHERE;
    utf8_next(text, &at);
    return at;
}

enum regex_result regex_next(struct regex_walk *walk, struct regex_room *room, struct view *found)
{
    if (!walk->text.p)
        walk->text = VIEW("");
    while (walk->at <= walk->text.n) {
        enum regex_result result;
        bool adjacent;
        struct run run;
        size_t to;

        if (run_init(&run, walk->regex, walk->text, room) < 0)
            return REGEX_UNDECIDED;
        result = search(&run, walk->at, found);
        if (result != REGEX_MATCH)
            return result;
        to = (size_t)(found->p - walk->text.p) + found->n;
        adjacent = walk->found && found->n == 0 && to == walk->end;
        walk->at = after(walk->text, walk->at, to);
        walk->end = to;
        walk->found = true;
        if (!adjacent)
            return REGEX_MATCH;
    }
    return REGEX_NO_MATCH;
}
