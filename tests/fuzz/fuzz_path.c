/* Compiles the first line as a field path and walks it over the rest as a Deployment. */
#include "base/arena.h"
#include "base/parse_error.h"
#include "policy/rule/check.h"
#include "policy/rule/path.h"

#include <stdint.h>
#include <stdlib.h>
#include <yyjson.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int visit(void *ctx, yyjson_val *value, const struct path_step *step)
{
    struct view text = path_text(step, ctx);

    (void)value;
    return text.n > 100000 ? -1 : 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct view text = {(const char *)data, size}, line, rest;
    struct workload workload;
    const struct path *path;
    struct arena arena;
    const struct request request = {0};
    struct eval e = {.request = &request, .workload = &workload, .arena = &arena};
    struct parse_error parse_error;
    yyjson_doc *doc;

    arena_init(&arena, 16 * 1024 * 1024);
    view_cut(text, '\n', &line, &rest);
    path = path_compile(line, &arena, &parse_error);
    doc = yyjson_read(rest.n > 0 ? rest.p : "{}", rest.n > 0 ? rest.n : 2, 0);
    e.object = yyjson_doc_get_root(doc);
    workload = workload_of(workload_kind_of(VIEW("apps"), VIEW("Deployment")), e.object);
    if (path && doc)
        path_walk(path, &e, visit, &arena);
    if (!path && parse_error.why[0] && parse_error.at > line.n)
        abort();
    yyjson_doc_free(doc);
    arena_release(&arena);
    return 0;
}
