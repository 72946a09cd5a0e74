/* JUnit XML as GitLab, Jenkins and the actions of GitHub read it: a suite a file, a case a
 * document. They show one failure a case, so a denial is one, of the type of its first rule, with
 * the message that kubectl prints. An XML library would be heavier than what it spares here. */
#include "base/buf.h"
#include "base/text/quote.h"
#include "cli/eval/eval_document.h"
#include "cli/eval/format.h"
#include "cli/limits.h"
#include "policy/limits.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct counters {
    size_t tests, failures, errors;
};

struct report {
    const char *file; /* of the open suite; NULL: none is open */
    struct counters suite, all;
    struct buf cases;  /* of the open suite */
    struct buf suites; /* that are closed */
};

static void *create(void)
{
    struct report *r = calloc(1, sizeof(*r));

    if (r) {
        buf_init(&r->cases, LIMIT_EVAL_MEMORY);
        buf_init(&r->suites, LIMIT_EVAL_MEMORY);
    }
    return r;
}

static void add_attribute(struct buf *out, const char *name, struct view value)
{
    buf_printf(out, " %s=\"", name);
    quote_xml(out, value);
    buf_add_char(out, '"');
}

static void add_tally(struct buf *out, const struct counters *t)
{
    buf_printf(out, " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\"", t->tests, t->failures,
               t->errors);
}

/* --- a case --------------------------------------------------------------------------------- */

static void add_name(struct buf *out, const struct document *document,
                     const struct eval_result *judged)
{
    char number[32];

    snprintf(number, sizeof(number), "document %zu", document->number);
    add_attribute(out, "name", judged->error ? view_of(number) : judged->subject);
}

static void add_rule(struct buf *out, const struct violation *v)
{
    quote_xml(out, v->policy);
    buf_add_char(out, '/');
    quote_xml(out, v->rule->id);
}

/* NULL when memory had no room for what the denial found. */
static const struct violation *first_denial(const struct eval_result *judged)
{
    for (size_t i = 0; i < judged->violation_count; i++)
        if (judged->violations[i].effect == EFFECT_DENY)
            return &judged->violations[i];
    return NULL;
}

static void add_failure(struct buf *out, const struct eval_result *judged)
{
    const struct violation *v = first_denial(judged);
    struct view first_line, rest;

    view_cut(judged->message, '\n', &first_line, &rest);
    buf_add_str(out, "      <failure");
    add_attribute(out, "message", first_line);
    if (v) {
        buf_add_str(out, " type=\"");
        add_rule(out, v);
        buf_add_char(out, '"');
    }
    buf_add_char(out, '>');
    quote_xml(out, judged->message);
    buf_add_str(out, "</failure>\n");
}

static void add_remark(struct buf *out, const struct violation *v)
{
    buf_printf(out, "%s: ", v->effect == EFFECT_WARN ? "warning" : "audit");
    add_rule(out, v);
    buf_add_str(out, ": ");
    if (v->path.n > 0) {
        quote_xml(out, v->path);
        buf_add_str(out, ": ");
    }
    quote_xml(out, v->message);
    buf_add_char(out, '\n');
}

static bool has_remarks(const struct document *document, const struct eval_result *judged)
{
    if (json_array_size(document->warnings) > 0)
        return true;
    for (size_t i = 0; i < judged->violation_count; i++)
        if (judged->violations[i].effect != EFFECT_DENY)
            return true;
    return false;
}

/* What does not fail the case: warnings of the document's own text and of rules, audit findings. */
static void add_remarks(struct buf *out, const struct document *document,
                        const struct eval_result *judged)
{
    json_t *warning;
    size_t i;

    if (!has_remarks(document, judged))
        return;
    buf_add_str(out, "      <system-out>");
    json_array_foreach(document->warnings, i, warning)
    {
        buf_add_str(out, "warning: ");
        quote_xml(out, view_of(json_string_value(warning)));
        buf_add_char(out, '\n');
    }
    for (i = 0; i < judged->violation_count; i++)
        if (judged->violations[i].effect != EFFECT_DENY)
            add_remark(out, &judged->violations[i]);
    buf_add_str(out, "</system-out>\n");
}

static void add_case(struct buf *out, const struct document *document,
                     const struct eval_result *judged)
{
    struct view file = view_of(document->file);

    buf_add_str(out, "    <testcase");
    add_name(out, document, judged);
    add_attribute(out, "classname", file);
    add_attribute(out, "file", file);
    if (document->line > 0)
        buf_printf(out, " line=\"%u\"", document->line);
    buf_add_str(out, ">\n");
    if (judged->error) {
        buf_add_str(out, "      <error");
        add_attribute(out, "message", view_of(judged->error));
        buf_add_str(out, "/>\n");
    } else if (!judged->allowed) {
        add_failure(out, judged);
    }
    add_remarks(out, document, judged);
    buf_add_str(out, "    </testcase>\n");
}

/* --- suites --------------------------------------------------------------------------------- */

static void close_suite(struct report *r)
{
    if (!r->file)
        return;
    buf_add_str(&r->suites, "  <testsuite");
    add_attribute(&r->suites, "name", view_of(r->file));
    add_tally(&r->suites, &r->suite);
    buf_add_str(&r->suites, ">\n");
    buf_add(&r->suites, buf_view(&r->cases));
    buf_add_str(&r->suites, "  </testsuite>\n");
    r->suites.failed |= r->cases.failed;
    buf_reset(&r->cases);
    r->suite = (struct counters){0};
}

static void count(struct counters *t, const struct eval_result *judged)
{
    t->tests++;
    t->errors += judged->error != NULL;
    t->failures += !judged->error && !judged->allowed;
}

static int add(void *report, const struct document *document, const struct eval_result *judged)
{
    struct report *r = report;

    if (r->file && strcmp(r->file, document->file) != 0)
        close_suite(r);
    r->file = document->file;
    count(&r->suite, judged);
    count(&r->all, judged);
    add_case(&r->cases, document, judged);
    return r->cases.failed || r->suites.failed ? -1 : 0;
}

static int print(void *report)
{
    struct report *r = report;
    struct buf head;

    close_suite(r);
    buf_init(&head, LIMIT_MESSAGE);
    add_tally(&head, &r->all);
    if (head.failed || r->suites.failed) {
        buf_release(&head);
        return -1;
    }
    printf("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"tidegate\"%s>\n",
           head.p);
    fwrite(buf_view(&r->suites).p, 1, r->suites.n, stdout);
    printf("</testsuites>\n");
    buf_release(&head);
    return 0;
}

static void release(void *report)
{
    struct report *r = report;

    if (!r)
        return;
    buf_release(&r->cases);
    buf_release(&r->suites);
    free(r);
}

const struct output_format format_junit = {"junit", create, add, print, release};
