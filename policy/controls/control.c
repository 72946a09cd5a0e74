#include "policy/controls/control.h"

#include "base/arena.h"
#include "base/budget.h"
#include "base/json/json.h"
#include "policy/object/value.h"
#include "policy/rule/check.h"

#include <stdio.h>
#include <yyjson.h>

static const char *const level_names[CONTROL_LEVELS] = {
    [CONTROL_BASELINE] = "baseline",
    [CONTROL_RESTRICTED] = "restricted",
};

const char *control_level_name(size_t level)
{
    return level < CONTROL_LEVELS ? level_names[level] : NULL;
}

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

const char *control_about(size_t n, char room[static SCHEMA_ABOUT_ROOM])
{
    const struct control *c = controls[n];
    char spared[64] = "";

    if (c->spares_user_namespaces > 0)
        snprintf(spared, sizeof(spared), "; not asked with hostUsers: false, from v1.%u",
                 c->spares_user_namespaces);
    if (c->spares_windows > 0)
        snprintf(spared, sizeof(spared), "; not asked of Windows, from v1.%u", c->spares_windows);
    snprintf(room, SCHEMA_ABOUT_ROOM, "%s, from v1.%u%s%s: %s%s", level_names[c->level], c->since,
             c->overrides ? ", in place of " : "", c->overrides ? c->overrides->name : "", c->doc,
             spared);
    return room;
}

/* --- asking ----------------------------------------------------------------------------------- */

struct spared {
    bool user_namespace, windows;
};

static bool spares(unsigned since, unsigned minor)
{
    return since > 0 && minor >= since;
}

static bool is_asked(const struct control *control, unsigned minor, struct spared pod)
{
    return !(pod.user_namespace && spares(control->spares_user_namespaces, minor)) &&
           !(pod.windows && spares(control->spares_windows, minor));
}

/* What controls look up in a container, and in its securityContext, has a cost of its own where
 * these are large. */
static bool is_late(const struct control_subject *s, size_t count)
{
    size_t keys = yyjson_obj_size(s->context) + yyjson_obj_size(s->container->value);

    return keys >= KEYS_A_STEP && eval_expired_by(s->e, count * (keys / KEYS_A_STEP));
}

static int ask_pod(const struct control_list *list, struct control_subject s, struct spared pod)
{
    for (size_t i = 0; i < list->count; i++) {
        s.control = list->controls[i];
        if (s.control->pod && is_asked(s.control, s.minor, pod) && s.control->pod(&s) < 0)
            return -1;
    }
    return 0;
}

static int ask_containers(const struct control_list *list, struct control_subject s,
                          struct spared pod)
{
    struct container container = {0};

    s.container = &container;
    while (eval_next_container(s.e, &container)) {
        s.context = control_value(container.value, "securityContext");
        if (is_late(&s, list->count))
            return eval_late(s.e);
        for (size_t i = 0; i < list->count; i++) {
            s.control = list->controls[i];
            if (s.control->container && is_asked(s.control, s.minor, pod) &&
                s.control->container(&s) < 0)
                return -1;
        }
    }
    return s.e->error.p ? -1 : 0;
}

int controls_ask(const struct control_list *list, struct eval *e)
{
    yyjson_val *spec = e->workload->spec, *os = control_value(spec, "os");
    const struct spared pod = {
        .user_namespace = yyjson_is_false(control_value(spec, "hostUsers")),
        .windows = view_eq_str(json_text(os, "name"), "windows"),
    };
    struct control_subject s = {.e = e, .minor = list->minor, .named = list->named};

    if (eval_expired_by(e, 1 + list->count * (yyjson_obj_size(spec) / KEYS_A_STEP)))
        return eval_late(e);
    s.context = s.of_pod = control_value(spec, "securityContext");
    if (ask_pod(list, s, pod) < 0)
        return -1;
    return ask_containers(list, s, pod);
}

/* --- for the rows ----------------------------------------------------------------------------- */

