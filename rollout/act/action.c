#include "rollout/act/action.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/json/json.h"
#include "base/text/tail.h"
#include "kube/client.h"
#include "kube/limits.h"
#include "policy/object/guarded_kind.h"
#include "policy/object/patch.h"
#include "policy/object/template_hash.h"
#include "rollout/act/field_owners.h"
#include "rollout/limits.h"
#include "rollout/record/outcome.h"
#include "rollout/watch/snapshot.h"

#include <stdio.h>
#include <stdlib.h>
#include <yyjson.h>

enum { LOOKS = 4 }; /* at a workload that others write at the same time */

/* What is underway. */
struct action {
    struct client *client;
    const struct snapshot *snapshot;
    struct arena *arena;
    struct view *message;
    struct client_answer answer;
};

/* --- calls ------------------------------------------------------------------------------------ */

/* The path of the workload. NULL when memory runs out. */
static const char *path_of_workload(const struct action *a)
{
    const struct guarded_kind *k = a->snapshot->guarded_kind;

    return arena_printf(a->arena, "/apis/%s/%s/namespaces/%.*s/%s/%.*s", k->group, k->version,
                        VIEW_ARGS(a->snapshot->namespace_), k->resource,
                        VIEW_ARGS(a->snapshot->name))
        .p;
}

/* By its own name, so that what the guard owns is told from what others do. */
static const char *path_of_patch(const struct action *a)
{
    const char *path = path_of_workload(a);

    return path ? arena_printf(a->arena, "%s?fieldManager=" FIELD_OWNERS_MANAGER, path).p : NULL;
}

static const char *path_of_revision(const struct action *a, struct view name)
{
    const struct revision_kind *k = a->snapshot->guarded_kind->revisions;

    return arena_printf(a->arena, "/apis/%s/%s/namespaces/%.*s/%s/%.*s", k->group, k->version,
                        VIEW_ARGS(a->snapshot->namespace_), k->resource, VIEW_ARGS(name))
        .p;
}

static enum outcome end(const struct action *a, enum outcome outcome, struct view message)
{
    *a->message = message;
    return outcome;
}

static enum outcome out_of_memory(const struct action *a)
{
    return end(a, OUTCOME_UNREACHABLE, VIEW("out of memory"));
}

static enum outcome failure(const struct action *a)
{
    return outcome_of(&a->answer, a->arena, a->message);
}

static yyjson_val *get(struct action *a, const char *resource, const char *path)
{
    struct client_call call = {
        .verb = "get", .resource = resource, .path = path, .seconds = LIMIT_KUBE_ACT};

    a->answer = (struct client_answer){.problem = "out of memory"};
    return path ? client_json(a->client, &call, a->arena, &a->answer) : NULL;
}

/* Sends a body, which it takes; 0 when it was accepted. */
static int send_body(struct action *a, struct client_call *call, json_t *body)
{
    char *text = json_dumps(body, JSON_COMPACT);
    int result = -1;

    a->answer = (struct client_answer){.problem = "out of memory"};
    call->body = view_of(text);
    if (text && call->path)
        result = client_do(a->client, call, &a->answer);
    free(text);
    json_decref(body);
    return result;
}

/* --- what is there now ------------------------------------------------------------------------ */

static struct view hash_of(const struct action *a, yyjson_val *object, bool is_revision)
{
    const struct workload_kind *kind = workload_kind_of(view_of(a->snapshot->guarded_kind->group),
                                                        view_of(a->snapshot->guarded_kind->kind));
    struct workload w = workload_of(kind, object);

    if (!w.pod)
        return VIEW("");
    return is_revision ? template_hash_of_revision(&w, a->arena)
                       : template_hash(&w, a->arena, NULL);
}

/* Reads the workload and compares it with what was seen. */
static enum outcome read_same(struct action *a, struct view hash, yyjson_val **workload)
{
    const struct snapshot *snapshot = a->snapshot;
    yyjson_val *object = get(a, snapshot->guarded_kind->resource, path_of_workload(a)), *meta;
    struct view now;

    *workload = object;
    if (!object)
        return failure(a);
    meta = yyjson_obj_get(object, "metadata");
    if (!view_eq(json_text(meta, "uid"), snapshot->uid))
        return end(a, OUTCOME_SUPERSEDED, VIEW("it was deleted and created again"));
    if (yyjson_obj_get(meta, "deletionTimestamp"))
        return end(a, OUTCOME_SUPERSEDED, VIEW("it is being deleted"));
    now = hash_of(a, object, false);
    if (!now.p)
        return out_of_memory(a);
    return view_eq(now, hash) ? OUTCOME_DONE
                              : end(a, OUTCOME_SUPERSEDED, VIEW("its template was changed"));
}

/* And whether a person holds it. */
static enum outcome read_workload(struct action *a, struct view hash, yyjson_val **workload)
{
    enum outcome outcome = read_same(a, hash, workload);

    if (outcome == OUTCOME_DONE &&
        yyjson_is_true(yyjson_obj_get(yyjson_obj_get(*workload, "spec"), "paused")))
        return end(a, OUTCOME_SUPERSEDED, VIEW("it is paused"));
    return outcome;
}

