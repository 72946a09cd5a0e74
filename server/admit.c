#include "server/admit.h"

#include "base/arena.h"
#include "base/budget.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/parse_error.h"
#include "base/time/duration.h"
#include "policy/evaluate.h"
#include "policy/limits.h"
#include "policy/message.h"
#include "server/cluster.h"
#include "server/decision_log.h"
#include "server/http/http.h"
#include "server/limits.h"
#include "server/review.h"
#include "server/rules/rule_counters.h"
#include "server/server_state.h"

#include <string.h>

enum { SECOND = 1000 * 1000 * 1000, DEFAULT_SECONDS = 10, MARGIN_PART = 10 };

/* One review on its way. */
struct admission {
    struct server_state *server;
    struct rule_counters *rules;
    struct arena arena;
    struct cluster_view cluster_view; /* the gate's, with a view of the cluster */
    struct review review;
    struct request request;
    struct verdict verdict;
    struct review_answer answer;
    size_t cause_bytes; /* of its causes */
    struct budget budget;
};

/* --- time ----------------------------------------------------------------------------------- */

int admit_time(struct view timeout, int64_t *allowed)
{
    int64_t seconds = DEFAULT_SECONDS;
    struct parse_error parse_error;

    if (timeout.p && duration_parse(timeout, 1, LIMIT_REVIEW_TIME, &seconds, &parse_error) < 0)
        return -1;
    *allowed = seconds * (SECOND - SECOND / MARGIN_PART);
    return 0;
}

/* --- the answer ----------------------------------------------------------------------------- */

static size_t count_causes(const struct verdict *v)
{
    size_t n = 0;

    for (const struct rule_result *r = v->first; r; r = r->next) {
        if (r->effect != EFFECT_DENY)
            continue;
        n += r->findings == NULL;
        for (const struct finding *f = r->findings; f && n < LIMIT_CAUSES; f = f->next)
            n++;
    }
    return n < LIMIT_CAUSES ? n : LIMIT_CAUSES;
}

static void add_cause(struct admission *a, struct review_cause *causes, size_t room,
                      const struct rule_result *r, const struct finding *f)
{
    struct review_cause *cause = &causes[a->answer.cause_count];
    struct view line;

    a->cause_bytes += f ? f->path.n : 0;
    if (a->answer.cause_count == room || a->cause_bytes > LIMIT_ANSWER)
        return;
    line = message_line(r, f, &a->arena);
    *cause = (struct review_cause){
        f ? message_field(f, &a->arena) : VIEW(""),
        arena_printf(&a->arena, "%.*s: %.*s", VIEW_ARGS(r->rule->id), VIEW_ARGS(line))};
    a->cause_bytes += cause->field.n - (f ? f->path.n : 0) + cause->message.n;
    a->answer.cause_count++;
}

/* Parts for which memory runs out are left out; so are all causes when they do not fit into an
 * answer. The verdict stays the same. */
static void fill_causes(struct admission *a)
{
    size_t room = count_causes(&a->verdict);
    struct review_cause *causes = arena_array(&a->arena, room, sizeof(*causes));

    a->answer.causes = causes;
    for (const struct rule_result *r = a->verdict.first; causes && r; r = r->next) {
        if (r->effect != EFFECT_DENY)
            continue;
        if (!r->findings)
            add_cause(a, causes, room, r, NULL);
        for (const struct finding *f = r->findings; f && a->answer.cause_count < room; f = f->next)
            add_cause(a, causes, room, r, f);
    }
    if (a->cause_bytes > LIMIT_ANSWER)
        a->answer.cause_count = 0;
}

/* What a rule's result is called in the API server's audit log; NULL when it has no place there. */
static const char *note_key(const struct rule_result *r)
{
    if (r->status == RULE_EXEMPT)
        return "exempt";
    if (r->status == RULE_EXISTING)
        return "existing";
    if (r->status == RULE_NOTED)
        return NULL;
    if (r->effect == EFFECT_DENY)
        return "denied";
    return r->effect == EFFECT_WARN ? "warned" : "audited";
}

/* "policy/rule, policy/rule" of the results with that key, as many as there is room for. */
static struct view list_rules(struct admission *a, const char *key)
{
    struct view list;
    struct buf out;

    buf_init(&out, LIMIT_NOTE);
    for (const struct rule_result *r = a->verdict.first; r; r = r->next) {
        const char *its = note_key(r);

        if (its && strcmp(its, key) == 0)
            buf_printf(&out, "%s%.*s/%.*s", out.n ? ", " : "", VIEW_ARGS(r->policy->name),
                       VIEW_ARGS(r->rule->id));
    }
    list = arena_copy(&a->arena, buf_view(&out));
    buf_release(&out);
    return list;
}

static void fill_notes(struct admission *a)
{
    static const char *const keys[] = {"denied", "warned", "audited", "exempt", "existing"};
    enum { KEYS = sizeof(keys) / sizeof(keys[0]) };
    struct review_note *notes = arena_array(&a->arena, KEYS + 1, sizeof(*notes));

    a->answer.notes = notes;
    if (!notes)
        return;
    for (size_t i = 0; i < KEYS && a->verdict.first; i++) {
        struct view list = list_rules(a, keys[i]);

        if (list.n > 0)
            notes[a->answer.note_count++] = (struct review_note){view_of(keys[i]), list};
    }
    if (a->verdict.template_hash.n > 0)
        notes[a->answer.note_count++] =
            (struct review_note){VIEW("template-hash"), a->verdict.template_hash};
}

