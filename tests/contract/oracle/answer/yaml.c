#include "base/yaml/yaml.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/diag.h"
#include "base/limits.h"
#include "base/yaml/node.h"
#include "base/yaml/node_json.h"
#include "tests/contract/oracle/answer/answer.h"

/* A manifest's text -> {"json": the first document as JSON text}, or {"error": ...}. */
json_t *answer_yaml(const json_t *question, struct arena *arena)
{
    struct source source = {.name = VIEW("manifest"), .text = answer_text(question)};
    const struct node **docs;
    struct diags diags;
    struct buf text;
    json_t *answer;
    size_t count;

    diags_init(&diags, arena);
    yaml_parse(&source, YAML_MANIFEST, arena, &diags, &docs, &count);
    if (diags.errors > 0)
        return json_pack("{s:s}", "error", diags.first ? diags.first->message.p : "");
    buf_init(&text, LIMIT_FILE);
    if (count > 0)
        node_json_write(docs[0], &text);
    answer = json_pack("{s:s%}", "json", count > 0 ? text.p : "null", count > 0 ? text.n : 4);
    buf_release(&text);
    return answer;
}
