#include "cli/judge.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/limits.h"
#include "policy/evaluate.h"
#include "policy/message.h"
#include "server/http.h"
#include "server/review.h"

#include <stdlib.h>
#include <string.h>

/* One review underway. */
struct hearing {
    struct judge *judge;
    struct arena arena;
    struct request request;
    struct verdict verdict;
    char why[512]; /* it is no review */
};

/* --- the review ---------------------------------------------------------------------------------
 */

static bool same_object(const json_t *a, const json_t *b)
{
    const char *version = manifest_string(a, "apiVersion"), *slash = strchr(version, '/');
    size_t group = slash ? (size_t)(slash - version) + 1 : 0;
    const char *other = manifest_string(b, "apiVersion");

    if (strncmp(version, other, group) != 0 || (group == 0 && strchr(other, '/')))
        return false;
    return strcmp(manifest_string(a, "kind"), manifest_string(b, "kind")) == 0 &&
           strcmp(manifest_meta(a, "namespace"), manifest_meta(b, "namespace")) == 0 &&
           strcmp(manifest_meta(a, "name"), manifest_meta(b, "name")) == 0;
}

static json_t *find_old(const struct judge *j, const json_t *object)
{
    for (size_t i = 0; i < j->old->count; i++)
        if (!j->old->items[i].error && same_object(object, j->old->items[i].object))
            return j->old->items[i].object;
    return NULL;
}

/* The review's bytes with the padding that reading them needs; NULL when memory is out. */
static char *review_text(const struct judge *j, const struct document *document, size_t *n)
{
    json_t *review;
    char *text;

    if (document->review.p) {
        *n = document->review.n;
        text = malloc(*n + HTTP_BODY_PADDING);
        return text ? memcpy(text, document->review.p, *n) : NULL;
    }
    if (manifest_complete(document->object, &j->caller) < 0)
        return NULL;
    review = manifest_review(document->object, find_old(j, document->object), &j->caller);
    *n = json_dumpb(review, NULL, 0, JSON_COMPACT | JSON_REAL_PRECISION(15));
    text = review ? malloc(*n + HTTP_BODY_PADDING) : NULL;
    if (text)
        json_dumpb(review, text, *n, JSON_COMPACT | JSON_REAL_PRECISION(15));
    json_decref(review);
    return text;
}

/* Returns 0, or -1 with h->why. */
static int read_review(struct hearing *h, char *text, size_t n)
{
    const char *problem = NULL;
    struct review review;
    struct buf why;
    int status;

    memset(text + n, 0, HTTP_BODY_PADDING);
    buf_init(&why, sizeof(h->why) - 1);
    status = review_read(text, n, &h->arena, &review, &why);
    if (status == 0 && (status = request_read(review.request, &h->request, &problem)) < 0)
        buf_add_str(&why, problem);
    memcpy(h->why, buf_view(&why).p, buf_view(&why).n + 1);
    buf_release(&why);
    return status == 0 ? 0 : -1;
}

static int ask(struct hearing *h)
{
    struct judge *j = h->judge;
    struct world world = j->world;

    world.namespace_labels = namespaces_labels;
    world.ctx = &j->namespaces;
    j->namespaces.arena = &h->arena;
    if (evaluate_is_out_of_the_way(&h->request, &world)) {
        h->verdict.allowed = true;
        return 0;
    }
    return evaluate(j->set, &h->request, &world, j->now, 0, &h->arena, &h->verdict);
}

/* --- the result ---------------------------------------------------------------------------------
 */

static json_t *text_of(struct view v)
{
    return json_stringn(v.p ? v.p : "", v.n);
}

static int add_violation(struct hearing *h, const struct rule_result *r, const struct finding *f,
                         json_t *list)
{
    struct view line = message_line(r, f, &h->arena);

    return json_array_append_new(
        list, json_pack("{s:o, s:o, s:s, s:o, s:o}", "policy", text_of(r->policy->name), "rule",
                        text_of(r->rule->id), "mode", mode_name(r->rule->mode), "path",
                        text_of(f ? f->path : VIEW("")), "message", text_of(line)));
}

static json_t *list_violations(struct hearing *h)
{
    json_t *list = json_array();
    int status = 0;

    for (const struct rule_result *r = h->verdict.first; r; r = r->next) {
        if (r->status == RULE_UNANSWERED)
            status |= add_violation(h, r, NULL, list);
        for (const struct finding *f = r->findings; f && r->status == RULE_BROKEN; f = f->next)
            status |= add_violation(h, r, f, list);
    }
    if (status == 0)
        return list;
    json_decref(list);
    return NULL;
}

/* The document's own warnings, then those that kubectl would print. */
static json_t *list_warnings(struct hearing *h, const struct document *document)
{
    json_t *list = document->warnings ? json_copy(document->warnings) : json_array();
    const struct view *warnings = NULL;
    size_t count = 0;

    if (h->verdict.first)
        warnings = message_warnings(&h->verdict, &h->arena, &count);
    for (size_t i = 0; warnings && i < count; i++)
        json_array_append_new(list, text_of(warnings[i]));
    return list;
}

static char *duplicate(struct view v)
{
    return v.p ? strndup(v.p, v.n) : NULL;
}

static void fill_result(struct hearing *h, const struct document *document, struct judgement *out)
{
    const struct request *r = &h->request;

    out->allowed = h->verdict.allowed;
    out->subject = duplicate(message_subject(r, &h->arena));
    out->message = duplicate(message_denial(&h->verdict, r, &h->arena));
    out->result = json_pack("{s:s, s:I, s:o, s:o, s:o, s:b, s:o, s:o, s:n}", "file", document->file,
                            "document", (json_int_t)document->number, "kind", text_of(r->kind),
                            "namespace", text_of(r->namespace_), "name", text_of(r->name),
                            "allowed", out->allowed, "violations", list_violations(h), "warnings",
                            list_warnings(h, document), "error");
}

/* A document that could not be judged is not allowed. */
static void fill_error(const struct document *document, const char *error, struct judgement *out)
{
    out->error = strdup(error);
    out->result = json_pack("{s:s, s:I, s:s, s:s, s:s, s:b, s:[], s:[], s:s}", "file",
                            document->file, "document", (json_int_t)document->number, "kind",
                            manifest_string(document->object, "kind"), "namespace",
                            manifest_meta(document->object, "namespace"), "name",
                            manifest_meta(document->object, "name"), "allowed", 0, "violations",
                            "warnings", "error", error);
}

int judge_document(struct judge *j, struct document *document, struct judgement *out)
{
    struct hearing h = {.judge = j};
    size_t n = 0;
    char *text = NULL;

    *out = (struct judgement){.allowed = false};
    arena_init(&h.arena, LIMIT_ARENA);
    if (document->error) {
        fill_error(document, document->error, out);
        goto out;
    }
    text = review_text(j, document, &n);
    if (!text)
        goto out;
    if (read_review(&h, text, n) < 0)
        fill_error(document, h.why, out);
    else if (ask(&h) < 0)
        fill_error(document, "the review needs more memory than is allowed", out);
    else
        fill_result(&h, document, out);
out:
    free(text);
    arena_release(&h.arena);
    return out->result ? 0 : -1;
}

void judgement_release(struct judgement *out)
{
    free(out->error);
    free(out->subject);
    free(out->message);
    json_decref(out->result);
}
