#include "policy/object/deletion.h"

#include "base/json/json.h"
#include "base/json/json_keys.h"
#include "base/json/json_same.h"
#include "policy/object/request.h"

#include <yyjson.h>

static const char *const metadata[] = {"metadata", NULL};
static const char *const metadata_and_status[] = {"metadata", "status", NULL};
/* Fields of metadata that are compared separately (finalizers), or that the API server sets,
 * whatever a request says. */
static const char *const finalizers_and_servers_own[] = {"finalizers",
                                                         "deletionGracePeriodSeconds",
                                                         "deletionTimestamp",
                                                         "generation",
                                                         "managedFields",
                                                         "resourceVersion",
                                                         NULL};

static bool is_one_of(yyjson_val *key, const char *const *names)
{
    for (; *names; names++)
        if (yyjson_equals_str(key, *names))
            return true;
    return false;
}

/* The first key from `at` on that is not among those names. */
static size_t next_but(const struct json_key *keys, size_t at, size_t count,
                       const char *const *names)
{
    while (at < count && is_one_of(keys[at].key, names))
        at++;
    return at;
}

/* The same keys with the same values, those names aside. */
static bool same_but(yyjson_val *a, yyjson_val *b, const char *const *names, struct arena *arena,
                     struct budget *budget)
{
    const struct json_key *as = json_keys_sort(a, arena), *bs = json_keys_sort(b, arena);
    size_t a_count = yyjson_obj_size(a), b_count = yyjson_obj_size(b);

    if (!as || !bs)
        return false;
    for (size_t i = 0, j = 0;; i++, j++) {
        i = next_but(as, i, a_count, names);
        j = next_but(bs, j, b_count, names);
        if (i == a_count || j == b_count)
            return i == a_count && j == b_count;
        if (!view_eq(json_text_of(as[i].key), json_text_of(bs[j].key)) ||
            json_same(yyjson_obj_iter_get_val(as[i].key), yyjson_obj_iter_get_val(bs[j].key), arena,
                      budget) != 1)
            return false;
    }
}

/* Those that are left stand in the order in which they were. */
static bool only_loses(yyjson_val *old, yyjson_val *new)
{
    yyjson_arr_iter before = yyjson_arr_iter_with(old), after = yyjson_arr_iter_with(new);
    yyjson_val *left, *was;

    if (new && !yyjson_is_arr(new) && !yyjson_is_null(new))
        return false;
    while ((left = yyjson_arr_iter_next(&after))) {
        do {
            was = yyjson_arr_iter_next(&before);
        } while (was && !view_eq(json_text_of(was), json_text_of(left)));
        if (!was)
            return false;
    }
    return true;
}

bool deletion_settles(const struct request *r, struct arena *arena)
{
    bool status = view_eq_str(r->subresource, "status");
    yyjson_val *old = yyjson_obj_get(r->old_object, "metadata");
    yyjson_val *new = yyjson_obj_get(r->object, "metadata");

    return r->operation == UPDATE && object_is_terminating(r->old_object) &&
           same_but(r->old_object, r->object, status ? metadata_and_status : metadata, arena,
                    r->budget) &&
           same_but(old, new, finalizers_and_servers_own, arena, r->budget) &&
           only_loses(yyjson_obj_get(old, "finalizers"), yyjson_obj_get(new, "finalizers"));
}
