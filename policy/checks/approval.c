/* approval: somebody else consents to this very template, or, in its simple form, an annotation
 * bears a ticket number. docs/approval.md says which writes of the annotation are admitted, and why
 * none of them can approve a template that nobody approved. */
#include "policy/rule/check.h"

#include "base/arena.h"
#include "base/parse_error.h"
#include "base/text/letters.h"
#include "base/text/pattern.h"
#include "base/time/duration.h"
#include "base/time/timefmt.h"
#include "policy/guard/guard_status.h"
#include "policy/limits.h"
#include "policy/object/approval_annotation.h"
#include "policy/object/workload.h"
#include "policy/rule/subjects.h"

enum { HOUR = 60 * 60, DAY = 24 * HOUR };

struct approval {
    /* The simple form: */
    struct view annotation; /* absent in the other one */
    const struct pattern *pattern;
    struct view pattern_text;
    /* Consent by an approver: */
    struct subjects approvers;
    bool not_requester;
    int64_t valid_for;
};

static const struct schema_field args[] = {
    {"approvers", SCHEMA_OBJECT, .fields = subjects_fields, .doc = "who may approve"},
    {"notRequester", SCHEMA_BOOLEAN,
     .doc = "the approver must be another person than the deployer"},
    {"validFor", SCHEMA_DURATION, .min = 60, .max = LIMIT_APPROVAL_DAYS * (int64_t)DAY,
     .doc = "how long an approval holds; 24h when left out"},
    {"annotation", SCHEMA_STRING, .doc = "in place of approvers: an annotation that must be there"},
    {"pattern", SCHEMA_PATTERN, .doc = "what the whole of that annotation must match"},
    {0},
};

/* --- compiling -------------------------------------------------------------------------------- */

static int refuse_together(const struct node *node, const char *a, const char *b, struct compile *c)
{
    if (!node_get(node, a) || !node_get(node, b))
        return 0;
    diag_error(c->diags, node_get(node, b)->place,
               "\"%s\" and \"%s\" belong to two kinds of approval", a, b);
    diag_hint(c->diags, "keep one, or make it two rules");
    return -1;
}

static int read_ticket(const struct node *node, struct compile *c, struct approval *out)
{
    const struct node *pattern = node_get(node, "pattern");

    out->annotation = node_get(node, "annotation")->text;
    if (!pattern) {
        diag_error(c->diags, node->place, "\"annotation\" has no \"pattern\"");
        diag_hint(c->diags, "write pattern: '\\S+' where any text will do");
        return -1;
    }
    out->pattern_text = pattern->text;
    return compile_pattern(pattern, c, &out->pattern);
}

static int read_validity(const struct node *node, struct compile *c, struct approval *out)
{
    struct parse_error parse_error;

    out->valid_for = DAY;
    if (!node || duration_parse(node->text, 60, LIMIT_APPROVAL_DAYS * (int64_t)DAY, &out->valid_for,
                                &parse_error) == 0)
        return 0;
    schema_flaw(node, "duration", &parse_error, c->diags);
    return -1;
}

static int read_approvers(const struct node *node, struct compile *c, struct approval *out)
{
    const struct node *approvers = node_get(node, "approvers");
    const struct node *not_requester = node_get(node, "notRequester");

    if (!approvers) {
        diag_error(c->diags, node->place, "nobody is named who may approve");
        diag_hint(c->diags, "add approvers: {groups: [...]}, or an annotation and its pattern");
        return -1;
    }
    out->not_requester = not_requester && not_requester->truth;
    return subjects_compile(approvers, "approvers", c, &out->approvers) |
           read_validity(node_get(node, "validFor"), c, out);
}

static const void *compile(const struct node *node, struct compile *c)
{
    struct approval *approval = arena_alloc(c->arena, sizeof(*approval));
    int result = 0;

    if (!approval)
        return NULL;
    result |= refuse_together(node, "approvers", "annotation", c);
    result |= refuse_together(node, "approvers", "pattern", c);
    result |= refuse_together(node, "annotation", "notRequester", c);
    result |= refuse_together(node, "annotation", "validFor", c);
    if (node_get(node, "annotation"))
        result |= read_ticket(node, c, approval);
    else if (result == 0)
        result |= read_approvers(node, c, approval);
    return result < 0 ? NULL : approval;
}

/* --- a ticket --------------------------------------------------------------------------------- */

