#include "policy/controls/control.h"

#include "policy/rule/check.h"

#include <yyjson.h>

/* User 0, or nothing that could be meant. */
static bool may_be_root(yyjson_val *user)
{
    return user && (!yyjson_is_num(user) || yyjson_get_num(user) == 0);
}

static int eval(struct eval *e)
{
    static const char needs[] = "a user other than 0, or none";
    yyjson_val *user = control_security_context(e->workload->spec, "runAsUser");
    struct container c = {0};

    if (may_be_root(user))
        control_find_pod(e, "spec.securityContext.runAsUser", user, view_of(needs));
    while (eval_next_container(e, &c)) {
        user = control_security_context(c.value, "runAsUser");
        if (may_be_root(user))
            control_find_container(e, &c, "securityContext.runAsUser", user, view_of(needs));
    }
    return 0;
}

const struct control control_run_as_user = {
    .name = "runAsUser",
    .since = 23,
    .spares_user_namespaces = 35,
    .eval = eval,
};
