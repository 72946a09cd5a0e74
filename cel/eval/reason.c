#include "cel/reason.h"

#include "base/arena.h"
#include "cel/equal.h"
#include "cel/eval/node.h"
#include "cel/list.h"

enum { MOST_KEYS = 32 };

struct search {
    struct cel_run *run;
    const struct cel_step **slots; /* by slot: how its value was reached; NULL: it is not known */
    const struct cel_step *element;
    struct cel_reason *first, *last;
};

static void explain(struct search *s, const struct cel_node *node, bool truth);

/* --- how a value was reached ------------------------------------------------------------------ */

static const struct cel_step *add_step(struct search *s, const struct cel_step *from,
                                       uint32_t variable, struct cel_value key, yyjson_val *json)
{
    struct cel_step *step = arena_alloc(s->run->arena, sizeof(*step));

    if (!step) {
        cel_no_memory(s->run);
        return NULL;
    }
    *step = (struct cel_step){from, variable, from ? from->depth + 1 : 0, key, json};
    return step;
}

/* Follows the keys of a path as far as they are known. */
static const struct cel_step *add_parts(struct search *s, const struct cel_step *step,
                                        const struct cel_node *node)
{
    for (uint32_t i = 0; i < node->path.part_count && step; i++) {
        const struct cel_part *part = &node->path.parts[i];
        struct cel_value key = part->index ? cel_node_eval(part->index, s->run) : part->key;

        if (key.kind == CEL_UINT && key.u <= INT64_MAX)
            key = cel_int((int64_t)key.u);
        if (key.kind != CEL_STRING && key.kind != CEL_INT)
            return step;
        step = add_step(s, step, step->variable, key, NULL);
    }
    return step;
}

/* NULL when the node is not a path from a variable. */
static const struct cel_step *steps_of(struct search *s, const struct cel_node *node)
{
    const struct cel_step *root = NULL;

    if (node->op == CEL_OP_OR_ELSE)
        return steps_of(s, node->args[0]);
    if (node->op != CEL_OP_PATH)
        return NULL;
    if (node->path.root == CEL_ROOT_VARIABLE)
        root = add_step(s, NULL, node->path.number, cel_null(), NULL);
    else if (node->path.root == CEL_ROOT_SLOT)
        root = s->slots[node->path.number];
    else if (node->path.root == CEL_ROOT_NODE)
        root = steps_of(s, node->args[0]);
    return add_parts(s, root, node);
}

/* --- what a part reads ------------------------------------------------------------------------ */

/* Whether a leads to b, or to where b passes through. */
static bool is_on_way(const struct cel_step *a, const struct cel_step *b)
{
    while (b && b->depth > a->depth)
        b = b->from;
    for (; a && b && a->from && b->from; a = a->from, b = b->from)
        if (a->key.kind != b->key.kind ||
            (a->key.kind == CEL_INT ? a->key.i != b->key.i
                                    : !view_eq(cel_text(a->key), cel_text(b->key))))
            return false;
    return a && b && !a->from && !b->from && a->variable == b->variable;
}

static void add_read(struct cel_reason *reason, const struct cel_step *read)
{
    size_t kept = 0;

    for (size_t i = 0; i < reason->count; i++)
        if (is_on_way(read, reason->reads[i]))
            return;
    for (size_t i = 0; i < reason->count; i++)
        if (!is_on_way(reason->reads[i], read))
            reason->reads[kept++] = reason->reads[i];
    reason->more = reason->more || kept == CEL_READS;
    if (kept < CEL_READS)
        reason->reads[kept++] = read;
    reason->count = kept;
}

/* Recurses as deep as the expression is nested (LIMIT_CEL_DEPTH). */
static void add_reads(struct search *s, struct cel_reason *reason, const struct cel_node *node)
{
    const struct cel_step *read = steps_of(s, node);

    if (!cel_step(s->run, 1))
        return;
    if (read)
        add_read(reason, read);
    if (node->op == CEL_OP_PATH)
        for (uint32_t i = 0; i < node->path.part_count; i++)
            if (node->path.parts[i].index)
                add_reads(s, reason, node->path.parts[i].index);
    for (uint32_t i = 0; i < node->count; i++)
        if (node->args[i] && !(read && node->op == CEL_OP_PATH))
            add_reads(s, reason, node->args[i]);
}

static void add_reason(struct search *s, const struct cel_node *node)
{
    struct cel_reason *reason = arena_alloc(s->run->arena, sizeof(*reason));

    if (!reason) {
        cel_no_memory(s->run);
        return;
    }
    reason->element = s->element;
    add_reads(s, reason, node);
    if (s->last)
        s->last->next = reason;
    else
        s->first = reason;
    s->last = reason;
}

