#include "policy/controls/control.h"

#include <yyjson.h>

static const char key[] = "seccompProfile";
static const char field[] = "securityContext.seccompProfile.type";

static void refuse(const struct control_subject *s)
{
    control_refuse_profile(s, key, field, VIEW("RuntimeDefault or Localhost"));
}

static int pod(const struct control_subject *s)
{
    refuse(s);
    return 0;
}

/* A container's own profile wins over the pod's. */
static int container(const struct control_subject *s)
{
    yyjson_val *of_pod = control_value(s->of_pod, key);

    refuse(s);
    if (!control_value(s->context, key) && !control_profile_accepted(control_value(of_pod, "type")))
        control_find(s, field, NULL,
                     VIEW("RuntimeDefault or Localhost, here or for the whole pod"));
    return 0;
}

const struct control control_seccomp_restricted = {
    .name = "seccompProfile_restricted",
    .doc = "each container has a seccomp profile, the runtime's default or a file's",
    .level = CONTROL_RESTRICTED,
    .since = 19,
    .spares_windows = 25,
    .overrides = &control_seccomp_baseline,
    .pod = pod,
    .container = container,
};
