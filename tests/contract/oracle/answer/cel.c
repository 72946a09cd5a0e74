#include "tests/contract/oracle/answer/answer.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/json/json.h"
#include "cel/check/overload.h"
#include "cel/program.h"

#include <string.h>

/* {"expression": text, "minor": 35, "variables": {name: JSON}, "values": {name: expression},
 *  "types": {name: type}} -> {"type", "value" | "error", "cost"} or {"issues": [...]}.
 * A variable is a value of JSON, or what an expression gives; its type is dyn if none is named. */

/* k8s.io/apiserver/pkg/apis/cel.PerCallLimit */
enum { MOST_VARIABLES = 64, ROOM = 16 * 1024 * 1024, COST_LIMIT = 1000000 };

struct question {
    struct arena *arena;
    const struct cel_env *env;
    struct cel_variable variables[MOST_VARIABLES];
    struct cel_value values[MOST_VARIABLES];
    size_t count;
};

static const struct cel_env *env_of(unsigned minor)
{
    static const struct cel_env *made[CEL_NEWEST + 1];
    static struct arena arena;

    if (minor < CEL_OLDEST || minor > CEL_NEWEST)
        return NULL;
    if (!arena.limit)
        arena_init(&arena, ROOM);
    if (!made[minor])
        made[minor] = cel_env_create(minor, NULL, 0, &arena);
    return made[minor];
}

static struct cel_value evaluate(struct question *q, struct view text, json_t *said)
{
    struct cel_source source = {text, q->env, q->variables, q->count, NULL};
    struct cel_run run = {.arena = q->arena, .variables = q->values, .cost_limit = COST_LIMIT};
    struct cel_issues issues;
    const struct cel_program *program;
    struct cel_value value;
    struct buf out;

    cel_issues_init(&issues, q->arena);
    program = cel_compile(&source, q->arena, &issues);
    if (!program) {
        json_t *list = json_array();

        for (const struct cel_issue *i = issues.first; i; i = i->next)
            json_array_append_new(list, json_stringn(i->message.p, i->message.n));
        json_object_set_new(said, "issues", list);
        return cel_null();
    }
    value = cel_eval(program, &run);
    buf_init(&out, ROOM);
    if (run.halted)
        buf_add_str(&out, run.halted);
    else if (value.kind == CEL_ERROR)
        cel_error_write(value.error, &out);
    else
        cel_write(value, &out);
    json_object_set_new(said, value.kind == CEL_ERROR ? "error" : "value",
                        json_stringn(out.p ? out.p : "", out.n));
    json_object_set_new(said, "cost", json_integer((json_int_t)run.cost));
    buf_reset(&out);
    cel_type_write(cel_program_type(program), &out);
    json_object_set_new(said, "type", json_string(out.p));
    buf_release(&out);
    return value;
}

static void add(struct question *q, const json_t *types, const char *name, struct cel_value value)
{
    const char *type = json_string_value(json_object_get(types, name));

    if (q->count == MOST_VARIABLES)
        return;
    q->variables[q->count] =
        (struct cel_variable){name, type ? cel_type_read(q->env, type, q->arena) : &cel_type_dyn};
    if (!q->variables[q->count].type)
        q->variables[q->count].type = &cel_type_dyn;
    q->values[q->count++] = value;
}

static struct cel_value parse(struct question *q, const json_t *value)
{
    char *text = json_dumps(value, JSON_ENCODE_ANY);
    yyjson_alc alc = json_memory(q->arena);
    yyjson_doc *doc = yyjson_read_opts(text, strlen(text), 0, &alc, NULL);

    free(text);
    return cel_of_json(yyjson_doc_get_root(doc));
}

json_t *answer_cel(const json_t *question, struct arena *arena)
{
    json_t *minor = json_object_get(question, "minor");
    struct question q = {.arena = arena,
                         .env = env_of(minor ? (unsigned)json_integer_value(minor) : CEL_NEWEST)};
    json_t *types = json_object_get(question, "types"), *said = json_object(), *value;
    const char *name;

    if (!q.env)
        return NULL;
    json_object_foreach(json_object_get(question, "variables"), name, value)
        add(&q, types, name, parse(&q, value));
    json_object_foreach(json_object_get(question, "values"), name, value)
    {
        json_t *ignored = json_object();

        add(&q, types, name, evaluate(&q, answer_text(value), ignored));
        json_decref(ignored);
    }
    evaluate(&q, answer_text(json_object_get(question, "expression")), said);
    return said;
}
