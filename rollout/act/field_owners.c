#include "rollout/act/field_owners.h"

#include "base/arena.h"
#include "base/json/json.h"
#include "policy/object/patch.h"

#include <stdlib.h>
#include <string.h>
#include <yyjson.h>

/* What tells one entry of managedFields from another. */
static const char *const identity[] = {"manager", "operation", "apiVersion", "subresource"};

enum { IDENTITY = sizeof(identity) / sizeof(identity[0]) };

static yyjson_val *metadata_of(yyjson_val *object)
{
    return yyjson_obj_get(object, "metadata");
}

static yyjson_val *template_of(yyjson_val *fields)
{
    return yyjson_obj_get(yyjson_obj_get(fields, "f:spec"), "f:template");
}

static yyjson_val *annotations_of(yyjson_val *fields)
{
    return yyjson_obj_get(yyjson_obj_get(fields, "f:metadata"), "f:annotations");
}

/* An Apply by the same name is somebody else's. */
static bool is_ours(yyjson_val *entry)
{
    return view_eq_str(json_text(entry, "manager"), FIELD_OWNERS_MANAGER) &&
           view_eq_str(json_text(entry, "operation"), "Update");
}

/* "f:KEY" is an annotation that a rollback writes, and not one of our own. */
static bool is_restored(const char *field)
{
    return strncmp(field, "f:", 2) == 0 && !patch_is_ours(field + 2);
}

/* --- reading ---------------------------------------------------------------------------------- */

/* Adds a copy under the key. Returns 0, also when there is nothing to copy. */
static int add_copy(json_t *to, const char *key, yyjson_val *value)
{
    return value ? json_object_set_new_nocheck(to, key, json_of_value(value)) : 0;
}

static json_t *identity_of(yyjson_val *entry)
{
    json_t *made = json_object();
    int status = made ? 0 : -1;

    for (size_t i = 0; i < IDENTITY && status == 0; i++)
        status = add_copy(made, identity[i], yyjson_obj_get(entry, identity[i]));
    if (status == 0)
        status = add_copy(made, "time", yyjson_obj_get(entry, "time"));
    if (status == 0)
        return made;
    json_decref(made);
    return NULL;
}

/* Appends what one entry of managedFields owns of a version. */
static int add_owner(json_t *owners, yyjson_val *entry)
{
    yyjson_val *fields = yyjson_obj_get(entry, "fieldsV1");
    yyjson_val *template = template_of(fields), *annotations = annotations_of(fields);
    json_t *owner;

    if (is_ours(entry) || (!template && !annotations))
        return 0;
    owner = identity_of(entry);
    if (add_copy(owner, "template", template) < 0 ||
        add_copy(owner, "annotations", annotations) < 0) {
        json_decref(owner);
        return -1;
    }
    return json_array_append_new(owners, owner);
}

static yyjson_doc *read_last_applied(yyjson_val *workload, struct arena *arena)
{
    yyjson_val *annotations = yyjson_obj_get(metadata_of(workload), "annotations");
    struct view text = json_text(annotations, PATCH_LAST_APPLIED);
    yyjson_alc memory = json_memory(arena);

    return text.n > 0 ? yyjson_read_opts((char *)(uintptr_t)text.p, text.n, 0, &memory, NULL)
                      : NULL;
}

static struct view dump(const json_t *value, struct arena *arena)
{
    char *text = value ? json_dumps(value, JSON_COMPACT) : NULL;
    struct view copy = text ? arena_copy(arena, view_of(text)) : (struct view){NULL, 0};

    free(text);
    return copy;
}

struct view field_owners_text(yyjson_val *workload, struct view hash, struct arena *arena)
{
    yyjson_arr_iter iter =
        yyjson_arr_iter_with(yyjson_obj_get(metadata_of(workload), "managedFields"));
    yyjson_val *entry, *applied = yyjson_doc_get_root(read_last_applied(workload, arena));
    json_t *owners = json_array(), *last = json_object(),
           *all = json_pack("{s:s%, s:o, s:o}", "hash", hash.p, hash.n, "owners", owners,
                            "lastApplied", last);
    int status = all ? 0 : -1;
    struct view text = {NULL, 0};

    while (status == 0 && (entry = yyjson_arr_iter_next(&iter)))
        status = add_owner(owners, entry);
    if (status == 0)
        status =
            add_copy(last, "template", yyjson_obj_get(yyjson_obj_get(applied, "spec"), "template"));
    if (status == 0)
        status = add_copy(last, "annotations", yyjson_obj_get(metadata_of(applied), "annotations"));
    if (status == 0)
        text = dump(all, arena);
    json_decref(all);
    return text;
}

yyjson_val *field_owners_parse(struct view text, struct view hash, struct arena *arena)
{
    yyjson_alc memory = json_memory(arena);
    yyjson_val *root =
        yyjson_doc_get_root(yyjson_read_opts((char *)(uintptr_t)text.p, text.n, 0, &memory, NULL));

    return view_eq(json_text(root, "hash"), hash) ? root : NULL;
}

