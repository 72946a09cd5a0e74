#include "policy/controls/control.h"

#include "policy/object/value.h"
#include "policy/rule/check.h"

#include <yyjson.h>

const struct control *control_of(struct view name)
{
    for (size_t i = 0; controls[i]; i++)
        if (view_eq_str(name, controls[i]->name))
            return controls[i];
    return NULL;
}

const char *control_name_at(size_t n)
{
    for (size_t i = 0; controls[i]; i++)
        if (i == n)
            return controls[i]->name;
    return NULL;
}

int control_ask(const struct control *control, unsigned minor, struct eval *e)
{
    if (control->spares_user_namespaces != 0 && minor >= control->spares_user_namespaces &&
        yyjson_is_false(yyjson_obj_get(e->workload->spec, "hostUsers")))
        return 0;
    return control->eval(e);
}

yyjson_val *control_security_context(yyjson_val *owner, const char *key)
{
    yyjson_val *value = yyjson_obj_get(yyjson_obj_get(owner, "securityContext"), key);

    return yyjson_is_null(value) ? NULL : value;
}

void control_find_container(struct eval *e, const struct container *c, const char *field,
                            yyjson_val *value, struct view needs)
{
    eval_find_value(e, container_path(e->arena, e->workload, c, field), value,
                    value ? value_quoted(value, e->arena) : VIEW("nothing"), needs);
}

void control_find_pod(struct eval *e, const char *field, yyjson_val *value, struct view needs)
{
    eval_find_value(e, workload_path(e->arena, e->workload, field), value,
                    value_quoted(value, e->arena), needs);
}
