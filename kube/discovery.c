#include "kube/discovery.h"

#include "base/json/json.h"
#include "kube/client.h"

#include <stdio.h>

/* v2beta1: before Kubernetes 1.30. */
#define ACCEPT                                                                                     \
    "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,"                        \
    "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList"

static struct yyjson_val *ask(struct client *client, const char *path, struct arena *arena,
                              struct client_answer *answer)
{
    const struct client_call call = {
        .verb = "get", .resource = "discovery", .path = path, .accept = ACCEPT};
    yyjson_val *list = client_json(client, &call, arena, answer);

    if (!list || view_eq(json_text(list, "kind"), VIEW("APIGroupDiscoveryList")))
        return list;
    snprintf(answer->problem, sizeof(answer->problem), "it has no aggregated discovery at %s",
             path);
    return NULL;
}

struct yyjson_val *discovery_ask_core(struct client *client, struct arena *arena,
                                      struct client_answer *answer)
{
    return ask(client, "/api", arena, answer);
}

struct yyjson_val *discovery_ask_groups(struct client *client, struct arena *arena,
                                        struct client_answer *answer)
{
    return ask(client, "/apis", arena, answer);
}

/* A DNS name, as groups and versions are. */
static bool fits_path(struct view name)
{
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];

        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-' && c != '.')
            return false;
    }
    return true;
}

static int each_of_version(struct view group, yyjson_val *version,
                           int (*take)(void *ctx, const struct discovery_kind *kind), void *ctx)
{
    struct discovery_kind one = {.group = group, .version = json_text(version, "version")};
    yyjson_arr_iter resources;
    yyjson_val *resource;

    if (!one.version.n || !fits_path(one.version))
        return 0;
    yyjson_arr_iter_init(yyjson_obj_get(version, "resources"), &resources);
    while ((resource = yyjson_arr_iter_next(&resources))) {
        one.kind = json_text(yyjson_obj_get(resource, "responseKind"), "kind");
        if (one.kind.n > 0 && take(ctx, &one) < 0)
            return -1;
    }
    return 0;
}

int discovery_each(struct yyjson_val *list,
                   int (*take)(void *ctx, const struct discovery_kind *kind), void *ctx)
{
    yyjson_arr_iter groups, versions;
    yyjson_val *group, *version;

    yyjson_arr_iter_init(yyjson_obj_get(list, "items"), &groups);
    while ((group = yyjson_arr_iter_next(&groups))) {
        struct view name = json_text(yyjson_obj_get(group, "metadata"), "name");

        if (!fits_path(name))
            continue;
        yyjson_arr_iter_init(yyjson_obj_get(group, "versions"), &versions);
        while ((version = yyjson_arr_iter_next(&versions)))
            if (each_of_version(name, version, take, ctx) < 0)
                return -1;
    }
    return 0;
}
