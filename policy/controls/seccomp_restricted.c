#include "policy/controls/control.h"

#include <yyjson.h>

static const char field[] = "securityContext.seccompProfile.type";

static yyjson_val *profile_of(yyjson_val *context)
{
    return control_value(context, "seccompProfile");
}

static void refuse(const struct control_subject *s, yyjson_val *profile)
{
    yyjson_val *type = control_value(profile, "type");

    if (profile && !control_profile_accepted(type))
        control_find(s, field, type, VIEW("RuntimeDefault or Localhost"));
}

static int pod(const struct control_subject *s)
{
    refuse(s, profile_of(s->context));
    return 0;
}

/* A container's own profile wins over the pod's. */
static int container(const struct control_subject *s)
{
    yyjson_val *own = profile_of(s->context);

    refuse(s, own);
    if (!own && !control_profile_accepted(control_value(profile_of(s->of_pod), "type")))
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