yyjson_val *control_value(yyjson_val *map, const char *key)
{
    yyjson_val *value = yyjson_obj_get(map, key);

    return yyjson_is_null(value) ? NULL : value;
}

static struct finding *find(const struct control_subject *s, struct view path, yyjson_val *value,
                            struct view found, struct view needs)
{
    struct finding *f = eval_find_value(s->e, path, value, found, needs);

    if (s->named)
        eval_detail(s->e, f, "control", "%s", s->control->name);
    return f;
}

static struct view shown(const struct control_subject *s, yyjson_val *value)
{
    return value ? value_quoted(value, s->e->arena) : VIEW("nothing");
}

static struct view path_of(const struct control_subject *s, const char *field)
{
    const struct eval *e = s->e;
    struct view path;

    if (s->container)
        return container_path(e->arena, e->workload, s->container, field);
    path = arena_printf(e->arena, "spec.%s", field);
    return path.p ? workload_path(e->arena, e->workload, path.p) : path;
}

void control_find(const struct control_subject *s, const char *field, yyjson_val *value,
                  struct view needs)
{
    find(s, path_of(s, field), value, shown(s, value), needs);
}

void control_find_annotation(const struct control_subject *s, yyjson_val *key, yyjson_val *value,
                             struct view needs)
{
    const struct eval *e = s->e;
    struct view path =
        arena_printf(e->arena, "metadata.annotations[%.*s]", VIEW_ARGS(json_text_of(key)));

    if (path.p)
        path = workload_path(e->arena, e->workload, path.p);
    find(s, path, value, shown(s, value), needs);
}

struct control_element control_elements(yyjson_val *map, const char *key, const char *list)
{
    return (struct control_element){.list = list,
                                    .rest = yyjson_arr_iter_with(yyjson_obj_get(map, key))};
}

bool control_next_element(const struct control_subject *s, struct control_element *at)
{
    if (eval_expired_by(s->e, 1 + yyjson_obj_size(at->value) / KEYS_A_STEP)) {
        eval_late(s->e);
        return false;
    }
    while ((at->value = yyjson_arr_iter_next(&at->rest))) {
        at->index = at->rest.idx - 1;
        if (yyjson_is_obj(at->value))
            return true;
    }
    return false;
}

/* Adds the finding, and where an element without a name stands in its path, which may have moved.
 */
void control_find_element(const struct control_subject *s, const struct control_element *at,
                          const char *field, yyjson_val *value, struct view needs)
{
    struct view name = json_text(at->value, "name"), list = path_of(s, at->list), path;
    const char *dot = *field ? "." : "";
    struct finding *f;

    if (name.n > 0)
        path = arena_printf(s->e->arena, "%.*s[%.*s]%s%s", VIEW_ARGS(list), VIEW_ARGS(name), dot,
                            field);
    else
        path = arena_printf(s->e->arena, "%.*s[%zu]%s%s", VIEW_ARGS(list), at->index, dot, field);
    f = find(s, list.p ? path : list, at->value, shown(s, value), needs);
    if (f && name.n == 0) {
        f->element = at->value;
        f->place = list.n + 1;
    }
}

void control_refuse_true(const struct control_subject *s, const char *field, yyjson_val *value)
{
    if (value && !yyjson_is_false(value))
        control_find(s, field, value, VIEW("false, or nothing"));
}

bool control_is_one_of(yyjson_val *value, const char *const *names)
{
    for (; *names; names++)
        if (view_eq_str(json_text_of(value), *names))
            return true;
    return false;
}

bool control_profile_accepted(yyjson_val *type)
{
    static const char *const accepted[] = {"RuntimeDefault", "Localhost", NULL};

    return control_is_one_of(type, accepted);
}

void control_refuse_profile(const struct control_subject *s, const char *key, const char *field,
                            struct view needs)
{
    yyjson_val *profile = control_value(s->context, key), *type = control_value(profile, "type");

    if (profile && !control_profile_accepted(type))
        control_find(s, field, type, needs);
}
