#include "rollout/record/owners_api.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/json/json.h"
#include "base/text/packed.h"
#include "kube/client.h"
#include "rollout/limits.h"
#include "rollout/record/record.h"
#include "rollout/record/record_cache.h"

#include <yyjson.h>

#define KIND "owners" /* the value of RECORD_CACHE_LABEL, so that no watch of records shows it */

static const char resource[] = "configmaps";

static struct view path_of(struct view namespace_, struct view name, struct arena *arena)
{
    return arena_printf(arena, "/api/v1/namespaces/%.*s/configmaps%s%.*s", VIEW_ARGS(namespace_),
                        name.n > 0 ? "/" : "", VIEW_ARGS(name));
}

static struct view name_of(const struct record *record, int64_t slot, struct arena *arena)
{
    return record_owners_name(record->kind, record->namespace_, record->name, slot, arena);
}

/* Nothing in it needs an escape. p == NULL when memory runs out or it is too large. */
static struct view config_map(struct view name, struct view owner, struct view text,
                              struct arena *arena)
{
    struct view map = {NULL, 0};
    struct buf out;

    buf_init(&out, 2 * LIMIT_OWNERS + 1024);
    buf_printf(&out,
               "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"%.*s\","
               "\"labels\":{\"" RECORD_CACHE_LABEL "\":\"" KIND
               "\",\"app.kubernetes.io/managed-by\":\"tidegate\"}",
               VIEW_ARGS(name));
    if (owner.n > 0)
        buf_printf(&out,
                   ",\"ownerReferences\":[{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"name\":"
                   "\"" RECORD_CACHE_OWNER "\",\"uid\":\"%.*s\"}]",
                   VIEW_ARGS(owner));
    buf_add_str(&out, "},\"binaryData\":{\"" KIND "\":\"");
    packed_add(text, LIMIT_OWNERS, &out);
    buf_add_str(&out, "\"}}");
    if (!out.failed)
        map = arena_copy(arena, buf_view(&out));
    buf_release(&out);
    return map;
}

enum outcome owners_api_save(struct client *c, struct view namespace_, struct view owner,
                             const struct record *record, int64_t slot, struct view text,
                             struct arena *arena, struct view *message)
{
    struct view name = name_of(record, slot, arena);
    struct view path = path_of(namespace_, name, arena),
                list = path_of(namespace_, VIEW(""), arena);
    struct client_call call = {.verb = "update",
                               .resource = resource,
                               .path = path.p,
                               .seconds = LIMIT_KUBE_ACT,
                               .body = config_map(name, owner, text, arena)};
    struct client_answer answer;

    if (!name.p || !path.p || !list.p || !call.body.p) {
        *message = VIEW("the owners of its fields do not fit their limit");
        return OUTCOME_REFUSED;
    }
    if (client_do(c, &call, &answer) == 0)
        return OUTCOME_DONE;
    if (answer.status == 404) {
        call.verb = "create";
        call.path = list.p;
        if (client_do(c, &call, &answer) == 0)
            return OUTCOME_DONE;
    }
    return outcome_of(&answer, arena, message);
}

enum outcome owners_api_load(struct client *c, struct view namespace_, const struct record *record,
                             int64_t slot, struct arena *arena, struct view *text,
                             struct view *message)
{
    struct view name = name_of(record, slot, arena), path = path_of(namespace_, name, arena);
    struct client_call call = {
        .verb = "get", .resource = resource, .path = path.p, .seconds = LIMIT_KUBE_ACT};
    struct client_answer answer = {.problem = "out of memory"};
    yyjson_val *map = name.p && path.p ? client_json(c, &call, arena, &answer) : NULL;

    *text = (struct view){NULL, 0};
    if (!map && answer.status != 404)
        return outcome_of(&answer, arena, message);
    if (map)
        *text = packed_text(json_text(yyjson_obj_get(map, "binaryData"), KIND), LIMIT_OWNERS_TEXT,
                            arena);
    return OUTCOME_DONE;
}

void owners_api_delete(struct client *c, struct view namespace_, const struct record *record,
                       struct arena *arena)
{
    for (size_t i = 0; i < record->good_count; i++) {
        int64_t slot = record->goods[i].owners;
        struct view path = path_of(namespace_, name_of(record, slot, arena), arena);
        struct client_call call = {
            .verb = "delete", .resource = resource, .path = path.p, .seconds = LIMIT_KUBE_ACT};
        struct client_answer answer;

        if (slot > 0 && path.p)
            client_do(c, &call, &answer);
    }
}