/* Its controller is this very workload. */
static bool is_owned(yyjson_val *object, struct view uid)
{
    yyjson_val *owners = yyjson_obj_get(yyjson_obj_get(object, "metadata"), "ownerReferences");
    yyjson_arr_iter iter = yyjson_arr_iter_with(owners);
    yyjson_val *owner;

    while ((owner = yyjson_arr_iter_next(&iter)))
        if (yyjson_is_true(yyjson_obj_get(owner, "controller")) &&
            view_eq(json_text(owner, "uid"), uid))
            return true;
    return false;
}

/* Who may edit ReplicaSets must not thereby choose what the guard deploys. */
static enum outcome read_revision(struct action *a, const struct snapshot_revision *target,
                                  yyjson_val **revision)
{
    const struct guarded_kind *guarded_kind = a->snapshot->guarded_kind;
    yyjson_val *object =
                   get(a, guarded_kind->revisions->resource, path_of_revision(a, target->name)),
               *data;
    struct view hash;

    *revision = object;
    if (!object && a->answer.status == 404)
        return end(a, OUTCOME_REFUSED,
                   arena_printf(a->arena, "%s \"%.*s\" is gone", guarded_kind->revisions->kind,
                                VIEW_ARGS(target->name)));
    if (!object)
        return failure(a);
    data = yyjson_obj_get(object, "data"); /* of a ControllerRevision: a part of the workload */
    hash = hash_of(a, data ? data : object, true);
    if (!hash.p)
        return out_of_memory(a);
    if (is_owned(object, a->snapshot->uid) && view_eq(hash, target->hash))
        return OUTCOME_DONE;
    return end(a, OUTCOME_REFUSED,
               arena_printf(a->arena, "%s \"%.*s\" no longer holds the template that was healthy",
                            guarded_kind->revisions->kind, VIEW_ARGS(target->name)));
}

/* --- patches ---------------------------------------------------------------------------------- */

static enum outcome send_patch(struct action *a, const char *type, json_t *patch)
{
    const char *resource = a->snapshot->guarded_kind->resource;
    struct client_call call = {.verb = "patch",
                               .seconds = LIMIT_KUBE_ACT,
                               .resource = resource,
                               .path = path_of_patch(a),
                               .type = type};

    if (!patch)
        return out_of_memory(a);
    return send_body(a, &call, patch) == 0 ? end(a, OUTCOME_DONE, VIEW("")) : failure(a);
}

/* A change of the workload, made of it as it was read. */
struct change {
    const struct snapshot_revision *target; /* to go back to */
    yyjson_val *revision;                   /* of the target, once it was read */
    yyjson_val *owners;                     /* of the target; NULL: not known */
    struct view release;                    /* of what is undone */
    enum outcome (*send)(struct action *a, struct change *change, yyjson_val *workload);
};

static enum outcome send_undo(struct action *a, struct change *change, yyjson_val *workload)
{
    const struct guarded_kind *kind = a->snapshot->guarded_kind;
    enum outcome outcome =
        change->revision ? OUTCOME_DONE : read_revision(a, change->target, &change->revision);

    if (outcome != OUTCOME_DONE)
        return outcome;
    change->release = field_owners_helm_release(workload, a->arena);
    return send_patch(a, kind->undo_type,
                      kind->undo(workload, change->revision,
                                 field_owners_last_applied(workload, change->owners,
                                                           kind->undo_annotations, a->arena)));
}

static enum outcome send_pause(struct action *a, struct change *change, yyjson_val *workload)
{
    (void)change;
    return send_patch(a, CLIENT_JSON_PATCH, patch_to_paused(workload));
}

static enum outcome send_owners(struct action *a, struct change *change, yyjson_val *workload)
{
    if (!field_owners_are_ours(workload))
        return OUTCOME_DONE; /* somebody else went back, or wrote it since */
    return send_patch(a, CLIENT_JSON_PATCH, field_owners_patch(workload, change->owners));
}

/* A patch is refused with a conflict (409), or because its test failed (422), when somebody wrote
 * the workload since it was read: a scaling, a status, or a new template, which the next look tells
 * apart. When nobody did, it is refused for what it says. */
static enum outcome change_workload(struct action *a, struct view hash,
                                    enum outcome (*read)(struct action *a, struct view hash,
                                                         yyjson_val **workload),
                                    struct change *change)
{
    yyjson_val *workload;
    struct view version, tried = {NULL, 0}, refusal = {NULL, 0};
    enum outcome outcome = OUTCOME_SUPERSEDED;

    for (int looks = 0; looks < LOOKS; looks++) {
        outcome = read(a, hash, &workload);
        if (outcome != OUTCOME_DONE)
            return outcome;
        version = json_text(yyjson_obj_get(workload, "metadata"), "resourceVersion");
        if (tried.p && view_eq(version, tried))
            return end(a, OUTCOME_REFUSED, refusal);
        outcome = change->send(a, change, workload);
        if (a->answer.status != 409 && a->answer.status != 422)
            return outcome;
        tried = version;
        refusal = *a->message;
    }
    return end(a, OUTCOME_UNREACHABLE, VIEW("others write it all the time"));
}

