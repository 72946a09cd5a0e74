#include "policy/controls/control.h"

#include "policy/rule/check.h"

#include <yyjson.h>

static bool is_zero(yyjson_val *port)
{
    return yyjson_is_num(port) && yyjson_get_num(port) == 0;
}

static int container(const struct control_subject *s)
{
    struct control_element port = control_elements(s->container->value, "ports", "ports");

    while (control_next_element(s, &port)) {
        yyjson_val *host = control_value(port.value, "hostPort");

        if (host && !is_zero(host))
            control_find_element(s, &port, "hostPort", host, VIEW("0, or nothing"));
    }
    return s->e->error.p ? -1 : 0;
}

const struct control control_host_ports = {
    .name = "hostPorts",
    .doc = "no hostPort",
    .level = CONTROL_BASELINE,
    .container = container,
};
