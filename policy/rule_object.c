#include "policy/rule_object.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/json/json.h"
#include "base/yaml/yaml_text.h"
#include "policy/limits.h"
#include "policy/set.h"

#include <yyjson.h>

const struct document_kind *rule_object_kind(struct view group, struct view kind)
{
    for (const struct document_kind *k = policy_set_kinds; k->name; k++)
        if (view_eq_str(group, RULE_OBJECT_GROUP) && view_eq_str(kind, k->name))
            return k;
    return NULL;
}

/* apiVersion, kind, the name and the spec. */
static yyjson_val *document_of(yyjson_val *object, const struct document_kind *kind,
                               struct view name, struct arena *arena)
{
    yyjson_alc memory = json_memory(arena);
    yyjson_mut_doc *doc = yyjson_mut_doc_new(&memory);
    yyjson_mut_val *root = yyjson_mut_obj(doc), *metadata, *spec;
    yyjson_doc *done;

    if (!root)
        return NULL;
    yyjson_mut_doc_set_root(doc, root);
    yyjson_mut_obj_add_str(doc, root, "apiVersion", RULE_OBJECT_GROUP "/v1alpha1");
    yyjson_mut_obj_add_str(doc, root, "kind", kind->name);
    metadata = yyjson_mut_obj_add_obj(doc, root, "metadata");
    if (!metadata || !yyjson_mut_obj_add_strn(doc, metadata, "name", name.p, name.n))
        return NULL;
    spec = yyjson_val_mut_copy(doc, yyjson_obj_get(object, "spec"));
    if (yyjson_obj_get(object, "spec") && !yyjson_mut_obj_add_val(doc, root, "spec", spec))
        return NULL;
    done = yyjson_mut_doc_imut_copy(doc, &memory);
    return yyjson_doc_get_root(done);
}

int rule_object_source(yyjson_val *object, const struct document_kind *kind, struct arena *arena,
                       struct source *out, const char **problem)
{
    struct view name = json_text(yyjson_obj_get(object, "metadata"), "name");
    yyjson_val *document = document_of(object, kind, name.p ? name : VIEW(""), arena);
    struct buf text;

    *out = (struct source){.name = arena_printf(arena, "%s/%.*s", kind->singular, VIEW_ARGS(name)),
                           .write_place = yaml_text_path};
    *problem = "out of memory";
    buf_init(&text, LIMIT_RULE_OBJECT);
    if (document && yaml_text_write(document, &text) == 0)
        out->text = arena_copy(arena, buf_view(&text));
    else if (document && text.failed)
        *problem = "it is larger than the limit of one object of rules";
    else if (document)
        *problem = "it nests too deep";
    buf_release(&text);
    return out->name.p && out->text.p ? 0 : -1;
}

struct source rule_object_kept(struct view name, struct view text)
{
    return (struct source){.name = name, .text = text, .write_place = yaml_text_path};
}

int rule_object_check(const struct source *source, const struct policy_set *in_force,
                      struct diags *diags, struct policy_set **out)
{
    const struct policy_sources from = {.texts = source,
                                        .text_count = 1,
                                        .alone = true,
                                        .before = in_force,
                                        .whole = source->name.p};

    diags_init(diags, NULL); /* its arena is the set's */
    return policy_set_load(&from, diags, out);
}
