#include "rollout/record/record_api.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/json/json.h"
#include "kube/client.h"
#include "kube/limits.h"
#include "rollout/limits.h"
#include "rollout/record/outcome.h"
#include "rollout/record/record_cache.h"

#include <jansson.h>
#include <stdio.h>
#include <yyjson.h>

static const char resource[] = "configmaps";

static struct view path_of(struct view namespace_, struct view name, struct arena *arena)
{
    return arena_printf(arena, "/api/v1/namespaces/%.*s/configmaps%s%.*s", VIEW_ARGS(namespace_),
                        name.n > 0 ? "/" : "", VIEW_ARGS(name));
}

/* Notes the version of a ConfigMap that the API server gave. */
static void take_version(yyjson_val *object, char *version)
{
    struct view now = json_text(yyjson_obj_get(object, "metadata"), "resourceVersion");

    snprintf(version, LIMIT_KUBE_VERSION, "%.*s", VIEW_ARGS(now));
}

/* What stands in metadata beside the name. Returns 0, or -1 when memory runs out. */
static int add_metadata(json_t *metadata, const char *version, struct view owner)
{
    int status = 0;

    if (version[0])
        status |= json_object_set_new(metadata, "resourceVersion", json_string(version));
    if (owner.n > 0)
        status |= json_object_set_new(metadata, "ownerReferences",
                                      json_pack("[{s:s, s:s, s:s, s:s%}]", "apiVersion", "v1",
                                                "kind", "ConfigMap", "name", RECORD_CACHE_OWNER,
                                                "uid", owner.p, owner.n));
    return status;
}

/* The ConfigMap as JSON text in the arena; p == NULL when memory runs out. */
static struct view config_map(struct view name, const struct record *record, const char *version,
                              struct view owner, struct arena *arena)
{
    struct view text = {NULL, 0};
    struct buf data;
    json_t *map;
    char *dump = NULL;

    buf_init(&data, LIMIT_RECORD);
    record_write(record, &data);
    if (data.failed)
        goto out;
    map = json_pack("{s:s, s:s, s:{s:s%, s:{s:s, s:s}}, s:{s:s%}}", "apiVersion", "v1", "kind",
                    "ConfigMap", "metadata", "name", name.p, name.n, "labels", RECORD_CACHE_LABEL,
                    RECORD_CACHE_KIND, "app.kubernetes.io/managed-by", "tidegate", "data",
                    RECORD_CACHE_KEY, data.p, data.n);
    if (map && add_metadata(json_object_get(map, "metadata"), version, owner) == 0)
        dump = json_dumps(map, JSON_COMPACT);
    json_decref(map);
    if (dump)
        text = arena_copy(arena, view_of(dump));
out:
    free(dump);
    buf_release(&data);
    return text;
}

enum outcome record_api_save(struct client *c, struct view namespace_, struct view owner,
                             const struct record *record, char *version, struct arena *arena,
                             struct view *message)
{
    struct view name = record_name(record->kind, record->namespace_, record->name, arena);
    struct view path = path_of(namespace_, version[0] ? name : (struct view){"", 0}, arena);
    struct client_call call = {.verb = version[0] ? "update" : "create",
                               .resource = resource,
                               .path = path.p,
                               .seconds = LIMIT_KUBE_ACT,
                               .body = config_map(name, record, version, owner, arena)};
    struct client_answer answer;
    yyjson_val *written;

    if (!name.p || !path.p || !call.body.p) {
        *message = VIEW("out of memory, or a record past its limit");
        return OUTCOME_UNREACHABLE;
    }
    written = client_json(c, &call, arena, &answer);
    if (!written && !version[0] && answer.status == 404) {
        *message =
            arena_printf(arena,
                         "the namespace of the records is not there: kubectl create namespace "
                         "%.*s",
                         VIEW_ARGS(namespace_));
        return OUTCOME_UNREACHABLE;
    }
    if (!written)
        return outcome_of(&answer, arena, message);
    take_version(written, version);
    return OUTCOME_DONE;
}

enum outcome record_api_load(struct client *c, struct view namespace_, struct view name,
                             struct record *record, char *version, struct arena *arena,
                             struct view *message)
{
    struct view path = path_of(namespace_, name, arena);
    struct client_call call = {
        .verb = "get", .resource = resource, .path = path.p, .seconds = LIMIT_KUBE_ACT};
    struct client_answer answer;
    const char *problem;
    yyjson_val *map;

    version[0] = '\0';
    map = path.p ? client_json(c, &call, arena, &answer) : NULL;
    if (path.p && !map && answer.status == 404)
        return OUTCOME_DONE;
    if (!map)
        return path.p ? outcome_of(&answer, arena, message) : OUTCOME_UNREACHABLE;
    take_version(map, version);
    /* One that is not a record is written again, over this version. */
    if (record_read(json_text(yyjson_obj_get(map, "data"), RECORD_CACHE_KEY), record, &problem) >=
        0)
        return OUTCOME_DONE;
    *message = view_of(problem);
    return OUTCOME_UNREACHABLE;
}

enum outcome record_api_delete(struct client *c, struct view namespace_, struct view name,
                               const char *version, struct arena *arena)
{
    struct view path = path_of(namespace_, name, arena), message;
    struct client_call call = {.verb = "delete",
                               .resource = resource,
                               .path = path.p,
                               .seconds = LIMIT_KUBE_ACT,
                               .body = arena_printf(arena,
                                                    "{\"apiVersion\":\"v1\",\"kind\":"
                                                    "\"DeleteOptions\",\"preconditions\":"
                                                    "{\"resourceVersion\":\"%s\"}}",
                                                    version)};
    struct client_answer answer;

    if (!path.p || !call.body.p)
        return OUTCOME_UNREACHABLE;
    return client_do(c, &call, &answer) == 0 ? OUTCOME_DONE : outcome_of(&answer, arena, &message);
}
