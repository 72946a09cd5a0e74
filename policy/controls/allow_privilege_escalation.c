#include "policy/controls/control.h"

#include <yyjson.h>

static int container(const struct control_subject *s)
{
    yyjson_val *value = control_value(s->context, "allowPrivilegeEscalation");

    if (!yyjson_is_false(value))
        control_find(s, "securityContext.allowPrivilegeEscalation", value, VIEW("false"));
    return 0;
}

const struct control control_allow_privilege_escalation = {
    .name = "allowPrivilegeEscalation",
    .doc = "allowPrivilegeEscalation is false for each container",
    .level = CONTROL_RESTRICTED,
    .since = 8,
    .spares_windows = 25,
    .container = container,
};