enum outcome action_undo(struct client *c, const struct snapshot *snapshot, struct view hash,
                         const struct snapshot_revision *target, yyjson_val *owners,
                         struct arena *arena, struct view *release, struct view *message)
{
    struct action a = {.client = c, .snapshot = snapshot, .arena = arena, .message = message};
    struct change change = {.target = target, .owners = owners, .send = send_undo};
    enum outcome outcome;

    *message = (struct view){NULL, 0};
    outcome = change_workload(&a, hash, read_workload, &change);
    *release = change.release;
    return outcome;
}

enum outcome action_pause(struct client *c, const struct snapshot *snapshot, struct view hash,
                          struct arena *arena, struct view *message)
{
    struct action a = {.client = c, .snapshot = snapshot, .arena = arena, .message = message};
    struct change change = {.send = send_pause};

    *message = (struct view){NULL, 0};
    return change_workload(&a, hash, read_workload, &change);
}

/* --- owners ----------------------------------------------------------------------------------- */

enum outcome action_read_owners(struct client *c, const struct snapshot *snapshot, struct view hash,
                                struct arena *arena, struct view *owners, struct view *message)
{
    struct action a = {.client = c, .snapshot = snapshot, .arena = arena, .message = message};
    yyjson_val *workload;
    enum outcome outcome = read_same(&a, hash, &workload);

    if (outcome != OUTCOME_DONE)
        return outcome;
    *owners = field_owners_text(workload, hash, arena);
    return owners->p ? OUTCOME_DONE : out_of_memory(&a);
}

enum outcome action_give_back(struct client *c, const struct snapshot *snapshot, struct view hash,
                              yyjson_val *owners, struct arena *arena, struct view *message)
{
    struct action a = {.client = c, .snapshot = snapshot, .arena = arena, .message = message};
    struct change change = {.owners = owners, .send = send_owners};

    *message = (struct view){NULL, 0};
    return change_workload(&a, hash, read_same, &change);
}

/* --- pods ------------------------------------------------------------------------------------- */

enum outcome action_delete_pod(struct client *c, const struct snapshot *snapshot,
                               const struct snapshot_pod *pod, struct arena *arena,
                               struct view *message)
{
    struct action a = {.client = c, .snapshot = snapshot, .arena = arena, .message = message};
    struct view path = arena_printf(arena, "/api/v1/namespaces/%.*s/pods/%.*s",
                                    VIEW_ARGS(snapshot->namespace_), VIEW_ARGS(pod->name));
    struct client_call call = {
        .verb = "delete", .resource = "pods", .path = path.p, .seconds = LIMIT_KUBE_ACT};
    json_t *body = json_pack("{s:s, s:s, s:{s:s%}}", "apiVersion", "v1", "kind", "DeleteOptions",
                             "preconditions", "uid", pod->uid.p ? pod->uid.p : "", pod->uid.n);

    *message = (struct view){NULL, 0};
    return send_body(&a, &call, body) == 0 ? OUTCOME_DONE : failure(&a);
}

static void forget(void *ctx)
{
    buf_reset(ctx);
}

static int collect(void *ctx, struct view piece)
{
    buf_add(ctx, piece);
    return 0;
}

/* As many lines as are ever shown, and more than they fill; the server cuts at their end. */
static void add_log_query(struct buf *path, struct view container, bool previous)
{
    char bytes[16];

    client_query(path, "container", container);
    if (previous)
        client_query(path, "previous", VIEW("true"));
    client_query(path, "tailLines", VIEW("20"));
    snprintf(bytes, sizeof(bytes), "%d", LIMIT_LOG_TAIL);
    client_query(path, "limitBytes", view_of(bytes));
}

struct view action_last_words(struct client *c, const struct snapshot *snapshot, struct view pod,
                              struct view container, bool previous, struct arena *arena)
{
    struct view tail = {NULL, 0};
    struct client_answer answer;
    struct buf path, log;

    buf_init(&path, LIMIT_KUBE_URL);
    buf_init(&log, LIMIT_LOG_TAIL);
    buf_printf(&path, "/api/v1/namespaces/%.*s/pods/%.*s/log", VIEW_ARGS(snapshot->namespace_),
               VIEW_ARGS(pod));
    add_log_query(&path, container, previous);
    if (!path.failed) {
        struct client_call call = {.verb = "get",
                                   .resource = "pods/log",
                                   .path = path.p,
                                   .accept = "text/plain, */*",
                                   .seconds = LIMIT_LOG_TAIL_TIME,
                                   .begun = forget,
                                   .take = collect,
                                   .ctx = &log};

        if (client_do(c, &call, &answer) == 0)
            tail = tail_of(buf_view(&log), LIMIT_LAST_WORDS, arena);
    }
    buf_release(&path);
    buf_release(&log);
    return tail;
}
