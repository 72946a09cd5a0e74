#include "policy/controls/control.h"

#include <yyjson.h>

/* User 0, or nothing that could be meant. */
static int eval(const struct control_subject *s)
{
    yyjson_val *user = control_value(s->context, "runAsUser");

    if (user && (!yyjson_is_num(user) || yyjson_get_num(user) == 0))
        control_find(s, "securityContext.runAsUser", user, VIEW("a user other than 0, or none"));
    return 0;
}

const struct control control_run_as_user = {
    .name = "runAsUser",
    .doc = "no user 0",
    .level = CONTROL_RESTRICTED,
    .since = 23,
    .spares_user_namespaces = 35,
    .pod = eval,
    .container = eval,
};
