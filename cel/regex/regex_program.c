#include "cel/regex/regex_program.h"

#include "base/arena.h"
#include "base/budget.h"

/* The program is made from its end to its beginning: what a part goes on to is known then. */
struct maker {
    struct regex_inst *program;
    uint32_t count, room;
    uint32_t assertions;
    struct budget *budget;
    bool failed;
};

static uint32_t emit(struct maker *m, struct regex_inst inst)
{
    if (m->failed || m->count == m->room || !budget_take(m->budget, 1)) {
        m->failed = true;
        return 0;
    }
    m->program[m->count] = inst;
    return m->count++;
}

static uint32_t split(struct maker *m, uint32_t first, uint32_t second, bool lazy)
{
    return emit(m, (struct regex_inst){.code = REGEX_DO_SPLIT,
                                       .next = lazy ? second : first,
                                       .of.other = lazy ? first : second});
}

/* A tree is LIMIT_REGEX_DEPTH high at most, and so deep does this call itself. */
static uint32_t make(struct maker *m, const struct regex_node *node, uint32_t next);

/* Once or more often. *loop is where it comes back to after each. */
static uint32_t make_loop(struct maker *m, const struct regex_node *node, uint32_t next,
                          uint32_t *loop)
{
    uint32_t again = split(m, 0, next, node->lazy);
    uint32_t body = make(m, node->first, again);

    if (m->failed)
        return 0;
    if (node->lazy)
        m->program[again].of.other = body;
    else
        m->program[again].next = body;
    *loop = again;
    return body;
}

static uint32_t make_repeat(struct maker *m, const struct regex_node *node, uint32_t next)
{
    uint32_t at = next, loop = 0;

    if (node->max < 0) {
        at = make_loop(m, node, next, &loop);
        /* What can match nothing goes round once at most without a character, and what comes after
         * it is still tried in its turn. */
        if (node->min == 0)
            return node->first->nullable ? split(m, at, next, node->lazy) : loop;
        for (int i = 1; i < node->min && !m->failed; i++)
            at = make(m, node->first, at);
        return at;
    }
    for (int i = node->min; i < node->max && !m->failed; i++)
        at = split(m, make(m, node->first, at), next, node->lazy);
    for (int i = 0; i < node->min && !m->failed; i++)
        at = make(m, node->first, at);
    return at;
}

static uint32_t make_alternatives(struct maker *m, const struct regex_node *node, uint32_t next)
{
    const struct regex_node *one = node->last;
    uint32_t at = make(m, one, next);

    for (one = one->before; one && !m->failed; one = one->before)
        at = split(m, make(m, one, next), at, false);
    return at;
}

static uint32_t make(struct maker *m, const struct regex_node *node, uint32_t next)
{
    switch (node->op) {
    case REGEX_EMPTY: return next;
    case REGEX_CHAR:
        return emit(m, (struct regex_inst){REGEX_DO_CHAR, next, {.character = node->value}});
    case REGEX_CLASS:
        return emit(m, (struct regex_inst){REGEX_DO_CLASS, next, {.class = node->class}});
    case REGEX_ANY: return emit(m, (struct regex_inst){.code = REGEX_DO_ANY, .next = next});
    case REGEX_ASSERT:
        m->assertions |= node->value;
        return emit(m, (struct regex_inst){REGEX_DO_ASSERT, next, {.holds = node->value}});
    case REGEX_CONCAT:
        for (const struct regex_node *n = node->last; n && !m->failed; n = n->before)
            next = make(m, n, next);
        return next;
    case REGEX_ALTERNATE: return make_alternatives(m, node, next);
    case REGEX_REPEAT: return make_repeat(m, node, next);
    case REGEX_CAPTURE: return make(m, node->first, next);
    }
    return next;
}

int regex_program(const struct regex_node *tree, struct arena *arena, struct budget *budget,
                  struct regex *out)
{
    struct maker m = {.room = (uint32_t)tree->size + 2, .budget = budget};
    const struct regex_inst *first;

    m.program = arena_array(arena, m.room, sizeof(*m.program));
    if (!m.program)
        return -1;
    out->start = make(&m, tree, emit(&m, (struct regex_inst){.code = REGEX_DO_MATCH}));
    if (m.failed)
        return -1;
    out->program = m.program;
    out->count = m.count;
    out->assertions = m.assertions;
    first = &m.program[out->start];
    out->anchored = first->code == REGEX_DO_ASSERT && first->of.holds == REGEX_BEGIN_TEXT;
    return 0;
}
