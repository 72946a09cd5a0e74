#include "policy/controls/control.h"

#include "base/json/json.h"

static int container(const struct control_subject *s)
{
    struct yyjson_val *mount = control_value(s->context, "procMount");

    if (mount && !view_eq_str(json_text_of(mount), "Default"))
        control_find(s, "securityContext.procMount", mount, VIEW("Default, or nothing"));
    return 0;
}

const struct control control_proc_mount = {
    .name = "procMount",
    .doc = "/proc is masked",
    .level = CONTROL_BASELINE,
    .spares_user_namespaces = 35,
    .container = container,
};
