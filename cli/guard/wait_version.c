#include "cli/guard/wait_version.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/json/json.h"
#include "cli/eval/documents.h"
#include "cli/guard/workload_command.h"
#include "kube/client.h"
#include "kube/limits.h"
#include "kube/manifest.h"
#include "policy/object/guarded_kind.h"
#include "policy/object/template_hash.h"
#include "policy/object/workload.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yyjson.h>

static struct workload workload_in(const struct workload_command *s, yyjson_val *object)
{
    const struct guarded_kind *kind = s->target.guarded_kind;

    return workload_of(workload_kind_of(view_of(kind->group), view_of(kind->kind)), object);
}

/* --- a manifest ------------------------------------------------------------------------------- */

static bool is_target(const struct workload_command *s, const json_t *object)
{
    const char *namespace_ = manifest_meta(object, "namespace");

    return view_eq_str(s->target.name, manifest_meta(object, "name")) &&
           strcmp(json_string_at(object, "kind"), s->target.guarded_kind->kind) == 0 &&
           (!namespace_[0] || view_eq_str(s->session.namespace_, namespace_));
}

static struct view hash_of(struct workload_command *s, const json_t *object)
{
    char *text = json_dumps(object, JSON_COMPACT);
    yyjson_doc *doc = text ? yyjson_read(text, strlen(text), 0) : NULL;
    struct workload w = workload_in(s, yyjson_doc_get_root(doc));
    struct view hash = w.pod ? template_hash(&w, &s->session.arena, NULL) : (struct view){NULL, 0};

    yyjson_doc_free(doc);
    free(text);
    return hash;
}

static int find_in_file(struct wait_version *v, struct workload_command *s)
{
    struct documents documents;
    int found = 0;

    documents_init(&documents, &s->session.arena);
    if (documents_read(&documents, v->file) < 0)
        found = -1;
    for (size_t i = 0; found == 0 && i < documents.count; i++)
        if (documents.items[i].object && is_target(s, documents.items[i].object)) {
            v->hash = hash_of(s, documents.items[i].object);
            found = v->hash.p ? 1 : -1;
        }
    documents_release(&documents);
    return found;
}

int wait_version_open(struct wait_version *v, struct workload_command *s)
{
    struct arena *arena = &s->session.arena;
    int found;

    if (v->image)
        v->text = arena_printf(arena, "the image %s", v->image);
    if (v->revision > 0)
        v->text = arena_printf(arena, "revision %" PRId64, v->revision);
    if (!v->file)
        return 0;
    v->text = arena_printf(arena, "the version in %s", v->file);
    found = find_in_file(v, s);
    if (found == 0)
        session_tell(&s->session, "%s has no %.*s of namespace %.*s", v->file, VIEW_ARGS(s->text),
                     VIEW_ARGS(s->session.namespace_));
    if (found < 0)
        session_tell(&s->session, "%s cannot be read", v->file);
    return found > 0 ? 0 : -1;
}

/* --- an image --------------------------------------------------------------------------------- */

static bool has_image(yyjson_val *workload, const char *image)
{
    yyjson_val *template_ = yyjson_obj_get(yyjson_obj_get(workload, "spec"), "template");
    yyjson_val *containers = yyjson_obj_get(yyjson_obj_get(template_, "spec"), "containers");
    yyjson_arr_iter iter = yyjson_arr_iter_with(containers);
    yyjson_val *container;

    while ((container = yyjson_arr_iter_next(&iter)))
        if (view_eq_str(json_text(container, "image"), image))
            return true;
    return false;
}

/* --- a revision ------------------------------------------------------------------------------- */

static int64_t number_of(yyjson_val *revision)
{
    yyjson_val *annotations = yyjson_obj_get(yyjson_obj_get(revision, "metadata"), "annotations");
    const char *text =
        yyjson_get_str(yyjson_obj_get(annotations, "deployment.kubernetes.io/revision"));
    intmax_t number = 0;

    if (yyjson_obj_get(revision, "revision"))
        return yyjson_get_sint(yyjson_obj_get(revision, "revision"));
    for (; text && *text >= '0' && *text <= '9' && number < INT32_MAX; text++)
        number = 10 * number + (*text - '0');
    return number;
}

static bool is_owned(yyjson_val *object, struct view uid)
{
    yyjson_val *owners = yyjson_obj_get(yyjson_obj_get(object, "metadata"), "ownerReferences");
    yyjson_arr_iter iter = yyjson_arr_iter_with(owners);
    yyjson_val *owner;

    while ((owner = yyjson_arr_iter_next(&iter)))
        if (view_eq(json_text(owner, "uid"), uid))
            return true;
    return false;
}

static yyjson_val *list_revisions(struct workload_command *s, struct arena *arena,
                                  struct client_answer *answer)
{
    const struct revision_kind *kind = s->target.guarded_kind->revisions;
    struct view path =
        arena_printf(arena, "/apis/%s/%s/namespaces/%.*s/%s", kind->group, kind->version,
                     VIEW_ARGS(s->session.namespace_), kind->resource);
    const struct client_call call = {.verb = "list", .resource = kind->resource, .path = path.p};

    *answer = (struct client_answer){.problem = "out of memory"};
    return path.p ? client_json(s->session.client, &call, arena, answer) : NULL;
}

/* Keeps the hash of the revision's template. Returns 1, 0 when there is no such revision, or -1
 * after a message. */
static int find_revision(struct wait_version *v, struct workload_command *s, yyjson_val *workload,
                         struct arena *arena)
{
    struct view uid = json_text(yyjson_obj_get(workload, "metadata"), "uid");
    struct client_answer answer;
    yyjson_val *list = list_revisions(s, arena, &answer), *one;
    yyjson_arr_iter iter = yyjson_arr_iter_with(yyjson_obj_get(list, "items"));

    if (!list) {
        session_tell(&s->session, "the revisions cannot be read: %s", answer.problem);
        return -1;
    }
    while ((one = yyjson_arr_iter_next(&iter))) {
        yyjson_val *data = yyjson_obj_get(one, "data");
        struct workload w = workload_in(s, data ? data : one);

        if (number_of(one) != v->revision || !is_owned(one, uid) || !w.pod)
            continue;
        v->hash = template_hash_of_revision(&w, &s->session.arena);
        return v->hash.p ? 1 : -1;
    }
    return 0;
}

int wait_version_is(struct wait_version *v, struct workload_command *s, yyjson_val *workload,
                    struct view hash, struct arena *arena)
{
    int found = 1;

    if (v->image)
        return has_image(workload, v->image);
    if (v->revision > 0 && v->hash.n == 0)
        found = find_revision(v, s, workload, arena);
    if (found == 0)
        session_tell(&s->session, "%.*s has no revision %" PRId64, VIEW_ARGS(s->text), v->revision);
    return found <= 0 ? -1 : view_eq(v->hash, hash);
}
