#include "policy/controls/control.h"

#include "base/json/json.h"
#include "policy/object/request.h"
#include "policy/rule/check.h"

#include <yyjson.h>

static bool annotation_accepted(struct view profile)
{
    return profile.n == 0 || view_eq_str(profile, "runtime/default") ||
           view_starts(profile, "localhost/");
}

/* Any key with the prefix, whether or not the pod has a container of that name. */
static int ask_annotations(const struct control_subject *s)
{
    yyjson_val *key, *annotations = object_metadata(s->e->workload->pod, "annotations");
    yyjson_obj_iter iter = yyjson_obj_iter_with(annotations);

    while ((key = yyjson_obj_iter_next(&iter))) {
        yyjson_val *value = yyjson_obj_iter_get_val(key);

        if (eval_expired(s->e))
            return eval_late(s->e);
        if (view_starts(json_text_of(key), "container.apparmor.security.beta.kubernetes.io/") &&
            !annotation_accepted(json_text_of(value)))
            control_find_annotation(s, key, value,
                                    VIEW("runtime/default or localhost/NAME, or no annotation"));
    }
    return 0;
}

static int container(const struct control_subject *s)
{
    control_refuse_profile(s, "appArmorProfile", "securityContext.appArmorProfile.type",
                           VIEW("RuntimeDefault or Localhost, or no profile"));
    return 0;
}

static int pod(const struct control_subject *s)
{
    container(s);
    return ask_annotations(s);
}

const struct control control_app_armor_profile = {
    .name = "appArmorProfile",
    .doc = "AppArmor profiles, of field or annotation, are the runtime's default or a file's",
    .level = CONTROL_BASELINE,
    .pod = pod,
    .container = container,
};
