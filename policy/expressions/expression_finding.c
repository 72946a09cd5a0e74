#include "policy/expressions/expression_finding.h"

#include "base/arena.h"
#include "base/budget.h"
#include "base/buf.h"
#include "base/json/json.h"
#include "cel/reason.h"
#include "policy/expressions/expression.h"
#include "policy/expressions/inputs.h"
#include "policy/limits.h"
#include "policy/object/value.h"
#include "policy/rule/check.h"
#include "policy/rule/path.h"

#include <string.h>

/* A value in the documents of a review, and the way to it. */
struct spot {
    const struct expression *x;
    struct eval *e;
    struct buf *out;   /* its path, as a message has it */
    yyjson_val *value; /* NULL: it is not there */
    yyjson_val
        *element; /* the outermost on the way that stands in a list without a name; or NULL */
    size_t place; /* where its number stands in the path */
};

/* --- where it is ------------------------------------------------------------------------------ */

static void start(struct spot *s, uint32_t variable)
{
    const struct workload *w = s->e->workload;

    if (variable < INPUT_COUNT)
        s->value = inputs_json(s->e, (enum input)variable);
    if (variable == INPUT_POD && w->kind)
        buf_add_str(s->out, w->kind->prefix);
    else if (variable != INPUT_OBJECT && variable != INPUT_POD && variable != INPUT_CONTAINERS)
        buf_add_str(s->out, s->x->variables[variable].name);
}

/* The i-th of all containers. */
static void enter_container(struct spot *s, int64_t i)
{
    struct container c = {0};
    struct view path = {NULL, 0};

    while (eval_next_container(s->e, &c))
        if (i-- == 0) {
            path = container_path(s->e->arena, s->e->workload, &c, "");
            s->value = c.value;
            break;
        }
    buf_add(s->out, path);
}

static void enter_element(struct spot *s, const struct cel_step *step)
{
    yyjson_val *list = s->value;
    struct view name;

    s->value = step->json;
    if (!s->value && yyjson_is_arr(list) && step->key.i >= 0) {
        eval_expired_by(s->e, 1 + yyjson_arr_size(list) / KEYS_A_STEP);
        s->value = yyjson_arr_get(list, (size_t)step->key.i);
    }
    name = json_text(s->value, "name");
    if (name.n > 0) {
        buf_printf(s->out, "[%.*s]", VIEW_ARGS(name));
        return;
    }
    if (!s->element) {
        s->element = s->value;
        s->place = s->out->n + 1;
    }
    buf_printf(s->out, "[%lld]", (long long)step->key.i);
}

static void enter_field(struct spot *s, const struct cel_step *step)
{
    struct view key = cel_text(step->key);

    eval_expired_by(s->e, 1 + yyjson_obj_size(s->value) / KEYS_A_STEP);
    s->value = step->json ? step->json : yyjson_obj_getn(s->value, key.p, key.n);
    path_add_key(s->out, key);
}

/* Recurses to the variable: an expression is nested LIMIT_CEL_DEPTH levels at most. */
static void go(struct spot *s, const struct cel_step *step)
{
    if (!step->from) {
        start(s, step->variable);
        return;
    }
    go(s, step->from);
    if (step->variable == INPUT_CONTAINERS && step->depth == 1)
        enter_container(s, step->key.i);
    else if (step->key.kind == CEL_INT)
        enter_element(s, step);
    else
        enter_field(s, step);
}

/* Returns the path, absent when memory runs out. */
static struct view find_spot(const struct expression *x, struct eval *e,
                             const struct cel_step *step, struct spot *s)
{
    struct view text = {NULL, 0};
    struct buf out;

    *s = (struct spot){.e = e, .x = x, .out = &out};
    buf_init(&out, LIMIT_MESSAGE);
    go(s, step);
    if (yyjson_is_null(s->value))
        s->value = NULL;
    if (!out.failed)
        text = arena_copy(e->arena, buf_view(&out));
    buf_release(&out);
    return text;
}

/* --- what was found --------------------------------------------------------------------------- */

/* Whether it stands in the documents of the review. */
static bool is_shown(const struct cel_step *step)
{
    return step->variable < INPUT_COUNT && step->variable != INPUT_NAMESPACE;
}

/* Empty where nothing can be shown. */
static struct view shown(const struct eval *e, const struct cel_step *step, yyjson_val *value)
{
    if (!is_shown(step))
        return VIEW("");
    return value ? value_quoted(value, e->arena) : VIEW("nothing");
}

