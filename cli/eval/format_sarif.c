/* SARIF 2.1.0 (https://docs.oasis-open.org/sarif/sarif/v2.1.0/): one run, a result a finding. */
#include "base/buf.h"
#include "cli/eval/eval_document.h"
#include "cli/eval/format.h"
#include "policy/limits.h"
#include "policy/rule/check.h"

#include <ctype.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SCHEMA                                                                                     \
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

struct report {
    json_t *rules;    /* that results name */
    json_t *numbers;  /* "policy/rule" to its index in rules */
    json_t *results;  /* what breaks a rule */
    json_t *problems; /* what could not be judged */
};

static void *create(void)
{
    struct report *r = calloc(1, sizeof(*r));

    if (r)
        *r = (struct report){json_array(), json_object(), json_array(), json_array()};
    return r;
}

/* --- where ---------------------------------------------------------------------------------- */

/* A path as a URI reference (RFC 3986): a relative one stays relative, to be found in the
 * repository. */
static json_t *uri_of(const char *path)
{
    struct buf uri;
    json_t *string;

    buf_init(&uri, LIMIT_MESSAGE);
    while (strncmp(path, "./", 2) == 0)
        path += 2;
    if (*path == '/')
        buf_add_str(&uri, "file://");
    for (; *path; path++) {
        unsigned char c = (unsigned char)*path;

        if (c < 0x80 && (isalnum(c) || strchr("-._~/", c)))
            buf_add_char(&uri, (char)c);
        else
            buf_printf(&uri, "%%%02X", c);
    }
    string = uri.failed ? NULL : json_stringn(buf_view(&uri).p, uri.n);
    buf_release(&uri);
    return string;
}

static json_t *physical_location(const struct document *document)
{
    json_t *region = NULL;

    if (document->line > 0)
        region = json_pack("{s:I}", "startLine", (json_int_t)document->line);
    return json_pack("{s:{s:o}, s:o*}", "artifactLocation", "uri", uri_of(document->file), "region",
                     region);
}

static json_t *text_of(struct view v)
{
    return json_stringn(v.p ? v.p : "", v.n);
}

/* The field, or the object where no field is to blame. */
static json_t *logical_location(const struct eval_result *judged, const struct violation *v)
{
    bool field = v->path.n > 0;

    return json_pack("{s:o, s:s}", "fullyQualifiedName", text_of(field ? v->path : judged->subject),
                     "kind", field ? "property" : "object");
}

/* --- what ----------------------------------------------------------------------------------- */

static const char *level_of(enum effect effect)
{
    switch (effect) {
    case EFFECT_DENY: return "error";
    case EFFECT_WARN: return "warning";
    case EFFECT_NONE: break;
    }
    return "note";
}

static const char *level_of_mode(enum mode mode)
{
    static const enum effect effects[] = {
        [MODE_DENY] = EFFECT_DENY, [MODE_WARN] = EFFECT_WARN, [MODE_AUDIT] = EFFECT_NONE};

    return level_of(effects[mode]);
}

/* The author's message of the rule, else what its check does; built-in rules have neither. */
static json_t *describe(const struct rule *rule, const char *id)
{
    json_t *description = NULL;

    if (rule->message.n > 0 || rule->check)
        description = json_pack("{s:o}", "text",
                                rule->message.n > 0 ? text_of(rule->message)
                                                    : json_string(rule->check->summary));
    return json_pack("{s:s, s:o*, s:{s:s}}", "id", id, "shortDescription", description,
                     "defaultConfiguration", "level", level_of_mode(rule->mode));
}

/* The index of a rule in the list of rules, where it is put when it is new; -1: no memory. */
static json_int_t rule_index(struct report *r, const struct rule *rule, const char *id)
{
    json_t *number = json_object_get(r->numbers, id);
    json_int_t index = (json_int_t)json_array_size(r->rules);

    if (number)
        return json_integer_value(number);
    if (json_array_append_new(r->rules, describe(rule, id)) < 0 ||
        json_object_set_new(r->numbers, id, json_integer(index)) < 0)
        return -1;
    return index;
}

static json_t *message_of(const struct eval_result *judged, const struct violation *v)
{
    return json_sprintf("%.*s: %.*s%s%.*s", VIEW_ARGS(judged->subject), VIEW_ARGS(v->path),
                        v->path.n > 0 ? ": " : "", VIEW_ARGS(v->message));
}

static int add_result(struct report *r, const struct document *document,
                      const struct eval_result *judged, const struct violation *v)
{
    json_t *id = json_sprintf("%.*s/%.*s", VIEW_ARGS(v->policy), VIEW_ARGS(v->rule->id));
    json_int_t index = id ? rule_index(r, v->rule, json_string_value(id)) : -1;

    if (index < 0) {
        json_decref(id);
        return -1;
    }
    return json_array_append_new(r->results,
                                 json_pack("{s:o, s:I, s:s, s:{s:o}, s:[{s:o, s:[o]}]}", "ruleId",
                                           id, "ruleIndex", index, "level", level_of(v->effect),
                                           "message", "text", message_of(judged, v), "locations",
                                           "physicalLocation", physical_location(document),
                                           "logicalLocations", logical_location(judged, v)));
}

static int add_problem(struct report *r, const struct document *document, const char *level,
                       const char *text)
{
    return json_array_append_new(
        r->problems, json_pack("{s:s, s:{s:s}, s:[{s:o}]}", "level", level, "message", "text", text,
                               "locations", "physicalLocation", physical_location(document)));
}

static int add(void *report, const struct document *document, const struct eval_result *judged)
{
    struct report *r = report;
    int status = 0;
    json_t *warning;
    size_t i;

    if (judged->error)
        return add_problem(r, document, "error", judged->error);
    json_array_foreach(document->warnings, i, warning) status |=
        add_problem(r, document, "warning", json_string_value(warning));
    for (i = 0; i < judged->violation_count && status == 0; i++)
        status = add_result(r, document, judged, &judged->violations[i]);
    return status;
}

/* --- the log -------------------------------------------------------------------------------- */

static bool was_successful(const struct report *r)
{
    json_t *problem;
    size_t i;

    json_array_foreach(r->problems, i,
                       problem) if (strcmp(json_string_value(json_object_get(problem, "level")),
                                           "error") == 0) return false;
    return true;
}

static int print(void *report)
{
    struct report *r = report;
    json_t *log = json_pack("{s:s, s:s, s:[{s:{s:{s:s, s:s, s:O}}, s:[{s:b, s:O}], s:O}]}",
                            "$schema", SCHEMA, "version", "2.1.0", "runs", "tool", "driver", "name",
                            "tidegate", "version", TIDEGATE_VERSION, "rules", r->rules,
                            "invocations", "executionSuccessful", was_successful(r),
                            "toolExecutionNotifications", r->problems, "results", r->results);
    int status = log ? json_dumpf(log, stdout, JSON_INDENT(2)) : -1;

    putchar('\n');
    json_decref(log);
    return status;
}

static void release(void *report)
{
    struct report *r = report;

    if (!r)
        return;
    json_decref(r->rules);
    json_decref(r->numbers);
    json_decref(r->results);
    json_decref(r->problems);
    free(r);
}

const struct output_format format_sarif = {"sarif", create, add, print, release};
