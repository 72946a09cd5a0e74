/* Reads the input as YAML in both ways and touches every byte of what comes back. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/diag.h"
#include "base/yaml/node_json.h"
#include "base/yaml/yaml.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_one(const struct source *source, enum yaml_mode mode)
{
    const struct node **docs;
    struct arena arena;
    struct diags diags;
    struct buf out;
    size_t count;

    arena_init(&arena, 16 * 1024 * 1024);
    diags_init(&diags, &arena);
    buf_init(&out, 4 * 1024 * 1024);
    yaml_parse(source, mode, &arena, &diags, &docs, &count);
    for (size_t i = 0; i < count; i++)
        node_json_write(docs[i], &out);
    diags_write(&diags, &out);
    buf_release(&out);
    arena_release(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct source source = {.name = VIEW("f.yaml"), .text = {(const char *)data, size}};

    read_one(&source, YAML_RULES);
    read_one(&source, YAML_MANIFEST);
    return 0;
}