/* --- which part it is ------------------------------------------------------------------------- */

static bool is_now(struct search *s, const struct cel_node *node, bool truth)
{
    struct cel_value v = cel_node_eval(node, s->run);

    return v.kind == CEL_BOOL && v.truth == truth;
}

static void explain_each(struct search *s, const struct cel_node *node, bool truth)
{
    for (uint32_t i = 0; i < node->count && cel_goes_on(s->run); i++)
        if (is_now(s, node->args[i], truth))
            explain(s, node->args[i], truth);
}

/* Each element that decides an all() or exists(). */
static void explain_elements(struct search *s, const struct cel_node *node, bool truth)
{
    struct cel_iter iter = cel_iter(cel_node_eval(node->args[0], s->run));
    const struct cel_step *range = steps_of(s, node->args[0]), *outer = s->element, *inner;
    bool keys = !node->fold.two && iter.of.kind == CEL_MAP;

    while (cel_iter_next(&iter) && cel_goes_on(s->run)) {
        cel_fold_set_variables(node, s->run, &iter);
        if (!is_now(s, node->args[1], truth))
            continue;
        inner = range ? add_step(s, range, range->variable, iter.key, iter.json) : NULL;
        s->slots[node->fold.slots[node->fold.two]] = keys ? NULL : inner;
        s->element = inner ? inner : outer;
        explain(s, node->args[1], truth);
    }
    s->slots[node->fold.slots[node->fold.two]] = NULL;
    s->element = outer;
}

static bool is_not(const struct cel_node *node)
{
    return node->op == CEL_OP_CALL && view_eq_str(node->call.set->rows[0]->name, "!_");
}

/* Of a node that has this very value. */
static void explain(struct search *s, const struct cel_node *node, bool truth)
{
    if (!cel_goes_on(s->run))
        return;
    if (node->op == (truth ? CEL_OP_OR : CEL_OP_AND))
        explain_each(s, node, truth);
    else if (node->op == CEL_OP_IF)
        explain(s, node->args[is_now(s, node->args[0], true) ? 1 : 2], truth);
    else if (node->op == CEL_OP_FOLD && node->fold.kind == (truth ? CEL_EXISTS : CEL_ALL))
        explain_elements(s, node, truth);
    else if (is_not(node))
        explain(s, node->args[0], !truth);
    else
        add_reason(s, node);
}

const struct cel_reason *cel_reasons(const struct cel_program *program, struct cel_run *run)
{
    struct search s = {.run = run};

    run->slots = arena_array(run->arena, program->slots + 1, sizeof(*run->slots));
    s.slots = arena_array(run->arena, program->slots + 1, sizeof(const struct cel_step *));
    if (run->slots && s.slots)
        explain(&s, program->root, false);
    else
        cel_no_memory(run);
    run->slots = NULL;
    return run->halted ? NULL : s.first;
}

/* --- before it runs --------------------------------------------------------------------------- */

struct reading {
    int (*take)(void *ctx, uint32_t variable, const struct cel_value *keys, size_t count);
    void *ctx;
};

static int take_path(const struct reading *r, const struct cel_node *node)
{
    struct cel_value keys[MOST_KEYS];
    size_t count = 0;

    if (node->path.root != CEL_ROOT_VARIABLE)
        return 0;
    while (count < node->path.part_count && count < MOST_KEYS && !node->path.parts[count].index) {
        keys[count] = node->path.parts[count].key;
        count++;
    }
    return r->take(r->ctx, node->path.number, keys, count);
}

/* Recurses as deep as the expression is nested. */
static int take_each(const struct reading *r, const struct cel_node *node)
{
    int result = node->op == CEL_OP_PATH ? take_path(r, node) : 0;

    if (node->op == CEL_OP_PATH)
        for (uint32_t i = 0; i < node->path.part_count && result == 0; i++)
            if (node->path.parts[i].index)
                result = take_each(r, node->path.parts[i].index);
    for (uint32_t i = 0; i < node->count && result == 0; i++)
        if (node->args[i])
            result = take_each(r, node->args[i]);
    return result;
}

int cel_program_each_read(const struct cel_program *program,
                          int (*take)(void *ctx, uint32_t variable, const struct cel_value *keys,
                                      size_t count),
                          void *ctx)
{
    const struct reading r = {take, ctx};

    return take_each(&r, program->root);
}
