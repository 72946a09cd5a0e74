#include "policy/controls/control.h"

#include "policy/rule/check.h"

#include <yyjson.h>

static const char *const accepted[] = {"configMap", "csi",   "downwardAPI",           "emptyDir",
                                       "ephemeral", "image", "persistentVolumeClaim", "projected",
                                       "secret",    NULL};

/* True when the volume is of an accepted type; else *type is the key of the one it has, or NULL. */
static bool is_accepted(yyjson_val *volume, yyjson_val **type)
{
    yyjson_obj_iter iter = yyjson_obj_iter_with(volume);
    yyjson_val *key;

    *type = NULL;
    while ((key = yyjson_obj_iter_next(&iter))) {
        if (yyjson_is_null(yyjson_obj_iter_get_val(key)) || yyjson_equals_str(key, "name"))
            continue;
        if (control_is_one_of(key, accepted))
            return true;
        *type = *type ? *type : key;
    }
    return false;
}

static int pod(const struct control_subject *s)
{
    struct control_element volume = control_elements(s->e->workload->spec, "volumes", "volumes");
    yyjson_val *type;

    while (control_next_element(s, &volume))
        if (!is_accepted(volume.value, &type))
            control_find_element(s, &volume, "", type,
                                 VIEW("configMap, csi, downwardAPI, emptyDir, ephemeral, image, "
                                      "persistentVolumeClaim, projected or secret"));
    return s->e->error.p ? -1 : 0;
}

const struct control control_restricted_volumes = {
    .name = "restrictedVolumes",
    .doc = "volumes of the pod are of the types that reach no host and no server",
    .level = CONTROL_RESTRICTED,
    .overrides = &control_host_path_volumes,
    .pod = pod,
};
