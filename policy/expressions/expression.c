#include "policy/expressions/expression.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/parse_error.h"
#include "base/text/quote.h"
#include "cel/limits.h"
#include "cel/program.h"
#include "cel/reason.h"
#include "policy/expressions/image_library.h"
#include "policy/expressions/inputs.h"
#include "policy/expressions/kind_types.h"
#include "policy/limits.h"
#include "policy/rule/check.h"

enum { SHOWN = 120 };

/* --- compiling -------------------------------------------------------------------------------- */

static const struct cel_env *env_of(struct compile *c, bool ours)
{
    static const struct cel_library *const libraries[] = {&image_library};
    const struct cel_env **env = &c->functions[!ours];

    if (!*env)
        *env = cel_env_create(CEL_NEWEST, libraries, ours, c->arena);
    return *env;
}

static struct place place_of(const struct node *node, const struct cel_issue *issue)
{
    const struct parse_error at = {.at = issue->at};

    return node_error_place(node, &at);
}

static void add_hint(const struct cel_issue *issue, struct diags *diags)
{
    if (issue->hint.p)
        diag_hint(diags, "%.*s", VIEW_ARGS(issue->hint));
}

static void tell(const struct cel_issues *issues, const struct node *node, struct diags *diags)
{
    for (const struct cel_issue *i = issues->first; i; i = i->next) {
        diag_error(diags, place_of(node, i), "%.*s", VIEW_ARGS(i->message));
        add_hint(i, diags);
    }
}

/* Whether those keys of the object are there in a Scale. */
static bool scale_has(uint32_t variable, const struct cel_value *keys, size_t count)
{
    if (variable != INPUT_OBJECT || count != 2 || keys[0].kind != CEL_STRING ||
        keys[1].kind != CEL_STRING)
        return false;
    if (view_eq(cel_text(keys[0]), VIEW("spec")))
        return view_eq(cel_text(keys[1]), VIEW("replicas"));
    return view_eq(cel_text(keys[0]), VIEW("metadata")) &&
           (view_eq(cel_text(keys[1]), VIEW("name")) ||
            view_eq(cel_text(keys[1]), VIEW("namespace")));
}

/* False when those keys lead past metadata.managedFields. */
static bool is_managed_fields(const struct cel_value *keys, size_t count)
{
    static const char *const names[] = {"metadata", "managedFields"};

    for (size_t i = 0; i < 2 && i < count; i++)
        if (keys[i].kind != CEL_STRING || !view_eq_str(cel_text(keys[i]), names[i]))
            return false;
    return true;
}

static int take_read(void *ctx, uint32_t variable, const struct cel_value *keys, size_t count)
{
    struct expression *x = ctx;

    if (variable == INPUT_OBJECT || variable == INPUT_OLD_OBJECT || variable == INPUT_POD)
        x->of_managed_fields = x->of_managed_fields || is_managed_fields(keys, count);
    if (variable == INPUT_REQUEST || variable == INPUT_OLD_OBJECT)
        x->of_write = true;
    else if (variable != INPUT_NAMESPACE)
        x->of_scale = x->of_scale && scale_has(variable, keys, count);
    return 0;
}

int expression_compile_over(const struct node *node, const struct expression_space *space,
                            const struct cel_type *result, struct compile *c,
                            struct expression *out)
{
    struct cel_source source = {.text = node->text,
                                .env = env_of(c, space->ours),
                                .variables = space->variables,
                                .variable_count = space->count,
                                .result = result};
    struct cel_issues issues;

    *out = (struct expression){
        .env = source.env, .node = node, .variables = space->variables, .of_scale = true};
    if (!source.env)
        return -1;
    cel_issues_init(&issues, c->diags->arena);
    out->program = cel_compile(&source, c->arena, &issues);
    if (out->program)
        return 0;
    tell(&issues, node, c->diags);
    return -1;
}

int expression_compile(const struct node *node, const struct cel_type *result, struct compile *c,
                       struct expression *out)
{
    static const struct expression_space ours = {inputs_variables, INPUT_COUNT, true};

    if (expression_compile_over(node, &ours, result, c, out) < 0)
        return -1;
    cel_program_each_read(out->program, take_read, out);
    return expression_check(out, c);
}

/* --- the fields of kinds ---------------------------------------------------------------------- */