/* "spec.min 3, spec.max 2", of what can be shown; of one alone its value. */
static struct view shown_all(const struct expression *x, struct eval *e,
                             const struct cel_reason *reason)
{
    struct view text = {NULL, 0}, value = VIEW("");
    size_t count = 0;
    struct buf out;
    struct spot s;

    buf_init(&out, LIMIT_MESSAGE);
    for (size_t i = 0; i < reason->count; i++) {
        struct view path = find_spot(x, e, reason->reads[i], &s);

        if (!is_shown(reason->reads[i]))
            continue;
        value = shown(e, reason->reads[i], s.value);
        buf_printf(&out, "%s%.*s %.*s", count++ > 0 ? ", " : "", VIEW_ARGS(path), VIEW_ARGS(value));
    }
    if (count == 1 && is_shown(reason->reads[0]))
        text = value;
    else if (!out.failed)
        text = arena_copy(e->arena, buf_view(&out));
    buf_release(&out);
    return text;
}

/* What an UPDATE has to leave as it was: all that the part reads, or else the element. */
static void compare_by(const struct expression *x, struct finding *f,
                       const struct cel_reason *reason, struct eval *e, yyjson_val *at)
{
    struct spot s;

    if (reason->more || reason->count == 0) {
        f->values[0] = at;
        f->compared = at != NULL;
        return;
    }
    for (size_t i = 0; i < reason->count; i++) {
        find_spot(x, e, reason->reads[i], &s);
        f->values[i] = s.value;
    }
    f->compared = true;
}

static void add_nowhere(const struct expression *x, struct view needs, struct eval *e)
{
    struct finding *f = eval_headline(e, "%.*s", VIEW_ARGS(expression_text(x, e)));

    if (!f)
        return;
    f->found = VIEW("false");
    f->needs = needs;
}

static void add_finding(const struct expression *x, const struct cel_reason *reason,
                        struct view needs, struct eval *e)
{
    bool plain = reason->count == 1 && !reason->more;
    const struct cel_step *where = plain || !reason->element ? reason->reads[0] : reason->element;
    struct view path, found;
    struct finding *f;
    struct spot s;

    path = find_spot(x, e, where, &s);
    if (plain || reason->count == 0)
        found = shown(e, where, s.value);
    else
        found = reason->more ? VIEW("what is there") : shown_all(x, e, reason);
    f = eval_find(e, path.n > 0 || !path.p ? path : VIEW("metadata"), found, needs);
    if (f && found.n == 0)
        f->found = (struct view){NULL, 0};
    if (!f || x->of_write)
        return;
    compare_by(x, f, reason, e, s.value);
    f->element = s.element;
    f->place = s.place;
}

/* --- the path of the author ------------------------------------------------------------------- */

struct author {
    const struct expression *x;
    struct eval *e;
    struct view needs;
    bool found;
};

static int visit(void *ctx, yyjson_val *value, const struct path_step *step)
{
    struct author *a = ctx;
    struct finding *f;

    if (a->found)
        return 0;
    a->found = true;
    f = eval_find_value(a->e, path_text(step, a->e->arena), value,
                        value ? value_quoted(value, a->e->arena) : VIEW("nothing"), a->needs);
    if (f)
        f->compared = !a->x->of_write;
    return 0;
}

/* The first value that is there. */
static int find_at(const struct expression *x, const struct path *path, struct view needs,
                   struct eval *e)
{
    struct author a = {x, e, needs, false};

    if (path_walk(path, e, visit, &a) < 0)
        return e->error.p ? -1 : eval_late(e);
    if (!a.found)
        eval_find(e, path->text, VIEW("nothing"), needs);
    return 0;
}

int expression_find(const struct expression *x, struct cel_run *run, const struct path *path,
                    struct view needs, struct eval *e)
{
    const struct cel_reason *reasons;
    const struct finding *before;

    if (path)
        return find_at(x, path, needs, e);
    run->cost_limit = 0;
    reasons = cel_reasons(x->program, run);
    if (run->halted)
        return eval_expired(e) ? eval_late(e) : eval_fail(e, "%s", run->halted);
    before = e->last;
    for (const struct cel_reason *r = reasons; r; r = r->next)
        if (r->count > 0 || r->element)
            add_finding(x, r, needs, e);
    if (e->last == before && !e->error.p)
        add_nowhere(x, needs, e);
    return e->error.p ? -1 : 0;
}
