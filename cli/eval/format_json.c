#include "cli/eval/eval_document.h"
#include "cli/eval/format.h"

#include <jansson.h>
#include <stdio.h>

/* The report is the list of results. */
static void *create(void)
{
    return json_array();
}

static json_t *text_of(struct view v)
{
    return json_stringn(v.p ? v.p : "", v.n);
}

/* A binding that is not configured denies, whatever its actions are. */
static const char *mode_of(const struct violation *v)
{
    return mode_name(v->effect == EFFECT_DENY ? MODE_DENY : v->rule->mode);
}

static json_t *violation_json(const struct violation *v)
{
    return json_pack("{s:o, s:o, s:s, s:o, s:o}", "policy", text_of(v->policy), "rule",
                     text_of(v->rule->id), "mode", mode_of(v), "path", text_of(v->path), "message",
                     text_of(v->message));
}

static json_t *list_violations(const struct eval_result *judged)
{
    json_t *list = json_array();
    int status = 0;

    for (size_t i = 0; i < judged->violation_count && status == 0; i++)
        status = json_array_append_new(list, violation_json(&judged->violations[i]));
    if (status == 0)
        return list;
    json_decref(list);
    return NULL;
}

/* The document's own warnings, then those that kubectl would print. */
static json_t *list_warnings(const struct document *document, const struct eval_result *judged)
{
    json_t *list =
        document->warnings && !judged->error ? json_copy(document->warnings) : json_array();
    int status = 0;

    for (size_t i = 0; i < judged->warning_count && status == 0; i++)
        status = json_array_append_new(list, text_of(judged->warnings[i]));
    if (status == 0)
        return list;
    json_decref(list);
    return NULL;
}

static int add(void *report, const struct document *document, const struct eval_result *judged)
{
    return json_array_append_new(
        report, json_pack("{s:s, s:I, s:o, s:o, s:o, s:b, s:o, s:o, s:s?}", "file", document->file,
                          "document", (json_int_t)document->number, "kind", text_of(judged->kind),
                          "namespace", text_of(judged->namespace_), "name", text_of(judged->name),
                          "allowed", judged->allowed, "violations", list_violations(judged),
                          "warnings", list_warnings(document, judged), "error", judged->error));
}

static int print(void *report)
{
    json_t *answer = json_pack("{s:O}", "results", report);
    int status = json_dumpf(answer, stdout, JSON_INDENT(2));

    putchar('\n');
    json_decref(answer);
    return status;
}

static void release(void *report)
{
    json_decref(report);
}

const struct output_format format_json = {"json", create, add, print, release};
