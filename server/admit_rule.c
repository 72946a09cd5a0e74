#include "server/admit_rule.h"

#include "base/arena.h"
#include "base/budget.h"
#include "base/buf.h"
#include "base/diag.h"
#include "base/json/json.h"
#include "base/json/json_same.h"
#include "base/sys/log.h"
#include "base/text/quote.h"
#include "policy/evaluate.h"
#include "policy/limits.h"
#include "policy/rule_object.h"
#include "policy/set.h"
#include "policy/warnings.h"
#include "server/admit.h"
#include "server/http/http.h"
#include "server/review.h"
#include "server/rules/rule_counters.h"
#include "server/server_state.h"

/* One review on its way. */
struct rule_admission {
    struct server_state *server;
    struct arena arena;
    struct review review;
    struct request request;
    struct budget budget;
    struct source source;
    struct review_answer answer;
};

/* --- the answer ----------------------------------------------------------------------------- */

static struct view finish(struct rule_admission *a, struct buf *text)
{
    struct view copy = arena_copy(&a->arena, view_trim(buf_view(text)));

    buf_release(text);
    return copy;
}

static struct view place_of(struct rule_admission *a, const struct diag *diag)
{
    struct buf path;

    buf_init(&path, LIMIT_MESSAGE);
    if (diag->place.line > 0 && diag->place.source && diag->place.source->write_place)
        diag->place.source->write_place(diag->place.source->text, diag->place.line,
                                        diag->place.column, &path);
    return finish(a, &path);
}

static void add_cause(struct rule_admission *a, struct review_cause *causes,
                      const struct diag *diag)
{
    struct buf text;

    if (a->answer.cause_count == LIMIT_CAUSES)
        return;
    buf_init(&text, LIMIT_MESSAGE);
    buf_add(&text, diag->message);
    if (diag->hint.p)
        buf_printf(&text, "; %.*s", VIEW_ARGS(diag->hint));
    causes[a->answer.cause_count++] = (struct review_cause){place_of(a, diag), finish(a, &text)};
}

static void deny(struct rule_admission *a, const struct diags *diags)
{
    struct review_cause *causes = arena_array(&a->arena, LIMIT_CAUSES, sizeof(*causes));
    struct buf text;

    buf_init(&text, LIMIT_MESSAGE);
    buf_printf(&text, "%.*s has %zu error%s\n", VIEW_ARGS(a->source.name), diags->errors,
               diags->errors == 1 ? "" : "s");
    for (const struct diag *d = diags->first; d; d = d->next) {
        if (d->level != DIAG_ERROR)
            continue;
        diag_write(d, &text);
        if (causes)
            add_cause(a, causes, d);
    }
    a->answer.causes = causes;
    a->answer.message = finish(a, &text);
}

/* A warning can be left out when memory runs out: it denies nothing. */
static void warn(struct rule_admission *a, const struct diags *diags)
{
    struct warnings warnings;

    if (warnings_init(&warnings, &a->arena) < 0)
        return;
    for (const struct diag *d = diags->first; d; d = d->next) {
        struct buf text, line;

        if (d->level != DIAG_WARNING)
            continue;
        buf_init(&text, LIMIT_MESSAGE);
        buf_init(&line, LIMIT_MESSAGE);
        buf_printf(&text, "%.*s: %.*s", VIEW_ARGS(place_of(a, d)), VIEW_ARGS(d->message));
        if (d->hint.p)
            buf_printf(&text, "; %.*s", VIEW_ARGS(d->hint));
        quote_line(&line, buf_view(&text));
        buf_release(&text);
        warnings_add(&warnings, finish(a, &line), &a->arena);
    }
    a->answer.warnings = warnings.texts;
    a->answer.warning_count = warnings.count;
}

/* --- the verdict ---------------------------------------------------------------------------- */

static void deny_with(struct rule_admission *a, const char *problem)
{
    a->answer.message = arena_printf(&a->arena, "%.*s: %s", VIEW_ARGS(a->source.name), problem);
}

static void compile(struct rule_admission *a)
{
    struct rule_counters *rules = server_state_rules(a->server);
    struct policy_set *set;
    struct diags diags;
    int status =
        rule_object_check(&a->source, rules ? rule_counters_set(rules) : NULL, &diags, &set);

    a->answer.allowed = status == 0;
    if (set)
        warn(a, &diags);
    if (status < 0 && set)
        deny(a, &diags);
    else if (status < 0)
        deny_with(a, "out of memory");
    policy_set_release(set);
    rule_counters_release(rules);
}

/* A write that leaves the rules as they were is admitted, so that labels and finalizers of a broken
 * object can be changed. */
static bool says_something_new(struct rule_admission *a)
{
    const struct request *r = &a->request;

    if (r->subresource.n > 0 || object_is_terminating(r->object))
        return false;
    if (r->operation == CREATE)
        return true;
    return r->operation == UPDATE &&
           json_same(yyjson_obj_get(r->object, "spec"), yyjson_obj_get(r->old_object, "spec"),
                     &a->arena, &a->budget) != 1;
}

static void decide(struct rule_admission *a, const struct document_kind *kind)
{
    const char *problem;

    a->answer.allowed = !says_something_new(a);
    if (a->answer.allowed)
        return;
    if (rule_object_source(a->request.object, kind, &a->arena, &a->source, &problem) < 0)
        deny_with(a, problem);
    else
        compile(a);
    if (!a->answer.allowed)
        LOG(a->server->log, LOG_LEVEL_INFO, "rule_refused", LOG_VIEW("object", a->source.name),
            LOG_VIEW("error", a->answer.message));
}

static void answer(struct rule_admission *a, const struct http_request *request,
                   struct http_response *response)
{
    const struct document_kind *kind;

    if (admit_read(request, false, &a->arena, &a->review, &a->request, response) < 0)
        return;
    kind = rule_object_kind(a->request.group, a->request.kind);
    if (!kind) {
        http_text(response, 400,
                  "this address takes reviews of rules: those of other objects go to /validate");
        return;
    }
    decide(a, kind);
    admit_answer(a->review.uid, &a->answer, response);
    admit_record(a->server, &a->request, &(struct verdict){.allowed = a->answer.allowed},
                 request->arrived);
}

void admit_rule(struct server_state *g, const struct http_request *request,
                struct http_response *response)
{
    struct rule_admission a = {.server = g};

    a.budget = admit_budget(g, request);
    arena_init(&a.arena, LIMIT_ARENA);
    answer(&a, request, response);
    arena_release(&a.arena);
}