/* Makes to[key] that of the healthy version, which may have had none. */
static int replace(json_t *to, const char *key, yyjson_val *last)
{
    json_object_del(to, key);
    return add_copy(to, key, yyjson_obj_get(last, key));
}

struct view field_owners_last_applied(yyjson_val *workload, yyjson_val *owners, bool annotations,
                                      struct arena *arena)
{
    yyjson_val *last = yyjson_obj_get(owners, "lastApplied");
    yyjson_val *now = yyjson_doc_get_root(read_last_applied(workload, arena));
    struct view text = {NULL, 0};
    json_t *applied;

    if (!yyjson_obj_get(last, "template") || !yyjson_is_obj(yyjson_obj_get(now, "spec")) ||
        !yyjson_is_obj(metadata_of(now)))
        return text;
    applied = json_of_value(now);
    if (replace(json_object_get(applied, "spec"), "template", last) == 0 &&
        (!annotations || replace(json_object_get(applied, "metadata"), "annotations", last) == 0))
        text = dump(applied, arena);
    json_decref(applied);
    return text;
}

bool field_owners_are_ours(yyjson_val *workload)
{
    yyjson_arr_iter iter =
        yyjson_arr_iter_with(yyjson_obj_get(metadata_of(workload), "managedFields"));
    yyjson_val *entry;

    while ((entry = yyjson_arr_iter_next(&iter)))
        if (is_ours(entry) && template_of(yyjson_obj_get(entry, "fieldsV1")))
            return true;
    return false;
}

/* --- giving back ------------------------------------------------------------------------------ */

/* What is underway. */
struct restoring {
    json_t *annotations; /* "f:KEY" of each annotation that the guard owns, and gives back */
    json_t *owners;      /* of the healthy version; each goes when its entry was found */
    json_t *result;
};

static bool is_same(const json_t *a, const json_t *b)
{
    for (size_t i = 0; i < IDENTITY; i++)
        if (strcmp(json_string_at(a, identity[i]), json_string_at(b, identity[i])) != 0)
            return false;
    return true;
}

/* The map at fields[outer][inner], made when it is not there. NULL when memory runs out. */
static json_t *map_at(json_t *fields, const char *outer, const char *inner)
{
    json_t *map = fields;
    const char *const keys[] = {outer, inner};

    for (size_t i = 0; i < 2 && map; i++) {
        json_t *next = json_object_get(map, keys[i]);

        if (!next && json_object_set_new(map, keys[i], next = json_object()) < 0)
            return NULL;
        map = next;
    }
    return map;
}

/* Takes fields[outer][inner] out, and outer when nothing is left in it. */
static void drop(json_t *fields, const char *outer, const char *inner)
{
    json_t *map = json_object_get(fields, outer);

    json_object_del(map, inner);
    if (map && json_object_size(map) == 0)
        json_object_del(fields, outer);
}

/* A map of which only the map itself is owned (".") owns nothing. */
static bool is_hollow(const json_t *map)
{
    return json_object_size(map) == (json_object_get(map, ".") ? 1 : 0);
}

static void take_away(const struct restoring *r, json_t *fields)
{
    json_t *map = json_object_get(json_object_get(fields, "f:metadata"), "f:annotations");
    const char *key;
    json_t *unused;

    drop(fields, "f:spec", "f:template");
    json_object_foreach(r->annotations, key, unused) json_object_del(map, key);
    if (map && is_hollow(map))
        drop(fields, "f:metadata", "f:annotations");
}

static int give_annotations(const struct restoring *r, json_t *fields, const json_t *owner)
{
    const json_t *owned = json_object_get(owner, "annotations");
    const char *key;
    json_t *unused, *map;

    json_object_foreach(r->annotations, key, unused)
    {
        if (!json_object_get(owned, key))
            continue;
        map = map_at(fields, "f:metadata", "f:annotations");
        if (!map || json_object_set_new(map, key, json_object()) < 0)
            return -1;
    }
    return 0;
}

static int give(const struct restoring *r, json_t *fields, const json_t *owner)
{
    json_t *template = json_object_get(owner, "template");
    json_t *spec;

    if (give_annotations(r, fields, owner) < 0)
        return -1;
    if (!template)
        return 0;
    if (!json_object_get(fields, "f:spec") &&
        json_object_set_new(fields, "f:spec", json_object()) < 0)
        return -1;
    spec = json_object_get(fields, "f:spec");
    return json_object_set(spec, "f:template", template);
}

/* The owner of the healthy version that has this entry's identity, out of the list; NULL: none. */
static json_t *take_owner(struct restoring *r, const json_t *entry)
{
    for (size_t i = 0; i < json_array_size(r->owners); i++) {
        json_t *owner = json_array_get(r->owners, i);

        if (!is_same(owner, entry))
            continue;
        json_incref(owner);
        json_array_remove(r->owners, i);
        return owner;
    }
    return NULL;
}

