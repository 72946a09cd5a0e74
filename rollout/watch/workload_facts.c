#include "rollout/watch/workload_facts.h"

#include "base/arena.h"
#include "base/json/json.h"
#include "base/view.h"
#include "kube/limits.h"
#include "policy/limits.h"
#include "policy/object/guard_command.h"
#include "policy/object/guarded_kind.h"
#include "policy/object/template_hash.h"
#include "policy/object/workload.h"
#include "rollout/watch/owner.h"

#include <string.h>
#include <yyjson.h>

/* An object that is being cut. */
struct cut {
    yyjson_val *metadata, *spec, *status;
    struct arena arena;
    struct object_facts_draft draft;
};

static void begin(struct cut *cut, yyjson_val *object, size_t head)
{
    cut->metadata = yyjson_obj_get(object, "metadata");
    cut->spec = yyjson_obj_get(object, "spec");
    cut->status = yyjson_obj_get(object, "status");
    arena_init(&cut->arena, LIMIT_ARENA);
    object_facts_begin(&cut->draft, head);
}

/* The block, or NULL when something failed. */
static void *end(struct cut *cut, struct object_facts *head, bool failed, struct arena *arena)
{
    void *block;

    cut->draft.text.failed |= failed;
    block = object_facts_end(&cut->draft, head, arena);
    arena_release(&cut->arena);
    return block;
}

static int64_t number(yyjson_val *map, const char *key)
{
    return yyjson_get_sint(yyjson_obj_get(map, key));
}

/* Of a workload of that kind, or a revision of one. Returns -1 when memory runs out. */
static int cut_hash(struct cut *cut, const struct guarded_kind *kind, yyjson_val *pod,
                    bool of_revision, char out[FACTS_HASH])
{
    struct workload w = {.kind = workload_kind_of(view_of(kind->group), view_of(kind->kind)),
                         .pod = pod};
    struct view hash = of_revision ? template_hash_of_revision(&w, &cut->arena)
                                   : template_hash(&w, &cut->arena, NULL);

    if (hash.n != FACTS_HASH)
        return -1;
    memcpy(out, hash.p, FACTS_HASH);
    return 0;
}

static void cut_names(struct cut *cut, struct object_facts *head)
{
    head->namespace_ = object_facts_add(&cut->draft, json_text(cut->metadata, "namespace"));
    head->name = object_facts_add(&cut->draft, json_text(cut->metadata, "name"));
}

/* --- images ----------------------------------------------------------------------------------- */

enum { SHORT_DIGEST = sizeof("sha256:") - 1 + 12 };

/* An image without its registry and path: "api", "v1.2.3", and the first digits of a digest. */
struct short_image {
    struct view name, tag, digest;
};

static struct short_image short_image(struct view image)
{
    struct short_image out;

    view_cut(image, '@', &out.name, &out.digest);
    out.name = view_from(out.name, (size_t)(view_rfind(out.name, '/') + 1));
    view_cut(out.name, ':', &out.name, &out.tag);
    out.digest = view_first(out.digest, SHORT_DIGEST);
    return out;
}

/* "web:v2" of a single container, by its image; of several "api:v1.2.3, proxy:v2" by their names.
 */
static void write_images(yyjson_val *containers, struct buf *out)
{
    size_t i, n;
    yyjson_val *container;

    yyjson_arr_foreach(containers, i, n, container)
    {
        struct short_image image = short_image(json_text(container, "image"));

        buf_add_str(out, i > 0 ? ", " : "");
        buf_add(out, n == 1 ? image.name : json_text(container, "name"));
        if (image.tag.n > 0)
            buf_printf(out, ":%.*s", VIEW_ARGS(image.tag));
        if (image.digest.n > 0)
            buf_printf(out, "@%.*s", VIEW_ARGS(image.digest));
    }
}

static struct span cut_images(struct cut *cut)
{
    yyjson_val *template_ = yyjson_obj_get(yyjson_obj_get(cut->spec, "template"), "spec");
    struct span span;
    struct buf images;

    buf_init(&images, LIMIT_KUBE_EVENT);
    write_images(yyjson_obj_get(template_, "containers"), &images);
    cut->draft.text.failed |= images.failed;
    span = object_facts_add(&cut->draft, buf_view(&images));
    buf_release(&images);
    return span;
}

/* --- workloads -------------------------------------------------------------------------------- */

/* The controller's message when it could not make pods; absent when it could. Those of a
 * StatefulSet and a DaemonSet leave no such condition. */
static struct view refused(yyjson_val *status)
{
    size_t i, n;
    yyjson_val *condition;

    yyjson_arr_foreach(yyjson_obj_get(status, "conditions"), i, n, condition)
    {
        if (view_eq_str(json_text(condition, "type"), "ReplicaFailure") &&
            view_eq_str(json_text(condition, "status"), "True"))
            return json_text(condition, "message");
    }
    return (struct view){NULL, 0};
}

/* When `kubectl rollout restart` restarted it last, in that command's words. */
static struct view restarted(yyjson_val *spec)
{
    yyjson_val *metadata = yyjson_obj_get(yyjson_obj_get(spec, "template"), "metadata");

    return json_text(yyjson_obj_get(metadata, "annotations"), "kubectl.kubernetes.io/restartedAt");
}

