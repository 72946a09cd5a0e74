#include "policy/controls/control.h"

#include <yyjson.h>

static const char *const accepted[] = {"container_t", "container_init_t", "container_kvm_t", NULL};
static const char *const accepted_since_31[] = {"container_engine_t", NULL};

static bool is_empty(yyjson_val *text)
{
    return !text || (yyjson_is_str(text) && yyjson_get_len(text) == 0);
}

static bool is_accepted(yyjson_val *type, unsigned minor)
{
    return is_empty(type) || control_is_one_of(type, accepted) ||
           (minor >= 31 && control_is_one_of(type, accepted_since_31));
}

static int eval(const struct control_subject *s)
{
    yyjson_val *options = control_value(s->context, "seLinuxOptions");
    yyjson_val *type = control_value(options, "type");
    yyjson_val *user = control_value(options, "user"), *role = control_value(options, "role");

    if (!is_accepted(type, s->minor))
        control_find(s, "securityContext.seLinuxOptions.type", type,
                     s->minor >= 31 ? VIEW("container_t, container_init_t, container_kvm_t, "
                                           "container_engine_t or nothing")
                                    : VIEW("container_t, container_init_t, container_kvm_t or "
                                           "nothing"));
    if (!is_empty(user))
        control_find(s, "securityContext.seLinuxOptions.user", user, VIEW("nothing"));
    if (!is_empty(role))
        control_find(s, "securityContext.seLinuxOptions.role", role, VIEW("nothing"));
    return 0;
}

const struct control control_se_linux_options = {
    .name = "seLinuxOptions",
    .doc = "SELinux types are those of containers; users and roles are not set",
    .level = CONTROL_BASELINE,
    .pod = eval,
    .container = eval,
};
