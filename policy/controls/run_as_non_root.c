#include "policy/controls/control.h"

#include "policy/rule/check.h"

#include <yyjson.h>

/* A container's own setting wins over the pod's; a pod that says anything but true is refused
 * whatever its containers say. */
static int eval(struct eval *e)
{
    yyjson_val *of_pod = control_security_context(e->workload->spec, "runAsNonRoot");
    struct container c = {0};

    if (of_pod && !yyjson_is_true(of_pod))
        control_find_pod(e, "spec.securityContext.runAsNonRoot", of_pod, VIEW("true"));
    while (eval_next_container(e, &c)) {
        yyjson_val *own = control_security_context(c.value, "runAsNonRoot");

        if (own && !yyjson_is_true(own))
            control_find_container(e, &c, "securityContext.runAsNonRoot", own, VIEW("true"));
        else if (!own && !yyjson_is_true(of_pod))
            control_find_container(e, &c, "securityContext.runAsNonRoot", NULL,
                                   VIEW("true, here or for the whole pod"));
    }
    return 0;
}

const struct control control_run_as_non_root = {
    .name = "runAsNonRoot",
    .spares_user_namespaces = 35,
    .eval = eval,
};
