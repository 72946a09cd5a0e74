#include "cli/readyz_probe.h"

#include "base/buf.h"
#include "kube/calls.h"
#include "kube/client.h"
#include "kube/kube.h"
#include "kube/kubeconfig/config.h"
#include "policy/limits.h"

static int configure(struct config *c, struct view address, struct view name, struct view bundle)
{
    *c = (struct config){.ca = {.text = bundle}};
    arena_init(&c->arena, LIMIT_MESSAGE);
    c->server = arena_printf(&c->arena, "https://%.*s", VIEW_ARGS(address)).p;
    if (name.n > 0)
        c->server_name = arena_printf(&c->arena, "%.*s", VIEW_ARGS(name)).p;
    return c->server && (name.n == 0 || c->server_name) ? 0 : -1;
}

static int ask(const struct config *config, struct buf *why)
{
    struct client_call call = {.verb = "get", .resource = "readyz", .path = "/readyz"};
    struct client_answer answer;
    struct client *client;
    struct calls calls;
    const struct kube kube = {.config = config, .calls = &calls};
    int status = -1;

    calls_init(&calls);
    client = client_create(&kube);
    if (!client)
        buf_add_str(why, "it is not an address, like 10.96.0.10:443, or out of memory");
    else if (client_do(client, &call, &answer) == 0)
        status = 1;
    else
        status = 0;
    if (status == 0)
        buf_add_str(why, answer.problem);
    client_free(client);
    calls_release(&calls);
    return status;
}

int readyz_probe(struct view address, struct view name, struct view bundle, struct buf *why)
{
    struct config config;
    int status = -1;

    if (bundle.n == 0) { /* without one the system's CAs would do */
        buf_add_str(why, "there is no CA to verify it by");
        return 0;
    }
    if (configure(&config, address, name, bundle) == 0)
        status = ask(&config, why);
    else
        buf_add_str(why, "out of memory");
    config_release(&config);
    return status;
}
