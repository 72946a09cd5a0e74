#include "cli/eval/namespaces.h"

#include "base/json/json.h"
#include "cli/eval/documents.h"
#include "kube/manifest.h"

#include <stdlib.h>
#include <string.h>
#include <yyjson.h>

int namespaces_init(struct namespaces *n, const struct documents *documents, json_t *other,
                    struct arena *arena)
{
    *n = (struct namespaces){.arena = arena, .labels = json_object(), .other = other};
    for (size_t i = 0; i < documents->count; i++) {
        const json_t *object = documents->items[i].object;
        json_t *labels = json_object_get(json_object_get(object, "metadata"), "labels");

        if (documents->items[i].error || strcmp(json_string_at(object, "kind"), "Namespace") != 0)
            continue;
        labels = json_is_object(labels) ? json_copy(labels) : json_object();
        if (json_object_set_new(n->labels, manifest_meta(object, "name"), labels) < 0)
            return -1;
    }
    return n->labels ? 0 : -1;
}

void namespaces_release(struct namespaces *n)
{
    json_decref(n->labels);
}

/* Rules read labels as they come in a review, through yyjson; the arena keeps them. */
static struct yyjson_val *as_review(const json_t *labels, struct arena *arena)
{
    yyjson_alc memory = json_memory(arena);
    char *text = json_dumps(labels, JSON_COMPACT);
    yyjson_doc *doc;

    if (!text)
        return NULL;
    doc = yyjson_read_opts(text, strlen(text), 0, &memory, NULL);
    free(text);
    return yyjson_doc_get_root(doc);
}

/* The API server gives each namespace its name as a label. */
bool namespaces_labels(void *ctx, struct view name, struct yyjson_val **labels)
{
    const struct namespaces *n = ctx;
    json_t *known = json_object_getn(n->labels, name.p, name.n), *all;

    if (!known)
        known = n->other;
    if (!known)
        return false;
    all = json_copy(known);
    json_object_set_new(all, "kubernetes.io/metadata.name", json_stringn(name.p, name.n));
    *labels = as_review(all, n->arena);
    json_decref(all);
    return *labels;
}