static int ask_for_ticket(const struct approval *a, struct eval *e)
{
    struct view value = object_annotation(e->object, a->annotation.p);
    bool says = letters_any(value);
    struct finding *f;

    if (!e->deploy->is)
        return 0;
    if (says) {
        enum pattern_result result = pattern_match(a->pattern, value, e->request->budget);

        if (result == PATTERN_UNDECIDED)
            return eval_undecided(e, arena_printf(e->arena, "the pattern of annotation %.*s",
                                                  VIEW_ARGS(a->annotation)));
        if (result == PATTERN_MATCH)
            return 0;
    }
    if (guard_status_passes(e))
        return 0;
    f = eval_find(e, arena_printf(e->arena, "metadata.annotations[%.*s]", VIEW_ARGS(a->annotation)),
                  value.p ? value : VIEW("nothing"),
                  arena_printf(e->arena, "a match of %.*s%s", VIEW_ARGS(a->pattern_text),
                               value.p && !says ? " that holds a letter or digit" : ""));
    eval_tell_start(e, f);
    guard_status_note_doubt(e, f);
    return 0;
}

/* --- consent ---------------------------------------------------------------------------------- */

/* The command that an approver types. An object that does not exist yet can only have the
 * annotation from the start. */
static void tell_command(const struct approval *a, struct eval *e, struct finding *f)
{
    static const char whoami[] = "$(kubectl auth whoami -o jsonpath='{.status.userInfo.username}')";
    const struct request *r = e->request;
    struct approval_annotation grant = {e->deploy->hash, view_of(whoami), e->now + a->valid_for};
    struct view value = approval_annotation_print(&grant, e->arena);

    if (r->operation == CREATE && a->not_requester) {
        eval_detail(
            e, f, "how",
            "no approval admits what does not exist yet: who creates it may not approve it\n"
            "create it without this rule, as who writes the rules can exempt it by its name; "
            "each later version can be approved");
        return;
    }
    if (r->operation == CREATE) {
        eval_detail(e, f, "how",
                    "%.*s creates it with the annotation\n" APPROVAL_ANNOTATION_ANNOTATION
                    "=\"%.*s\"",
                    VIEW_ARGS(a->approvers.text), VIEW_ARGS(value));
        return;
    }
    eval_detail(e, f, "how",
                "%.*s%s approves this very template with\nkubectl annotate --overwrite "
                "%.*s " APPROVAL_ANNOTATION_ANNOTATION "=\"%.*s\"",
                VIEW_ARGS(a->approvers.text), a->not_requester ? ", not the deployer," : "",
                VIEW_ARGS(eval_target(e)), VIEW_ARGS(value));
}

/* No approval that was valid when written lasts longer. */
static bool outlasts(const struct approval *a, const struct eval *e,
                     const struct approval_annotation *grant)
{
    return grant->until > e->now + a->valid_for + LIMIT_CLOCK_SKEW;
}

/* Why an approval does not count here; NULL when it does. Approvals are judged when they are
 * written, but not those that are older than the rule: so what can be judged again is judged here.
 */
static const char *why_not(const struct approval *a, const struct eval *e,
                           const struct approval_annotation *grant)
{
    if (!view_eq(grant->hash, e->deploy->hash))
        return "an approval of another template";
    if (e->now >= grant->until)
        return "an approval that has expired";
    if (outlasts(a, e, grant))
        return "an approval that holds longer than it may";
    if (!subjects_may_include(&a->approvers, grant->by))
        return "an approval by somebody who is not an approver";
    if (a->not_requester && view_eq(grant->by, e->request->user))
        return "an approval by the deployer";
    return NULL;
}

/* True for an approval that the requester, an approver, writes now in their own name and for no
 * longer than the rule allows. */
static bool is_own_grant(const struct approval *a, const struct eval *e,
                         const struct approval_annotation *grant)
{
    return view_eq(grant->by, e->request->user) && subjects_have(&a->approvers, e->request) &&
           !outlasts(a, e, grant);
}

/* True when it has expired by every replica's clock: an undo after some days brings such an
 * approval. */
static bool is_over(const struct eval *e, const struct approval_annotation *grant)
{
    return e->now >= grant->until + LIMIT_CLOCK_SKEW;
}

/* Only an approver may write a new approval, whatever request brings it: it counts later, when
 * nobody can tell who wrote it. */
