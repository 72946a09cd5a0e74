#include "base/arena.h"
#include "base/diag.h"
#include "base/yaml/yaml.h"
#include "policy/rule/check.h"
#include "tests/contract/oracle/answer/answer.h"

#include <stdlib.h>
#include <string.h>
#include <yyjson.h>

static const void *compile(const json_t *question, struct arena *arena)
{
    struct source *source = arena_alloc(arena, sizeof(*source));
    struct diags diags;
    struct compile c = {.arena = arena, .diags = &diags};
    const struct node **docs;
    size_t count;

    source->name = VIEW("question");
    source->text = arena_printf(arena, "{controls: [%s], version: %s}",
                                json_string_value(json_object_get(question, "control")),
                                json_string_value(json_object_get(question, "version")));
    diags_init(&diags, arena);
    if (yaml_parse(source, YAML_RULES, arena, &diags, &docs, &count) < 0 || count != 1)
        return NULL;
    return check_pod_security.compile(docs[0], &c);
}

/* {"control", "version", "spec"} -> whether the control is one of that version and forbids the pod.
 */
json_t *answer_pod_security(const json_t *question, struct arena *arena)
{
    char *text = json_dumps(json_object_get(question, "spec"), JSON_COMPACT);
    yyjson_doc *doc = yyjson_read(text, strlen(text), 0);
    struct workload workload = {.kind = workload_kind_of(VIEW(""), VIEW("Pod")),
                                .spec = yyjson_doc_get_root(doc)};
    const struct request request = {0};
    struct eval e = {.request = &request, .workload = &workload, .arena = arena};
    const void *compiled = compile(question, arena);
    bool forbidden = compiled && check_pod_security.eval(compiled, &e) == 0 && e.first;

    yyjson_doc_free(doc);
    free(text);
    return json_boolean(forbidden);
}
