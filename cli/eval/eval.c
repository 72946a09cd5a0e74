#include "base/arena.h"
#include "base/clock.h"
#include "base/time/timefmt.h"
#include "cli/cluster_view_options.h"
#include "cli/command.h"
#include "cli/eval/eval_document.h"
#include "cli/eval/format.h"
#include "cli/limits.h"
#include "cli/ruleset.h"
#include "policy/set.h"
#include "policy/shapes/shapes.h"

#include <stdlib.h>
#include <string.h>

enum {
    OPTION_RULES = 1,
    OPTION_OLD,
    OPTION_NOW,
    OPTION_USER,
    OPTION_GROUP,
    OPTION_NAMESPACE_LABELS,
    OPTION_OWN_NAMESPACE,
    OPTION_CONTROLLER,
    OPTION_SCHEMAS,
    OPTION_FILENAME = 'f',
    OPTION_NAMESPACE = 'n',
};

static const struct option_row options[] = {
    RULESET_ROW_RULES(OPTION_RULES),
    RULESET_ROW_SCHEMAS(OPTION_SCHEMAS),
    {OPTION_FILENAME, "filename", "FILE", "one more FILE, as kubectl has it; repeatable"},
    {OPTION_OLD, "old", "FILE", "the objects as they were: what is in it is updated, not created"},
    {OPTION_NOW, "now", "TIME", "judge as of this instant, 2026-11-24T18:00:00Z"},
    {OPTION_USER, "user", "USER",
     "who makes the request; a service account as system:serviceaccount:NS:NAME"},
    {OPTION_GROUP, "group", "GROUP", "a group of that user; may be given several times"},
    {OPTION_NAMESPACE, "namespace", "NS", "the namespace of what does not name one (default)"},
    {OPTION_NAMESPACE_LABELS, "namespace-labels", "K=V,...",
     "labels of the namespaces that no document describes"},
    {OPTION_OWN_NAMESPACE, "own-namespace", "NS",
     "where Tidegate runs, which it never blocks (tidegate-system)"},
    {OPTION_CONTROLLER, "controller", "USER",
     "a user that counts as a controller of Kubernetes; repeatable"},
    COMMAND_ROWS_FORMAT("text|json|junit|sarif"),
    {0, NULL, NULL, NULL},
};

static const struct output_format *const formats[] = {&format_text, &format_json, &format_junit,
                                                      &format_sarif};

/* The command line. */
struct wish {
    const struct command *command;
    struct ruleset_paths rules;
    const char *schemas, *old;
    const struct output_format *format;
    int64_t now;
    struct manifest_caller caller;
    struct world_options cluster_view;
    json_t *namespace_labels; /* or NULL */
    const char **files;       /* what is judged, as many as there are arguments at most */
    int file_count;
};

/* --- the command line ------------------------------------------------------------------------- */

static int read_now(struct wish *w, const char *value)
{
    if (timefmt_parse(view_of(value), &w->now) == 0)
        return 0;
    command_misused(w->command, "\"%s\" is not a time like 2026-11-24T18:00:00Z", value);
    return -1;
}

static int read_format(struct wish *w, const char *value)
{
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        w->format = formats[i];
        if (strcmp(w->format->name, value) == 0)
            return 0;
    }
    command_misused(w->command, "unknown format \"%s\", there are text, json, junit and sarif",
                    value);
    return -1;
}

static int read_labels(struct wish *w, const char *value)
{
    struct view rest = view_of(value), pair, key;

    if (!w->namespace_labels)
        w->namespace_labels = json_object();
    while (rest.n > 0) {
        view_cut(rest, ',', &pair, &rest);
        if (!view_cut(pair, '=', &key, &pair) || key.n == 0) {
            command_misused(w->command, "\"%s\" is not a list like team=shop,tier=1", value);
            return -1;
        }
        if (json_object_setn_new(w->namespace_labels, key.p, key.n,
                                 json_stringn(pair.p ? pair.p : "", pair.n)) < 0)
            return -1;
    }
    return 0;
}

static int read_option(struct wish *w, int option, const char *value)
{
    switch (option) {
    case OPTION_RULES: return ruleset_add(&w->rules, w->command, value) == 0 ? 0 : -1;
    case OPTION_SCHEMAS: w->schemas = value; return 0;
    case OPTION_FILENAME: w->files[w->file_count++] = value; return 0;
    case OPTION_OLD: w->old = value; return 0;
    case OPTION_NOW: return read_now(w, value);
    case OPTION_USER: w->caller.user = value; return 0;
    case OPTION_GROUP: return json_array_append_new(w->caller.groups, json_string(value));
    case OPTION_NAMESPACE:
        w->caller.namespace_ = value;
        return cluster_view_options_namespace(w->command, value);
    case OPTION_NAMESPACE_LABELS: return read_labels(w, value);
    case OPTION_OWN_NAMESPACE:
        return cluster_view_options_own_namespace(&w->cluster_view, w->command, value);
    case OPTION_CONTROLLER:
        return cluster_view_options_controller(&w->cluster_view, w->command, value);
    case COMMAND_FORMAT: return read_format(w, value);
    default: return -1;
    }
}

/* --- the answer ------------------------------------------------------------------------------- */

