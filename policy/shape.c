#include "policy/shape.h"

#include "base/arena.h"
#include "base/budget.h"
#include "base/json/json.h"
#include "policy/object/value.h"
#include "policy/rule/check.h"

#include <yyjson.h>

enum type { MAP, LIST, TEXT, TEXTS };

static const char *const type_names[] = {
    [MAP] = "a map", [LIST] = "a list of maps", [TEXT] = "text", [TEXTS] = "a map of text"};

/* What the API has at a key:
 * https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/
 */
struct form {
    const char *key; /* NULL ends a table */
    enum type type;
    const struct form *child; /* of the map, or of each map of the list; NULL: any */
};

static const struct form named[] = {{"name", TEXT, NULL}, {0}};
static const struct form resources[] = {{"limits", MAP, NULL}, {"requests", MAP, NULL}, {0}};
static const struct form container[] = {
    {"name", TEXT, NULL},          {"image", TEXT, NULL},
    {"env", LIST, named},          {"ports", LIST, named},
    {"resources", MAP, resources}, {"securityContext", MAP, NULL},
    {"volumeMounts", LIST, named}, {0}};
static const struct form volume[] = {{"name", TEXT, NULL}, {"image", MAP, NULL}, {0}};
static const struct form pod_spec[] = {{"containers", LIST, container},
                                       {"initContainers", LIST, container},
                                       {"ephemeralContainers", LIST, container},
                                       {"securityContext", MAP, NULL},
                                       {"volumes", LIST, volume},
                                       {0}};
/* What labels the object itself has is asked by whoever matches by them (request.odd_labels). */
static const struct form metadata[] = {{"annotations", TEXTS, NULL}, {0}};
static const struct form template_metadata[] = {
    {"annotations", TEXTS, NULL}, {"labels", TEXTS, NULL}, {0}};
static const struct form pod[] = {{"metadata", MAP, metadata}, {"spec", MAP, pod_spec}, {0}};
static const struct form template[] = {
    {"metadata", MAP, template_metadata}, {"spec", MAP, pod_spec}, {0}};
static const struct form spec[] = {{"template", MAP, template}, {0}};
static const struct form job_template[] = {{"spec", MAP, spec}, {0}};
static const struct form cron_spec[] = {{"jobTemplate", MAP, job_template}, {0}};

static const struct form cron_job[] = {{"metadata", MAP, metadata}, {"spec", MAP, cron_spec}, {0}};
static const struct form pod_template[] = {
    {"metadata", MAP, metadata}, {"template", MAP, template}, {0}};
static const struct form templated[] = {{"metadata", MAP, metadata}, {"spec", MAP, spec}, {0}};

/* Where a workload has its template (struct workload_kind) tells which form it is of. */
static const struct {
    const char *prefix;
    const struct form *form;
} objects[] = {{"", pod},
               {"template", pod_template},
               {"spec.jobTemplate.spec.template", cron_job},
               {"spec.template", templated}};

/* How the walk came to a value. */
struct step {
    const struct step *up;
    const char *key; /* NULL: an element of a list */
    struct view name;
    size_t index;
};

static struct view path_of(const struct step *step, struct arena *arena)
{
    struct view before = step->up ? path_of(step->up, arena) : VIEW("");

    if (step->key)
        return arena_printf(arena, "%.*s%s%s", VIEW_ARGS(before), before.n > 0 ? "." : "",
                            step->key);
    if (step->name.n > 0)
        return arena_printf(arena, "%.*s[%.*s]", VIEW_ARGS(before), VIEW_ARGS(step->name));
    return step->up ? arena_printf(arena, "%.*s[%zu]", VIEW_ARGS(before), step->index) : before;
}

/* Notes what is there instead. Always returns -1, which ends the walk. */
static int wrong(struct eval *e, const struct step *step, yyjson_val *value, const char *needs)
{
    eval_find(e, path_of(step, e->arena), value_text(value, e->arena), view_of(needs));
    return -1;
}

static int check_map(struct eval *e, yyjson_val *map, const struct form *form,
                     const struct step *up);

/* null is absent, but for an element of a list. */
static bool is_absent(yyjson_val *value)
{
    return !value || yyjson_is_null(value);
}

static int check_list(struct eval *e, yyjson_val *list, const struct form *form,
                      const struct step *up)
{
    yyjson_arr_iter iter = yyjson_arr_iter_with(list);
    struct step step = {.up = up};
    yyjson_val *value;

    for (; (value = yyjson_arr_iter_next(&iter)); step.index++) {
        if (eval_expired(e))
            return eval_late(e);
        step.name = json_text(value, "name");
        if (!yyjson_is_obj(value))
            return wrong(e, &step, value, "a map");
        if (check_map(e, value, form, &step) < 0)
            return -1;
    }
    return 0;
}

static int check_texts(struct eval *e, yyjson_val *map, const struct step *up)
{
    yyjson_obj_iter iter = yyjson_obj_iter_with(map);
    yyjson_val *key;

    while ((key = yyjson_obj_iter_next(&iter))) {
        struct step step = {.up = up, .name = json_text_of(key)};
        yyjson_val *value = yyjson_obj_iter_get_val(key);

        if (eval_expired(e))
            return eval_late(e);
        if (!is_absent(value) && !yyjson_is_str(value))
            return wrong(e, &step, value, "text");
    }
    return 0;
}

static int check_value(struct eval *e, yyjson_val *value, const struct form *form,
                       const struct step *step)
{
    bool fits = form->type == LIST   ? yyjson_is_arr(value)
                : form->type == TEXT ? yyjson_is_str(value)
                                     : yyjson_is_obj(value);

    if (!fits)
        return wrong(e, step, value, type_names[form->type]);
    if (form->type == TEXTS)
        return check_texts(e, value, step);
    if (form->type == LIST)
        return check_list(e, value, form->child, step);
    return form->child ? check_map(e, value, form->child, step) : 0;
}

/* Recurses as deep as the tables above do. */
static int check_map(struct eval *e, yyjson_val *map, const struct form *form,
                     const struct step *up)
{
    yyjson_obj_iter iter = yyjson_obj_iter_with(map);
    yyjson_val *key;

    while ((key = yyjson_obj_iter_next(&iter))) {
        const struct form *field = form;
        yyjson_val *value = yyjson_obj_iter_get_val(key);
        struct step step = {.up = up};

        if (eval_expired(e))
            return eval_late(e);
        while (field->key && !yyjson_equals_str(key, field->key))
            field++;
        step.key = field->key;
        if (field->key && !is_absent(value) && check_value(e, value, field, &step) < 0)
            return -1;
    }
    return 0;
}

int shape_ask(struct eval *e)
{
    const struct request *r = e->request;
    const struct step root = {0};

    if (!r->object) {
        eval_find(e, VIEW("object"), VIEW("nothing"), VIEW("the object that is written"));
        return e->error.p ? -1 : 0;
    }
    for (size_t i = 0; i < sizeof(objects) / sizeof(objects[0]); i++)
        if (view_eq_str(view_of(r->workload.kind->prefix), objects[i].prefix))
            check_map(e, r->object, objects[i].form, &root);
    return e->error.p ? -1 : 0;
}
