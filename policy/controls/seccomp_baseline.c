#include "policy/controls/control.h"

#include "base/arena.h"
#include "base/json/json.h"
#include "base/json/json_keys.h"
#include "policy/object/request.h"
#include "policy/rule/check.h"

#include <yyjson.h>

enum { FIELDS_SINCE = 19 }; /* before, annotations held the profiles */

#define POD_KEY          "seccomp.security.alpha.kubernetes.io/pod"
#define CONTAINER_PREFIX "container.seccomp.security.alpha.kubernetes.io/"

/* --- annotations ------------------------------------------------------------------------------ */

static bool annotation_accepted(struct view profile)
{
    return view_eq_str(profile, "runtime/default") || view_eq_str(profile, "docker/default") ||
           view_starts(profile, "localhost/");
}

static void find_annotation(const struct control_subject *s, yyjson_val *key)
{
    control_find_annotation(
        s, key, yyjson_obj_iter_get_val(key),
        VIEW("runtime/default, docker/default or localhost/NAME, or no annotation"));
}

/* Finds what is wrong for the pod; picks out what would be for a container of that name, into room
 * for all. Returns 0, or -1 after eval_fail(). */
static int pick(const struct control_subject *s, yyjson_val *annotations, struct json_key *picked,
                size_t *count)
{
    yyjson_obj_iter iter = yyjson_obj_iter_with(annotations);
    yyjson_val *key;

    *count = 0;
    while ((key = yyjson_obj_iter_next(&iter))) {
        if (eval_expired(s->e))
            return eval_late(s->e);
        if (annotation_accepted(json_text_of(yyjson_obj_iter_get_val(key))))
            continue;
        if (yyjson_equals_str(key, POD_KEY))
            find_annotation(s, key);
        else if (view_starts(json_text_of(key), CONTAINER_PREFIX))
            picked[(*count)++].key = key;
    }
    return 0;
}

/* The key of a container's annotation among those picked, in their order; or NULL. */
static yyjson_val *key_of(const struct json_key *picked, size_t count, struct view name)
{
    size_t low = 0, high = count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        struct view key = json_text_of(picked[middle].key);
        int order = view_cmp(view_from(key, sizeof(CONTAINER_PREFIX) - 1), name);

        if (order == 0)
            return picked[middle].key;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static int ask_annotations(const struct control_subject *s)
{
    yyjson_val *annotations = object_metadata(s->e->workload->pod, "annotations"), *key;
    struct json_key *picked =
        arena_array(s->e->arena, yyjson_obj_size(annotations) + 1, sizeof(*picked));
    struct container c = {0};
    size_t count;

    if (!picked)
        return eval_fail(s->e, "the review needs more memory than is allowed");
    if (pick(s, annotations, picked, &count) < 0)
        return -1;
    json_keys_order(picked, count);
    while (count > 0 && eval_next_container(s->e, &c))
        if ((key = key_of(picked, count, c.name)))
            find_annotation(s, key);
    return s->e->error.p ? -1 : 0;
}

/* --- fields ----------------------------------------------------------------------------------- */

static int ask_field(const struct control_subject *s)
{
    control_refuse_profile(s, "seccompProfile", "securityContext.seccompProfile.type",
                           VIEW("RuntimeDefault or Localhost, or no profile"));
    return 0;
}

static int pod(const struct control_subject *s)
{
    return s->minor < FIELDS_SINCE ? ask_annotations(s) : ask_field(s);
}

static int container(const struct control_subject *s)
{
    return s->minor < FIELDS_SINCE ? 0 : ask_field(s);
}

const struct control control_seccomp_baseline = {
    .name = "seccompProfile_baseline",
    .doc = "seccomp profiles, where there are any, are the runtime's default or a file's",
    .level = CONTROL_BASELINE,
    .pod = pod,
    .container = container,
};
