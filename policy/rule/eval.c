#include "policy/rule/check.h"

#include "base/arena.h"
#include "base/budget.h"
#include "base/parse_error.h"
#include "policy/object/template_hash.h"

#include <stdio.h>
#include <string.h>

static struct finding *append(struct eval *e)
{
    struct finding *f = arena_alloc(e->arena, sizeof(*f));

    if (!f) {
        eval_fail(e, "the review needs more memory than is allowed");
        return NULL;
    }
    if (e->last)
        e->last->next = f;
    else
        e->first = f;
    e->last = f;
    return f;
}

struct finding *eval_find(struct eval *e, struct view path, struct view found, struct view needs)
{
    struct finding *f;

    /* Findings whose texts had no room would all be the same one, and be let off as existing. */
    if (!path.p || !found.p || !needs.p) {
        eval_fail(e, "the review needs more memory than is allowed");
        return NULL;
    }
    eval_expired_by(e, path.n / 64); /* what it took to write it */
    f = append(e);
    if (!f)
        return NULL;
    f->path = path;
    f->found = found;
    f->needs = needs;
    return f;
}

struct finding *eval_find_value(struct eval *e, struct view path, struct yyjson_val *value,
                                struct view found, struct view needs)
{
    struct finding *f = eval_find(e, path, found, needs);

    if (!f)
        return NULL;
    f->compared = true;
    f->values[0] = value;
    return f;
}

struct finding *eval_headline(struct eval *e, const char *format, ...)
{
    struct finding *f = append(e);
    va_list args;

    if (!f)
        return NULL;
    va_start(args, format);
    f->headline = arena_vprintf(e->arena, format, args);
    va_end(args);
    if (!f->headline.p)
        eval_fail(e, "the review needs more memory than is allowed");
    return f;
}

void eval_detail(struct eval *e, struct finding *f, const char *label, const char *format, ...)
{
    struct detail *detail = f ? arena_alloc(e->arena, sizeof(*detail)) : NULL;
    struct detail **end;
    va_list args;

    if (!detail)
        return;
    detail->label = label;
    va_start(args, format);
    detail->text = arena_vprintf(e->arena, format, args);
    va_end(args);
    for (end = &f->details; *end; end = &(*end)->next)
        ;
    *end = detail;
}

void eval_flaw(struct eval *e, struct finding *f, const char *what,
               const struct parse_error *parse_error)
{
    char why[sizeof(parse_error->why) + sizeof(parse_error->hint) + 2];

    snprintf(why, sizeof(why), "%s%s%s", parse_error->why, parse_error->hint[0] ? "; " : "",
             parse_error->hint);
    /* It may quote the value, whose line ends must not begin lines of ours. */
    for (char *p = why; (p = strchr(p, '\n'));)
        *p = ' ';
    eval_detail(e, f, "because", "%s: %s", what, why);
}

void eval_tell_start(struct eval *e, struct finding *f)
{
    if (e->deploy->starts)
        eval_detail(e, f, "note", "the change of %s starts a template that is not known to run",
                    e->deploy->starts);
}

struct view eval_target(const struct eval *e)
{
    const struct request *r = e->request;
    char *kind = arena_str(e->arena, r->kind);

    for (size_t i = 0; kind && i < r->kind.n; i++)
        if (kind[i] >= 'A' && kind[i] <= 'Z')
            kind[i] = (char)(kind[i] - 'A' + 'a');
    return arena_printf(e->arena, "-n %.*s %s/%.*s", VIEW_ARGS(r->namespace_), kind ? kind : "",
                        VIEW_ARGS(r->name));
}

int eval_fail(struct eval *e, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    e->error = arena_vprintf(e->arena, format, args);
    va_end(args);
    if (!e->error.p)
        e->error = VIEW("the review needs more memory than is allowed");
    return -1;
}

int eval_hashes(struct eval *e)
{
    const struct request *r = e->request;

    if (!e->deploy->hash.p)
        e->deploy->hash = template_hash(&r->workload, e->arena, e->request->budget);
    if (e->deploy->hash.p && r->old_workload.pod && !e->deploy->old_hash.p)
        e->deploy->old_hash = template_hash(&r->old_workload, e->arena, e->request->budget);
    if (e->deploy->hash.p && (!r->old_workload.pod || e->deploy->old_hash.p))
        return 0;
    return eval_expired(e) ? eval_late(e)
                           : eval_fail(e, "the review needs more memory than is allowed");
}

bool eval_expired_by(struct eval *e, size_t n)
{
    return !budget_take(e->request->budget, n);
}

bool eval_expired(struct eval *e)
{
    return eval_expired_by(e, 1);
}

int eval_late(struct eval *e)
{
    return eval_fail(e, "%s", e->request->budget->over);
}

int eval_undecided(struct eval *e, struct view what)
{
    return eval_expired(e) ? eval_late(e)
                           : eval_fail(e, "%.*s reached its match limit", VIEW_ARGS(what));
}

bool eval_next_container(struct eval *e, struct container *at)
{
    if (eval_expired_by(e, 1 + yyjson_obj_size(at->value) / KEYS_A_STEP)) {
        eval_late(e);
        return false;
    }
    return container_next(e->workload, at);
}
