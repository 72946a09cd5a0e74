#include "policy/controls/control.h"

/* As baseline's, which before v1.35 spared nobody either. */
static int container(const struct control_subject *s)
{
    return control_proc_mount.container(s);
}

const struct control control_proc_mount_restricted = {
    .name = "procMount_restricted",
    .doc = "/proc is masked",
    .level = CONTROL_RESTRICTED,
    .since = 35,
    .overrides = &control_proc_mount,
    .container = container,
};
