#include "base/arena.h"
#include "base/diag.h"
#include "base/yaml/yaml.h"
#include "policy/controls/control.h"
#include "policy/rule/check.h"
#include "tests/contract/oracle/answer/answer.h"

#include <stdlib.h>
#include <string.h>
#include <yyjson.h>

/* The check, of `what`, in the version that is asked; NULL when there is no such one. */
static const void *compile(const json_t *question, const char *what, struct arena *arena)
{
    struct source *source = arena_alloc(arena, sizeof(*source));
    struct diags diags;
    struct compile c = {.arena = arena, .diags = &diags};
    const struct node **docs;
    size_t count;

    source->name = VIEW("question");
    source->text = arena_printf(arena, "{%s, version: %s}", what,
                                json_string_value(json_object_get(question, "version")));
    diags_init(&diags, arena);
    if (yaml_parse(source, YAML_RULES, arena, &diags, &docs, &count) < 0 || count != 1)
        return NULL;
    return check_pod_security.compile(docs[0], &c);
}

static struct workload_kind const *kind_of(const json_t *question)
{
    const struct workload_kind *kind;
    const char *name = json_string_value(json_object_get(question, "kind"));

    for (size_t i = 0; (kind = workload_kind_at(i)); i++)
        if (strcmp(kind->kind, name) == 0)
            return kind;
    return NULL;
}

static bool forbids(const json_t *question, const char *what, const struct workload *workload,
                    struct arena *arena)
{
    const struct request request = {0};
    struct eval e = {.request = &request, .workload = workload, .arena = arena};
    const void *compiled = compile(question, what, arena);

    return compiled && check_pod_security.eval(compiled, &e) == 0 && e.first;
}

/* {"version", "kind", "object"} -> {"unknown": true}; or {"controls", "baseline", "restricted"}:
 * which controls forbid it, each by itself, and whether whole levels do. */
json_t *answer_pod_security(const json_t *question, struct arena *arena)
{
    char *text = json_dumps(json_object_get(question, "object"), JSON_COMPACT);
    yyjson_doc *doc = yyjson_read(text, strlen(text), 0);
    struct workload workload = workload_of(kind_of(question), yyjson_doc_get_root(doc));
    json_t *answer = json_object(), *broken = json_array();
    char what[128];

    if (!compile(question, "level: baseline", arena))
        json_object_set_new(answer, "unknown", json_true());
    for (size_t i = 0; controls[i]; i++) {
        snprintf(what, sizeof(what), "controls: [%s]", controls[i]->name);
        if (forbids(question, what, &workload, arena))
            json_array_append_new(broken, json_string(controls[i]->name));
    }
    if (json_array_size(broken) > 0)
        json_object_set(answer, "controls", broken);
    json_decref(broken);
    json_object_set_new(answer, "baseline",
                        json_boolean(forbids(question, "level: baseline", &workload, arena)));
    json_object_set_new(answer, "restricted",
                        json_boolean(forbids(question, "level: restricted", &workload, arena)));
    yyjson_doc_free(doc);
    free(text);
    return answer;
}