static void guard_annotation(const struct approval *a, struct eval *e, struct view value)
{
    char longest[DURATION_ROOM];
    struct approval_annotation grant;
    struct finding *f;

    if (approval_annotation_parse(value, &grant) == 0 &&
        (is_own_grant(a, e, &grant) || is_over(e, &grant)))
        return;
    f = eval_find(e, VIEW("metadata.annotations[" APPROVAL_ANNOTATION_ANNOTATION "]"), value,
                  arena_printf(e->arena,
                               "\"<template hash> by <approver> until <time>\", written by %.*s in "
                               "their own name, for %s at most",
                               VIEW_ARGS(a->approvers.text), duration_go(a->valid_for, longest)));
    eval_detail(e, f, "fix", "remove the annotation, or have an approver write it");
    if (e->deploy->is && e->request->operation == UPDATE)
        eval_detail(e, f, "undo?",
                    "kubectl rollout undo brings back the annotations of the old ReplicaSet: "
                    "remove it there, or apply the old manifest");
}

/* True, with a trace for the log, when the grant approves this deploy; else *found says why. */
static bool consents(const struct approval *a, struct eval *e,
                     const struct approval_annotation *grant, const char **found)
{
    const char *why = why_not(a, e, grant);

    if (why)
        *found = why;
    else
        e->trace = arena_printf(e->arena, "approved by %.*s", VIEW_ARGS(grant->by));
    return !why;
}

/* The old object's approval was judged when it was written; one that comes with this request counts
 * only in the requester's own name. */
static void ask_for_consent(const struct approval *a, struct eval *e, struct view old,
                            struct view value)
{
    const char *found = "no approval";
    struct approval_annotation grant;
    struct finding *f;

    if (approval_annotation_parse(old, &grant) == 0 && consents(a, e, &grant, &found))
        return;
    if (!view_eq(old, value) && approval_annotation_parse(value, &grant) == 0 &&
        is_own_grant(a, e, &grant) && consents(a, e, &grant, &found))
        return;
    if (guard_status_passes(e))
        return;
    f = eval_headline(e, "needs the approval of %.*s", VIEW_ARGS(a->approvers.text));
    if (f)
        f->found = view_of(found);
    eval_tell_start(e, f);
    tell_command(a, e, f);
    guard_status_note_doubt(e, f);
}

/* The annotation of the old object; if the rule did not apply to that object, it counts as written
 * now. */
static struct view grant_before(const struct eval *e, yyjson_val *old)
{
    return e->newly_matched ? (struct view){NULL, 0}
                            : object_annotation(old, APPROVAL_ANNOTATION_ANNOTATION);
}

/* A controller copies the annotations of a template to each Pod or Job: nobody would judge the
 * approval on those. */
static void guard_template(struct eval *e, const char *path, yyjson_val *old, yyjson_val *template)
{
    struct view value = object_annotation(template, APPROVAL_ANNOTATION_ANNOTATION);
    struct finding *f;

    if (value.n == 0 || view_eq(value, grant_before(e, old)))
        return;
    f = eval_find(
        e,
        arena_printf(e->arena, "%s.metadata.annotations[" APPROVAL_ANNOTATION_ANNOTATION "]", path),
        value, VIEW("no approval in a template, whose controller would write it to what it makes"));
    eval_detail(e, f, "fix", "remove it there: an approval stands on the object itself");
}

static void guard_templates(struct eval *e)
{
    const struct workload *now = &e->request->workload, *before = &e->request->old_workload;
    yyjson_val *job = workload_job_template(now, e->request->object);

    if (*now->kind->prefix)
        guard_template(e, now->kind->prefix, before->pod, now->pod);
    if (job)
        guard_template(e, "spec.jobTemplate", workload_job_template(now, e->request->old_object),
                       job);
}

static int evaluate_approval(const void *compiled, struct eval *e)
{
    const struct approval *a = compiled;
    struct view value, old;

    if (a->annotation.p)
        return ask_for_ticket(a, e);
    value = object_annotation(e->object, APPROVAL_ANNOTATION_ANNOTATION);
    old = grant_before(e, e->request->old_object);
    guard_templates(e);
    if (!e->deploy->is && (value.n == 0 || view_eq(value, old)))
        return 0;
    if (eval_hashes(e) < 0)
        return -1;
    if (value.n > 0 && !view_eq(value, old))
        guard_annotation(a, e, value);
    /* A restart is the same template. */
    if (e->deploy->is && (e->deploy->starts || !view_eq(e->deploy->hash, e->deploy->old_hash)))
        ask_for_consent(a, e, old, value);
    return 0;
}

const struct check check_approval = {
    .name = "approval",
    .summary = "a named person has approved this very template, or a ticket number is there",
    .scope = CHECK_GRANTS,
    .args = args,
    .example = "id: release-approval\n"
               "approval:\n"
               "  approvers: {groups: [release-managers]}\n"
               "  notRequester: true\n"
               "  validFor: 24h\n",
    .compile = compile,
    .ignores_managed_fields = true,
    .eval = evaluate_approval,
};