/* Keeps an entry of now, with another part of the template. Takes the entry. */
static int restore_entry(struct restoring *r, json_t *entry)
{
    json_t *fields = json_object_get(entry, "fieldsV1");
    json_t *owner = take_owner(r, entry);
    int status = fields ? 0 : -1;

    take_away(r, fields);
    if (owner && status == 0)
        status = give(r, fields, owner);
    json_decref(owner);
    if (status == 0 && json_object_size(fields) > 0)
        return json_array_append_new(r->result, entry);
    json_decref(entry);
    return status;
}

/* An owner of the healthy version that has no entry now. */
static int restore_owner(struct restoring *r, json_t *owner)
{
    json_t *fields = json_object();
    json_t *entry = json_copy(owner);
    int status = fields ? give(r, fields, owner) : -1;

    json_object_del(entry, "template");
    json_object_del(entry, "annotations");
    if (status == 0 && json_object_size(fields) > 0) {
        status = json_object_set(entry, "fieldsV1", fields) |
                 json_object_set_new(entry, "fieldsType", json_string("FieldsV1")) |
                 json_array_append(r->result, entry);
    }
    json_decref(fields);
    json_decref(entry);
    return status;
}

static int find_annotations(struct restoring *r, yyjson_val *managed)
{
    yyjson_arr_iter iter = yyjson_arr_iter_with(managed);
    yyjson_val *entry, *key;

    while ((entry = yyjson_arr_iter_next(&iter))) {
        yyjson_obj_iter keys =
            yyjson_obj_iter_with(annotations_of(yyjson_obj_get(entry, "fieldsV1")));

        while (is_ours(entry) && (key = yyjson_obj_iter_next(&keys)))
            if (is_restored(yyjson_get_str(key)) &&
                json_object_set_new(r->annotations, yyjson_get_str(key), json_true()) < 0)
                return -1;
    }
    return 0;
}

static int restore(struct restoring *r, yyjson_val *managed)
{
    yyjson_arr_iter iter = yyjson_arr_iter_with(managed);
    yyjson_val *entry;
    int status = r->annotations && r->owners && r->result ? find_annotations(r, managed) : -1;

    while (status == 0 && (entry = yyjson_arr_iter_next(&iter))) {
        json_t *copy = json_of_value(entry);

        status = copy ? restore_entry(r, copy) : -1;
    }
    for (size_t i = 0; status == 0 && i < json_array_size(r->owners); i++)
        status = restore_owner(r, json_array_get(r->owners, i));
    return status;
}

json_t *field_owners_patch(yyjson_val *workload, yyjson_val *owners)
{
    yyjson_val *managed = yyjson_obj_get(metadata_of(workload), "managedFields");
    struct restoring r = {.annotations = json_object(),
                          .owners = json_of_value(yyjson_obj_get(owners, "owners")),
                          .result = json_array()};
    json_t *patch = NULL;

    if (restore(&r, managed) == 0)
        patch = patch_to_managed_fields(workload, json_incref(r.result));
    json_decref(r.annotations);
    json_decref(r.owners);
    json_decref(r.result);
    return patch;
}

/* --- Helm ------------------------------------------------------------------------------------- */

/* The entry that wrote the template last: times have whole seconds in UTC, so that text order is
 * time order, and the later entry wins a second. */
static yyjson_val *last_writer(yyjson_val *workload)
{
    yyjson_arr_iter iter =
        yyjson_arr_iter_with(yyjson_obj_get(metadata_of(workload), "managedFields"));
    yyjson_val *entry, *last = NULL;

    while ((entry = yyjson_arr_iter_next(&iter)))
        if (template_of(yyjson_obj_get(entry, "fieldsV1")) &&
            view_cmp(json_text(entry, "time"), json_text(last, "time")) >= 0)
            last = entry;
    return last;
}

/* Flux's helm-controller rolls its releases back and forth by itself. */
static bool is_helm(struct view manager)
{
    return view_starts(manager, "helm") && !view_starts(manager, "helm-controller");
}

struct view field_owners_helm_release(yyjson_val *workload, struct arena *arena)
{
    yyjson_val *annotations = yyjson_obj_get(metadata_of(workload), "annotations");
    yyjson_val *writer = last_writer(workload);
    struct view name = json_text(annotations, "meta.helm.sh/release-name");
    struct view namespace_ = json_text(annotations, "meta.helm.sh/release-namespace");

    if (name.n == 0 || namespace_.n == 0 || !is_helm(json_text(writer, "manager")) ||
        !view_eq_str(json_text(writer, "operation"), "Update"))
        return (struct view){NULL, 0};
    return arena_printf(arena, "%.*s/%.*s", VIEW_ARGS(namespace_), VIEW_ARGS(name));
}