static int exit_code(const struct eval_result *judged)
{
    if (judged->error)
        return EXIT_USAGE;
    return judged->allowed ? EXIT_OK : EXIT_DENIED;
}

/* Judges one document and prints the result; returns its exit code, or -1 when memory runs out. */
static int judge_one(const struct wish *w, struct eval_run *j, struct document *document,
                     void *report)
{
    struct eval_result judged;
    int code = -1;

    if (eval_document(j, document, &judged) == 0 && w->format->add(report, document, &judged) == 0)
        code = exit_code(&judged);
    if (judged.error && !document->error) /* else it was said when it was read */
        documents_complain(document, judged.error);
    eval_result_release(&judged);
    return code;
}

/* Judges all documents in their order; the worst of them gives the exit code. */
static int judge_all(const struct wish *w, struct eval_run *j, struct documents *documents)
{
    void *report = w->format->create();
    int worst = EXIT_OK, code = report ? EXIT_OK : -1;

    for (size_t i = 0; i < documents->count && code >= 0; i++) {
        code = judge_one(w, j, &documents->items[i], report);
        if (code > worst)
            worst = code;
    }
    if (code >= 0)
        code = w->format->print(report);
    w->format->free(report);
    if (code < 0)
        return command_misused(w->command, "out of memory");
    /* As kubectl: the input is missing. */
    if (documents->count == 0)
        return command_misused(w->command, "there is no document to judge");
    return worst;
}

/* --- the run ---------------------------------------------------------------------------------- */

static int read_all(const struct wish *w, struct documents *documents)
{
    for (int i = 0; i < w->file_count; i++)
        if (documents_read(documents, w->files[i]) < 0)
            return -1;
    return 0;
}

static int complete_old(const struct wish *w, struct documents *old)
{
    for (size_t i = 0; i < old->count; i++) {
        const struct document *document = &old->items[i];

        if (document->error || document->review.p)
            continue;
        if (manifest_complete(document->object, &w->caller) < 0)
            return -1;
    }
    return 0;
}

static int any_error(const struct documents *documents)
{
    for (size_t i = 0; i < documents->count; i++)
        if (documents->items[i].error)
            return 1;
    return 0;
}

static int eval_with(const struct wish *w, const struct policy_set *set, struct arena *arena)
{
    struct documents documents, old;
    struct eval_run judge = {.set = set,
                             .cluster_view = w->cluster_view.cluster_view,
                             .caller = w->caller,
                             .old = &old,
                             .now = w->now};
    int code = EXIT_USAGE;

    documents_init(&documents, arena);
    documents_init(&old, arena);
    if (read_all(w, &documents) < 0 || (w->old && documents_read(&old, w->old) < 0) ||
        complete_old(w, &old) < 0 ||
        namespaces_init(&judge.namespaces, &documents, w->namespace_labels, arena) < 0)
        command_misused(w->command, "out of memory");
    else if (!any_error(&old))
        code = judge_all(w, &judge, &documents);
    namespaces_release(&judge.namespaces);
    documents_release(&old);
    documents_release(&documents);
    return code;
}

static int eval(const struct wish *w)
{
    struct shapes *shapes = ruleset_shapes(w->schemas);
    struct policy_set *set = shapes ? ruleset_load(&w->rules, shapes, w->now) : NULL;
    struct arena arena;
    int code;

    shapes_free(shapes);
    if (!set)
        return EXIT_USAGE;
    arena_init(&arena, LIMIT_EVAL_MEMORY);
    code = eval_with(w, set, &arena);
    arena_release(&arena);
    policy_set_release(set);
    return code;
}

/* Returns -1 when they can be used; else the exit code, after a message or the help. */
static int read_arguments(struct wish *w, int argc, char **argv)
{
    int option, rest, status = 0;
    const char *value;

    if (!w->files || !w->caller.groups)
        return command_misused(w->command, "out of memory");
    while ((option = command_option(w->command, argc, argv, &value, &rest)) > 0 && status == 0)
        status = read_option(w, option, value);
    if (option != OPTION_END || status < 0)
        return option == OPTION_HELP ? EXIT_OK : EXIT_USAGE;
    for (; rest < argc; rest++)
        w->files[w->file_count++] = argv[rest];
    if (w->rules.count == 0)
        return command_misused(w->command, "\"--rules PATH\" is missing");
    if (w->file_count == 0)
        return command_misused(w->command, "a file is missing, \"-\" is standard input");
    return -1;
}

static int run(const struct command *command, int argc, char **argv)
{
    struct wish w = {.command = command,
                     .format = &format_text,
                     .now = clock_wall(),
                     .caller = {"eval", json_array(), "default"},
                     .files = calloc((size_t)argc, sizeof(*w.files))};
    int code;

    cluster_view_options_init(&w.cluster_view);
    code = read_arguments(&w, argc, argv);
    if (code < 0)
        code = eval(&w);
    json_decref(w.caller.groups);
    json_decref(w.namespace_labels);
    free(w.files);
    return code;
}

const struct command command_eval = {
    .name = "eval",
    .arguments = "FILE...",
    .summary = "judge manifests, directories of them, or AdmissionReviews by rule files",
    .example = "eval --rules rules/starter -f rules/starter/examples/good.yaml",
    .options = options,
    .run = run,
};
