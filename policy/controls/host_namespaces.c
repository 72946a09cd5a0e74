#include "policy/controls/control.h"

#include "policy/rule/check.h"

static int pod(const struct control_subject *s)
{
    static const char *const fields[] = {"hostNetwork", "hostPID", "hostIPC"};

    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
        control_refuse_true(s, fields[i], control_value(s->e->workload->spec, fields[i]));
    return 0;
}

const struct control control_host_namespaces = {
    .name = "hostNamespaces",
    .doc = "no hostNetwork, hostPID or hostIPC",
    .level = CONTROL_BASELINE,
    .pod = pod,
};