/* What else does not fit may be meant so where an object is read as a map. */
static bool is_about_objects(const struct cel_issue *issue)
{
    static const char word[] = "object";

    for (size_t i = 0; i + sizeof(word) - 1 <= issue->message.n; i++)
        if (view_starts(view_from(issue->message, i), word))
            return true;
    return false;
}

static void tell_fields(const struct cel_issues *issues, const struct node *node,
                        struct diags *diags)
{
    for (const struct cel_issue *i = issues->first; i; i = i->next) {
        if (!i->no_field && is_about_objects(i))
            continue;
        if (i->no_field && i->hint.p)
            diag_vain(diags, place_of(node, i), "%.*s", VIEW_ARGS(i->message));
        else
            diag_warning(diags, place_of(node, i), "%.*s", VIEW_ARGS(i->message));
        add_hint(i, diags);
    }
}

static int check_in(const struct expression *x, struct compile *c, struct arena *scratch)
{
    struct cel_variable variables[INPUT_COUNT];
    const struct cel_source source = {.text = x->node->text,
                                      .env = x->env,
                                      .variables = variables,
                                      .variable_count = INPUT_COUNT};
    struct compile own = *c;
    struct cel_issues issues;
    struct kind_types types;

    own.arena = scratch;
    if (kind_types_of(&own, &types) < 0)
        return -1;
    for (int i = 0; i < INPUT_COUNT; i++)
        variables[i] = inputs_variables[i];
    variables[INPUT_OBJECT].type = variables[INPUT_OLD_OBJECT].type = types.object;
    variables[INPUT_POD].type = types.pod;
    variables[INPUT_CONTAINERS].type = types.containers;
    cel_issues_init(&issues, c->diags->arena);
    cel_compile(&source, scratch, &issues);
    tell_fields(&issues, x->node, c->diags);
    return 0;
}

int expression_check(const struct expression *x, struct compile *c)
{
    struct arena scratch;
    int result;

    if (!c->shapes)
        return 0;
    arena_init(&scratch, LIMIT_CEL_MEMORY);
    result = check_in(x, c, &scratch);
    arena_release(&scratch);
    return result;
}

/* --- run time --------------------------------------------------------------------------------- */

/* What is a bool by its type may be anything that was in a list or map of a document. */
static struct cel_value only_bool(struct cel_run *run, struct cel_value value)
{
    if (value.kind == CEL_BOOL || value.kind == CEL_ERROR)
        return value;
    return cel_failf(run, "it has to be a bool, and is of type %s", cel_type_of(value)->name);
}

struct cel_run *expression_eval(const struct expression *x, struct eval *e, uint64_t *left,
                                struct cel_value *value)
{
    struct cel_run *run = inputs_run(e, x->program);

    if (!run)
        return NULL;
    if (*left < run->cost_limit)
        run->cost_limit = *left > 0 ? *left : 1;
    *value = cel_eval(x->program, run);
    if (cel_program_type(x->program)->kind == CEL_TYPE_BOOL)
        *value = only_bool(run, *value);
    if (run->halted) {
        if (eval_expired(e))
            eval_late(e);
        else
            eval_fail(e, "\"%.*s\": %s", VIEW_ARGS(expression_text(x, e)), run->halted);
        return NULL;
    }
    *left -= run->cost < *left ? run->cost : *left;
    return run;
}

int expression_fail(const struct expression *x, struct eval *e, struct cel_value error)
{
    return eval_fail(e, "\"%.*s\" has no value: %s%.*s", VIEW_ARGS(expression_text(x, e)),
                     error.error->what, VIEW_ARGS(error.error->about));
}

struct view expression_text(const struct expression *x, struct eval *e)
{
    struct view text = x->node->text, shown = {NULL, 0};
    bool blank = false;
    struct buf out;

    buf_init(&out, LIMIT_MESSAGE);
    for (size_t i = 0; i < text.n && out.n < SHOWN; i++) {
        bool space = view_find(VIEW(" \t\r\n"), text.p[i]) >= 0;

        if (space && !blank && out.n > 0)
            buf_add_char(&out, ' ');
        if (!space)
            buf_add_char(&out, text.p[i]);
        blank = space;
    }
    if (!out.failed)
        shown = arena_printf(e->arena, "%.*s%s", VIEW_ARGS(quote_first(buf_view(&out), SHOWN)),
                             out.n < SHOWN ? "" : "...");
    buf_release(&out);
    return shown;
}
