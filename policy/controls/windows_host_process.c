#include "policy/controls/control.h"

static int eval(const struct control_subject *s)
{
    control_refuse_true(s, "securityContext.windowsOptions.hostProcess",
                        control_value(control_value(s->context, "windowsOptions"), "hostProcess"));
    return 0;
}

const struct control control_windows_host_process = {
    .name = "windowsHostProcess",
    .doc = "no hostProcess containers of Windows",
    .level = CONTROL_BASELINE,
    .pod = eval,
    .container = eval,
};
