#include "policy/object/template_hash.h"

#include "base/arena.h"
#include "policy/object/workload.h"
#include "tests/contract/oracle/answer/answer.h"

#include <stdlib.h>
#include <string.h>
#include <yyjson.h>

/* The pod template of a Deployment -> its hash, or null where there is none. */
json_t *answer_template_hash(const json_t *question, struct arena *arena)
{
    char *text = json_dumps(question, JSON_COMPACT);
    yyjson_doc *doc = text ? yyjson_read(text, strlen(text), 0) : NULL;
    struct workload w = {.kind = workload_kind_of(VIEW("apps"), VIEW("Deployment")),
                         .pod = yyjson_doc_get_root(doc)};
    struct view hash = template_hash(&w, arena, NULL);
    json_t *answer = hash.p ? json_stringn(hash.p, hash.n) : json_null();

    yyjson_doc_free(doc);
    free(text);
    return answer;
}
