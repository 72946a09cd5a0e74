#include "policy/controls/control.h"

#include "base/json/json.h"
#include "policy/rule/check.h"

#include <yyjson.h>

static int ask_added(const struct control_subject *s, yyjson_val *added)
{
    yyjson_arr_iter iter = yyjson_arr_iter_with(added);
    yyjson_val *name;

    while ((name = yyjson_arr_iter_next(&iter))) {
        if (eval_expired(s->e))
            return eval_late(s->e);
        if (!view_eq_str(json_text_of(name), "NET_BIND_SERVICE"))
            control_find(s, "securityContext.capabilities.add", name,
                         VIEW("NET_BIND_SERVICE or nothing"));
    }
    return 0;
}

static int ask_dropped(const struct control_subject *s, yyjson_val *dropped)
{
    yyjson_arr_iter iter = yyjson_arr_iter_with(dropped);
    yyjson_val *name;

    while ((name = yyjson_arr_iter_next(&iter))) {
        if (eval_expired(s->e))
            return eval_late(s->e);
        if (view_eq_str(json_text_of(name), "ALL"))
            return 0;
    }
    control_find(s, "securityContext.capabilities.drop", dropped, VIEW("a list with ALL"));
    return 0;
}

static int container(const struct control_subject *s)
{
    yyjson_val *capabilities = control_value(s->context, "capabilities");

    if (ask_added(s, yyjson_obj_get(capabilities, "add")) < 0)
        return -1;
    return ask_dropped(s, control_value(capabilities, "drop"));
}

const struct control control_capabilities_restricted = {
    .name = "capabilities_restricted",
    .doc = "each container drops ALL capabilities, and adds NET_BIND_SERVICE at most",
    .level = CONTROL_RESTRICTED,
    .since = 22,
    .spares_windows = 25,
    .overrides = &control_capabilities_baseline,
    .container = container,
};
