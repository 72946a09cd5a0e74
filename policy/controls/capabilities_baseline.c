#include "policy/controls/control.h"

#include "policy/rule/check.h"

#include <yyjson.h>

static const char *const accepted[] = {
    "AUDIT_WRITE",      "CHOWN",   "DAC_OVERRIDE", "FOWNER",  "FSETID", "KILL",       "MKNOD",
    "NET_BIND_SERVICE", "SETFCAP", "SETGID",       "SETPCAP", "SETUID", "SYS_CHROOT", NULL};

static int container(const struct control_subject *s)
{
    yyjson_val *added = yyjson_obj_get(control_value(s->context, "capabilities"), "add");
    yyjson_arr_iter iter = yyjson_arr_iter_with(added);
    yyjson_val *name;

    while ((name = yyjson_arr_iter_next(&iter))) {
        if (eval_expired(s->e))
            return eval_late(s->e);
        if (!control_is_one_of(name, accepted))
            control_find(s, "securityContext.capabilities.add", name,
                         VIEW("AUDIT_WRITE, CHOWN, DAC_OVERRIDE, FOWNER, FSETID, KILL, MKNOD, "
                              "NET_BIND_SERVICE, SETFCAP, SETGID, SETPCAP, SETUID, SYS_CHROOT or "
                              "nothing"));
    }
    return 0;
}

const struct control control_capabilities_baseline = {
    .name = "capabilities_baseline",
    .doc = "no capability is added beyond those that containers have by default",
    .level = CONTROL_BASELINE,
    .container = container,
};
