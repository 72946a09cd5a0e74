#include "policy/controls/control.h"

/* By level, then by name, as upstream asks them. */
const struct control *const controls[] = {&control_app_armor_profile,
                                          &control_capabilities_baseline,
                                          &control_host_namespaces,
                                          &control_host_path_volumes,
                                          &control_host_ports,
                                          &control_host_probes,
                                          &control_privileged,
                                          &control_proc_mount,
                                          &control_se_linux_options,
                                          &control_seccomp_baseline,
                                          &control_sysctls,
                                          &control_windows_host_process,
                                          &control_allow_privilege_escalation,
                                          &control_capabilities_restricted,
                                          &control_proc_mount_restricted,
                                          &control_restricted_volumes,
                                          &control_run_as_non_root,
                                          &control_run_as_user,
                                          &control_seccomp_restricted,
                                          NULL};
