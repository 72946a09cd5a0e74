#include "cli/eval/eval_document.h"

#include "base/buf.h"
#include "base/json/json.h"
#include "policy/evaluate.h"
#include "policy/limits.h"
#include "policy/message.h"
#include "server/http/http.h"
#include "server/review.h"

#include <stdlib.h>
#include <string.h>

enum { LONGEST_PROBLEM = 511 };

/* One review underway. */
struct hearing {
    struct eval_run *judge;
    struct eval_result *out;
    struct request request;
    struct verdict verdict;
};

/* --- the review ------------------------------------------------------------------------------- */

static bool same_object(const json_t *a, const json_t *b)
{
    const char *version = json_string_at(a, "apiVersion"), *slash = strchr(version, '/');
    size_t group = slash ? (size_t)(slash - version) + 1 : 0;
    const char *other = json_string_at(b, "apiVersion");

    if (strncmp(version, other, group) != 0 || (group == 0 && strchr(other, '/')))
        return false;
    return strcmp(json_string_at(a, "kind"), json_string_at(b, "kind")) == 0 &&
           strcmp(manifest_meta(a, "namespace"), manifest_meta(b, "namespace")) == 0 &&
           strcmp(manifest_meta(a, "name"), manifest_meta(b, "name")) == 0;
}

static json_t *find_old(const struct eval_run *j, const json_t *object)
{
    for (size_t i = 0; i < j->old->count; i++)
        if (!j->old->items[i].error && same_object(object, j->old->items[i].object))
            return j->old->items[i].object;
    return NULL;
}

/* The review's bytes with the padding that reading them needs; NULL when memory runs out. */
static char *review_text(const struct eval_run *j, const struct document *document, size_t *n)
{
    /* So many digits that each number reads back as it is. */
    static const size_t flags = JSON_COMPACT | JSON_REAL_PRECISION(17);
    json_t *review;
    char *text;

    if (document->review.p) {
        *n = document->review.n;
        text = malloc(*n + BODY_PADDING);
        return text ? memcpy(text, document->review.p, *n) : NULL;
    }
    if (manifest_complete(document->object, &j->caller) < 0)
        return NULL;
    review = manifest_review(document->object, find_old(j, document->object), &j->caller);
    *n = json_dumpb(review, NULL, 0, flags);
    text = review ? malloc(*n + BODY_PADDING) : NULL;
    if (text)
        json_dumpb(review, text, *n, flags);
    json_decref(review);
    return text;
}

/* Returns 0, or -1 with the judgement's error. */
static int read_review(struct hearing *h, size_t n)
{
    const char *problem = NULL;
    struct review review;
    struct buf why;
    int status;

    memset(h->out->body + n, 0, BODY_PADDING);
    buf_init(&why, LONGEST_PROBLEM);
    status = review_read(h->out->body, n, true, &h->out->arena, &review, &why);
    if (status == 0 && (status = request_read(review.request, &h->request, &problem)) < 0)
        buf_add_str(&why, problem);
    if (status != 0)
        h->out->error = arena_str(&h->out->arena, buf_view(&why));
    buf_release(&why);
    return status == 0 ? 0 : -1;
}

static int ask(struct hearing *h)
{
    struct eval_run *j = h->judge;
    struct cluster_view cluster_view = j->cluster_view;

    cluster_view.namespace_labels = namespaces_labels;
    cluster_view.ctx = &j->namespaces;
    j->namespaces.arena = &h->out->arena;
    if (cluster_view_exempts(&h->request, &cluster_view)) {
        h->verdict.allowed = true;
        return 0;
    }
    return evaluate(j->set, &h->request, &cluster_view, j->now, &h->out->arena, &h->verdict);
}

/* --- the result ------------------------------------------------------------------------------- */

static size_t count_findings(const struct rule_result *r)
{
    size_t n = r->status == RULE_UNANSWERED;

    for (const struct finding *f = r->findings; f && r->status == RULE_BROKEN; f = f->next)
        n++;
    return n;
}

static struct violation violation_of(struct hearing *h, const struct rule_result *r,
                                     const struct finding *f)
{
    return (struct violation){.policy = r->policy->name,
                              .rule = r->rule,
                              .effect = r->effect,
                              .path = f ? f->path : (struct view){NULL, 0},
                              .message = message_line(r, f, &h->out->arena)};
}

static int list_violations(struct hearing *h)
{
    struct violation *at;
    size_t n = 0;

    for (const struct rule_result *r = h->verdict.first; r; r = r->next)
        n += count_findings(r);
    h->out->violations = at = arena_array(&h->out->arena, n, sizeof(*at));
    h->out->violation_count = n;
    if (!at)
        return -1;
    for (const struct rule_result *r = h->verdict.first; r; r = r->next) {
        if (r->status == RULE_UNANSWERED)
            *at++ = violation_of(h, r, NULL);
        for (const struct finding *f = r->findings; f && r->status == RULE_BROKEN; f = f->next)
            *at++ = violation_of(h, r, f);
    }
    return 0;
}

static int fill_verdict(struct hearing *h)
{
    struct eval_result *out = h->out;

    out->allowed = h->verdict.allowed;
    out->kind = h->request.kind;
    out->namespace_ = h->request.namespace_;
    out->name = h->request.name;
    out->subject = message_subject(&h->request, &out->arena);
    out->message = message_denial(&h->verdict, &h->request, &out->arena);
    if (h->verdict.first)
        out->warnings = message_warnings(&h->verdict, &out->arena, &out->warning_count);
    return out->subject.p && out->message.p ? list_violations(h) : -1;
}

/* A document that could not be judged is not allowed. */
static void fill_error(const struct document *document, const char *error, struct eval_result *out)
{
    out->error = error;
    out->kind = view_of(json_string_at(document->object, "kind"));
    out->namespace_ = view_of(manifest_meta(document->object, "namespace"));
    out->name = view_of(manifest_meta(document->object, "name"));
}

int eval_document(struct eval_run *j, struct document *document, struct eval_result *out)
{
    struct hearing h = {.judge = j, .out = out};
    size_t n = 0;

    *out = (struct eval_result){.allowed = false};
    arena_init(&out->arena, LIMIT_ARENA);
    if (document->error) {
        fill_error(document, document->error, out);
        return 0;
    }
    out->body = review_text(j, document, &n);
    if (!out->body)
        return -1;
    if (read_review(&h, n) < 0)
        fill_error(document, out->error, out);
    else if (ask(&h) < 0)
        fill_error(document, "the review needs more memory than is allowed", out);
    else
        return fill_verdict(&h);
    return out->error ? 0 : -1;
}

void eval_result_release(struct eval_result *out)
{
    free(out->body);
    arena_release(&out->arena);
}