static void cut_labels(struct cut *cut, struct workload_facts *out)
{
    yyjson_val *labels = yyjson_obj_get(cut->metadata, "labels");
    yyjson_alc memory = json_memory(&cut->arena);
    struct view text = VIEW("{}");

    if (yyjson_is_obj(labels))
        text.p = yyjson_val_write_opts(labels, 0, &memory, &text.n, NULL);
    cut->draft.text.failed |= !text.p;
    out->labels = object_facts_add(&cut->draft, text);
}

static void cut_texts(struct cut *cut, struct workload_facts *out)
{
    yyjson_val *annotations = yyjson_obj_get(cut->metadata, "annotations");

    cut_names(cut, &out->head);
    out->uid = object_facts_add(&cut->draft, json_text(cut->metadata, "uid"));
    cut_labels(cut, out);
    out->images = cut_images(cut);
    out->restarted = object_facts_add(&cut->draft, restarted(cut->spec));
    out->refused = object_facts_add(&cut->draft, refused(cut->status));
    out->rollback_order =
        object_facts_add(&cut->draft, json_text(annotations, GUARD_COMMAND_ROLLBACK));
    out->release_order =
        object_facts_add(&cut->draft, json_text(annotations, GUARD_COMMAND_RELEASE));
}

static void cut_state(const struct guarded_kind *guarded_kind, const struct cut *cut,
                      const struct workload_facts *before, int64_t now, struct workload_facts *out)
{
    yyjson_val *strategy = yyjson_obj_get(cut->spec, "updateStrategy");

    out->generation = number(cut->metadata, "generation");
    out->observed = number(cut->status, "observedGeneration") >= out->generation;
    out->deleting = yyjson_obj_get(cut->metadata, "deletionTimestamp");
    out->paused = guarded_kind->can_pause && yyjson_is_true(yyjson_obj_get(cut->spec, "paused"));
    out->on_delete = view_eq_str(json_text(strategy, "type"), "OnDelete");
    if (out->refused.at)
        out->refused_since = before && before->refused.at ? before->refused_since : now;
    guarded_kind->count(cut->spec, cut->status, &out->pods);
}

static int cut_hashes(const struct guarded_kind *guarded_kind, struct cut *cut,
                      const struct workload_facts *before, struct workload_facts *out)
{
    yyjson_val *template_ = yyjson_obj_get(cut->spec, "template");

    if (!before || out->generation == 0 || before->generation != out->generation)
        return cut_hash(cut, guarded_kind, template_, false, out->hash) |
               cut_hash(cut, guarded_kind, template_, true, out->revision_hash);
    memcpy(out->hash, before->hash, FACTS_HASH);
    memcpy(out->revision_hash, before->revision_hash, FACTS_HASH);
    return 0;
}

struct workload_facts *workload_facts_extract(const struct guarded_kind *guarded_kind,
                                              yyjson_val *object,
                                              const struct workload_facts *before, int64_t now,
                                              struct arena *arena)
{
    struct workload_facts out;
    struct cut cut;
    int failed = 0;

    memset(&out, 0, sizeof(out));
    begin(&cut, object, sizeof(out));
    cut_texts(&cut, &out);
    cut_state(guarded_kind, &cut, before, now, &out);
    failed = cut_hashes(guarded_kind, &cut, before, &out);
    if (out.refused.at && before && memcmp(out.hash, before->hash, FACTS_HASH) != 0)
        out.refused_since = now; /* what the last template met with is not this one's yet */
    return end(&cut, &out.head, failed < 0, arena);
}

/* --- revisions -------------------------------------------------------------------------------- */

/* Of a ReplicaSet; 0 when it is not a number. */
static int64_t annotated_number(const struct cut *cut)
{
    yyjson_val *annotations = yyjson_obj_get(cut->metadata, "annotations");
    struct view text = json_text(annotations, "deployment.kubernetes.io/revision");
    int64_t n = 0;

    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] < '0' || text.p[i] > '9' || n > INT64_MAX / 10 - 1)
            return 0;
        n = 10 * n + (text.p[i] - '0');
    }
    return n;
}

struct revision_facts *workload_facts_extract_revision(const struct revision_kind *kind,
                                                       yyjson_val *object,
                                                       const struct revision_facts *before,
                                                       struct arena *arena)
{
    yyjson_val *data = yyjson_obj_get(yyjson_obj_get(object, "data"), "spec"), *pod;
    struct revision_facts out;
    struct owner owner;
    struct cut cut;
    int failed = 0;

    memset(&out, 0, sizeof(out));
    begin(&cut, object, sizeof(out));
    owner = owner_of(cut.metadata);
    cut_names(&cut, &out.head);
    out.generation = number(cut.metadata, "generation");
    out.foreign = !owner.none && (!owner.guarded_kind || owner.guarded_kind->revisions != kind);
    if (owner.none || out.foreign)
        return end(&cut, &out.head, false, arena);
    out.owner = object_facts_add(&cut.draft, owner.uid);
    out.number =
        yyjson_obj_get(object, "revision") ? number(object, "revision") : annotated_number(&cut);
    pod = yyjson_obj_get(data ? data : cut.spec, "template");
    if (before && before->owner.at && before->generation == out.generation)
        memcpy(out.hash, before->hash, FACTS_HASH);
    else
        failed = cut_hash(&cut, owner.guarded_kind, pod, true, out.hash);
    return end(&cut, &out.head, failed < 0, arena);
}
