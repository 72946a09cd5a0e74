#ifndef TG_TESTS_UNIT_POLICY_TEMPLATE_FIXTURE_H
#define TG_TESTS_UNIT_POLICY_TEMPLATE_FIXTURE_H

#include "policy/object/template_hash.h"
#include "unit/policy/rules_fixture.h"

/* Template n is that of image vN; `extra` goes into its metadata. */
static inline struct view template_text(struct arena *arena, int n, const char *extra)
{
    return arena_printf(arena,
                        "{\"metadata\":{\"labels\":{\"app\":\"api\"}%s},\"spec\":{\"containers\":[{"
                        "\"name\":\"api\",\"image\":\"acme/api:v%d\"}]}}",
                        extra, n);
}

static inline struct view hash_of(struct arena *arena, int n)
{
    struct view text = template_text(arena, n, "");
    yyjson_doc *doc = yyjson_read(text.p, text.n, 0);
    struct workload w = {.kind = workload_kind_of(VIEW("apps"), VIEW("Deployment")),
                         .pod = yyjson_doc_get_root(doc)};
    struct view hash = template_hash(&w, arena, NULL);

    yyjson_doc_free(doc);
    return hash;
}

static inline const char *object_text(struct arena *arena, struct view template, const char *key,
                                      struct view annotation)
{
    return arena_printf(arena,
                        "{\"metadata\":{\"name\":\"api\",\"annotations\":{\"%s\":\"%.*s\"}},"
                        "\"spec\":{\"replicas\":1,\"template\":%.*s}}",
                        annotation.n > 0 ? key : "x", VIEW_ARGS(annotation), VIEW_ARGS(template))
        .p;
}

#endif
