#include "policy/controls/control.h"

static int container(const struct control_subject *s)
{
    control_refuse_true(s, "securityContext.privileged", control_value(s->context, "privileged"));
    return 0;
}

const struct control control_privileged = {
    .name = "privileged",
    .doc = "no container is privileged",
    .level = CONTROL_BASELINE,
    .container = container,
};
