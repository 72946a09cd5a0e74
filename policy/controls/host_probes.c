#include "policy/controls/control.h"

#include "base/arena.h"
#include "base/json/json.h"
#include "policy/rule/check.h"

#include <yyjson.h>

/* A host that is empty is the pod itself. */
static void ask_handler(const struct control_subject *s, yyjson_val *handler, const char *path)
{
    static const char *const kinds[] = {"httpGet", "tcpSocket"};

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        yyjson_val *host = control_value(yyjson_obj_get(handler, kinds[i]), "host");
        struct view field;

        if (!host || (yyjson_is_str(host) && yyjson_get_len(host) == 0))
            continue;
        field = arena_printf(s->e->arena, "%s.%s.host", path, kinds[i]);
        control_find(s, field.p ? field.p : path, host, VIEW("no host, which is the pod itself"));
    }
}

static int container(const struct control_subject *s)
{
    yyjson_val *container = s->container->value;
    yyjson_val *lifecycle = yyjson_obj_get(container, "lifecycle");

    ask_handler(s, yyjson_obj_get(container, "livenessProbe"), "livenessProbe");
    ask_handler(s, yyjson_obj_get(container, "readinessProbe"), "readinessProbe");
    ask_handler(s, yyjson_obj_get(container, "startupProbe"), "startupProbe");
    ask_handler(s, yyjson_obj_get(lifecycle, "postStart"), "lifecycle.postStart");
    ask_handler(s, yyjson_obj_get(lifecycle, "preStop"), "lifecycle.preStop");
    return 0;
}

const struct control control_host_probes = {
    .name = "hostProbesAndHostLifecycle",
    .doc = "probes and lifecycle handlers name no host",
    .level = CONTROL_BASELINE,
    .since = 34,
    .container = container,
};