static void fill_answer(struct admission *a)
{
    a->answer.allowed = a->verdict.allowed;
    if (!a->verdict.allowed) {
        a->answer.message = message_denial(&a->verdict, &a->request, &a->arena);
        if (!a->answer.message.p)
            a->answer.message = VIEW("the rules deny it, and there is no room to say why");
        fill_causes(a);
    }
    if (a->verdict.first)
        a->answer.warnings = message_warnings(&a->verdict, &a->arena, &a->answer.warning_count);
    if (!a->answer.warnings)
        a->answer.warning_count = 0;
    fill_notes(a);
}

/* --- the review ----------------------------------------------------------------------------- */

static enum counted_operation counted_operation(enum operation operation)
{
    switch (operation) {
    case CREATE: return COUNTED_CREATE;
    case UPDATE: return COUNTED_UPDATE;
    case DELETE: return COUNTED_DELETE;
    case CONNECT: return COUNTED_CONNECT;
    }
    return COUNTED_CONNECT;
}

int admit_read(const struct http_request *http, bool whole, struct arena *arena,
               struct review *review, struct request *request, struct http_response *response)
{
    const char *problem = "the request cannot be read";
    struct buf why;
    int status;

    buf_init(&why, 512);
    status = review_read(http->body, http->body_size, whole, arena, review, &why);
    if (status == 0 && request_read(review->request, request, &problem) < 0) {
        buf_add_str(&why, problem);
        status = 400;
    }
    if (status != 0)
        http_text(response, (unsigned)status, "%.*s", VIEW_ARGS(buf_view(&why)));
    buf_release(&why);
    return status == 0 ? 0 : -1;
}

/* Returns 0 with the verdict; -1 when memory runs out. */
static int ask_rules(struct admission *a)
{
    return cluster_enter(a->server->cluster, &a->arena, &a->cluster_view) < 0 ||
                   evaluate(rule_counters_set(a->rules), &a->request, &a->cluster_view,
                            clock_wall(), &a->arena, &a->verdict) < 0
               ? -1
               : 0;
}

static void decide(struct admission *a)
{
    if (cluster_view_exempts(&a->request, &a->cluster_view)) {
        a->verdict = (struct verdict){.allowed = true};
        fill_answer(a);
        return;
    }
    if (ask_rules(a) == 0) {
        fill_answer(a);
        return;
    }
    a->verdict = (struct verdict){.allowed = false};
    a->answer = (struct review_answer){
        .message =
            VIEW("the rules could not be asked: the review needs more memory than is allowed")};
}

void admit_record(struct server_state *g, const struct request *request,
                  const struct verdict *verdict, int64_t arrived)
{
    int64_t duration = clock_monotonic_ns() - arrived;

    server_counters_review(&g->counters, verdict->allowed, counted_operation(request->operation),
                           request->dry_run, duration);
    decision_log_write(g->decisions, request, verdict, duration);
}

/* A verdict is sent without causes and notes rather than not at all: with failurePolicy Ignore, a
 * request without a verdict would be admitted. */
static int write_answer(struct view uid, struct review_answer *answer, struct buf *out)
{
    if (review_write(uid, answer, out) == 0)
        return 0;
    buf_reset(out);
    answer->cause_count = answer->note_count = 0;
    return review_write(uid, answer, out);
}

void admit_answer(struct view uid, struct review_answer *answer, struct http_response *response)
{
    if (write_answer(uid, answer, &response->body) == 0) {
        response->status = 200;
        response->content_type = "application/json";
    } else {
        http_text(response, 500, "the answer could not be written: out of memory");
    }
}

static void answer(struct admission *a, const struct http_request *request,
                   struct http_response *response)
{
    if (admit_read(request, !rule_counters_set(a->rules)->ignores_managed_fields, &a->arena,
                   &a->review, &a->request, response) < 0)
        return;
    a->request.budget = &a->budget;
    decide(a);
    admit_answer(a->review.uid, &a->answer, response);
    for (const struct rule_result *r = a->verdict.first; r; r = r->next)
        rule_counters_count(a->rules, r);
    admit_record(a->server, &a->request, &a->verdict, request->arrived);
}

struct budget admit_budget(const struct server_state *g, const struct http_request *request)
{
    int64_t allowed = 0;

    admit_time(request->timeout, &allowed);
    return (struct budget){.deadline = request->arrived + allowed,
                           .cpu_from = request->arrived + g->review_cpu,
                           .cpu_deadline = clock_thread_ns() + g->review_cpu};
}

void admit(struct server_state *g, const struct http_request *request,
           struct http_response *response)
{
    struct admission a = {.server = g, .rules = server_state_rules(g)};

    if (!a.rules) {
        http_text(response, 503, "no rules are loaded");
        return;
    }
    a.budget = admit_budget(g, request);
    arena_init(&a.arena, LIMIT_ARENA);
    a.cluster_view = g->cluster_view;
    answer(&a, request, response);
    arena_release(&a.arena);
    rule_counters_release(a.rules);
}
