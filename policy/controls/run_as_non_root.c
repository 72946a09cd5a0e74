#include "policy/controls/control.h"

#include <yyjson.h>

static const char field[] = "securityContext.runAsNonRoot";

/* A pod that says anything but true is refused whatever its containers say. */
static int pod(const struct control_subject *s)
{
    yyjson_val *value = control_value(s->context, "runAsNonRoot");

    if (value && !yyjson_is_true(value))
        control_find(s, field, value, VIEW("true"));
    return 0;
}

/* A container's own setting wins over the pod's. */
static int container(const struct control_subject *s)
{
    yyjson_val *own = control_value(s->context, "runAsNonRoot");

    if (own && !yyjson_is_true(own))
        control_find(s, field, own, VIEW("true"));
    else if (!own && !yyjson_is_true(control_value(s->of_pod, "runAsNonRoot")))
        control_find(s, field, NULL, VIEW("true, here or for the whole pod"));
    return 0;
}

const struct control control_run_as_non_root = {
    .name = "runAsNonRoot",
    .doc = "runAsNonRoot is true for each container",
    .level = CONTROL_RESTRICTED,
    .spares_user_namespaces = 35,
    .pod = pod,
    .container = container,
};
