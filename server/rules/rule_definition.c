#include "server/rules/rule_definition.h"

#include "base/arena.h"
#include "base/json/json.h"
#include "kube/client.h"
#include "policy/set.h"

#include <yyjson.h>

enum { SECONDS = 2 };

enum rule_definition rule_definition_ask(struct client *client, const struct document_kind *kind,
                                         struct arena *arena, struct view *uid)
{
    struct view path = arena_printf(
        arena, "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/%s.tidegate.dev",
        kind->resource);
    const struct client_call call = {
        .verb = "get",
        .resource = "customresourcedefinitions",
        .path = path.p,
        .accept = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1",
        .seconds = SECONDS};
    struct client_answer answer;
    yyjson_val *metadata;

    if (!path.p)
        return RULE_DEFINITION_UNKNOWN;
    metadata = yyjson_obj_get(client_json(client, &call, arena, &answer), "metadata");
    if (!metadata)
        return answer.status == 404 ? RULE_DEFINITION_GONE : RULE_DEFINITION_UNKNOWN;
    *uid = json_text(metadata, "uid");
    return yyjson_obj_get(metadata, "deletionTimestamp") ? RULE_DEFINITION_GONE
                                                         : RULE_DEFINITION_THERE;
}

int rule_definition_kind(struct view object)
{
    struct view kind, name;

    view_cut(object, '/', &kind, &name);
    for (int i = 0; i < RULE_KINDS; i++)
        if (view_eq_str(kind, policy_set_kinds[i].singular))
            return i;
    return -1;
}
