#include "policy/controls/control.h"

#include "policy/rule/check.h"

static int pod(const struct control_subject *s)
{
    struct control_element volume = control_elements(s->e->workload->spec, "volumes", "volumes");

    while (control_next_element(s, &volume)) {
        struct yyjson_val *source = control_value(volume.value, "hostPath");

        if (source)
            control_find_element(s, &volume, "hostPath.path", control_value(source, "path"),
                                 VIEW("no hostPath volume"));
    }
    return s->e->error.p ? -1 : 0;
}

const struct control control_host_path_volumes = {
    .name = "hostPathVolumes",
    .doc = "no hostPath volumes",
    .level = CONTROL_BASELINE,
    .pod = pod,
};
