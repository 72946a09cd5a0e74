#include "policy/controls/control.h"

#include "base/buf.h"
#include "base/json/json.h"
#include "policy/limits.h"
#include "policy/rule/check.h"

#include <yyjson.h>

static const struct {
    const char *name;
    unsigned since;
} safe[] = {
    {"kernel.shm_rmid_forced", 0},
    {"net.ipv4.ip_local_port_range", 0},
    {"net.ipv4.tcp_syncookies", 0},
    {"net.ipv4.ping_group_range", 0},
    {"net.ipv4.ip_unprivileged_port_start", 0},
    {"net.ipv4.ip_local_reserved_ports", 27},
    {"net.ipv4.tcp_keepalive_time", 29},
    {"net.ipv4.tcp_fin_timeout", 29},
    {"net.ipv4.tcp_keepalive_intvl", 29},
    {"net.ipv4.tcp_keepalive_probes", 29},
    {"net.ipv4.tcp_rmem", 32},
    {"net.ipv4.tcp_wmem", 32},
    {"net.ipv4.tcp_slow_start_after_idle", 37},
    {"net.ipv4.tcp_notsent_lowat", 37},
};

enum { COUNT = sizeof(safe) / sizeof(safe[0]) };

static bool is_safe(struct view name, unsigned minor)
{
    for (size_t i = 0; i < COUNT; i++)
        if (minor >= safe[i].since && view_eq_str(name, safe[i].name))
            return true;
    return false;
}

/* Says once which ones are safe. */
static void add_safe(const struct control_subject *s)
{
    struct buf out;

    buf_init(&out, LIMIT_MESSAGE);
    for (size_t i = 0; i < COUNT; i++)
        if (s->minor >= safe[i].since)
            buf_printf(&out, "%s%s", i == 0 ? "" : ", ", safe[i].name);
    eval_detail(s->e, s->e->last, "safe", "%.*s", VIEW_ARGS(buf_view(&out)));
    buf_release(&out);
}

static int pod(const struct control_subject *s)
{
    struct control_element sysctl =
        control_elements(s->context, "sysctls", "securityContext.sysctls");
    bool told = false;

    while (control_next_element(s, &sysctl)) {
        yyjson_val *name = control_value(sysctl.value, "name");

        if (is_safe(json_text_of(name), s->minor))
            continue;
        control_find_element(s, &sysctl, "", name, VIEW("a safe sysctl"));
        if (!told)
            add_safe(s);
        told = true;
    }
    return s->e->error.p ? -1 : 0;
}

const struct control control_sysctls = {
    .name = "sysctls",
    .doc = "sysctls are of the safe ones, of which later versions have more",
    .level = CONTROL_BASELINE,
    .pod = pod,
};
