#include "kube/whoami.h"

#include "base/arena.h"
#include "base/json/json.h"
#include "kube/client.h"

#include <stdio.h>

static int read_groups(yyjson_val *list, struct arena *arena, struct whoami *out)
{
    size_t i, count;
    yyjson_val *group;

    out->group_count = yyjson_arr_size(list);
    out->groups = arena_array(arena, out->group_count + 1, sizeof(*out->groups));
    if (!out->groups)
        return -1;
    yyjson_arr_foreach(list, i, count, group) out->groups[i] = json_text_of(group);
    return 0;
}

int whoami_ask(struct client *c, int64_t until, struct arena *arena, struct whoami *out,
               struct client_answer *answer)
{
    const struct client_call call = {
        .verb = "create",
        .resource = "selfsubjectreviews",
        .path = "/apis/authentication.k8s.io/v1/selfsubjectreviews",
        .body = VIEW("{}"),
        .until = until,
    };
    yyjson_val *root, *user;

    *out = (struct whoami){0};
    root = client_json(c, &call, arena, answer);
    if (!root)
        return -1;
    user = yyjson_obj_get(yyjson_obj_get(root, "status"), "userInfo");
    out->user = json_text(user, "username");
    if (out->user.n > 0 && read_groups(yyjson_obj_get(user, "groups"), arena, out) == 0)
        return 0;
    snprintf(answer->problem, sizeof(answer->problem), "the API server does not say who asks");
    return -1;
}
