#include "policy/deletion.h"

#include "base/json.h"
#include "policy/request.h"

#include <yyjson.h>

static const char *const metadata[] = {"metadata", NULL};
static const char *const metadata_and_status[] = {"metadata", "status", NULL};
/* Of the metadata: finalizers, which are looked at by themselves, and what the API server sets,
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

/* How many keys of a map are not among those names. */
static size_t count_but(yyjson_val *map, const char *const *names)
{
    yyjson_val *key, *value;
    size_t i, n, count = 0;

    yyjson_obj_foreach(map, i, n, key, value)
    {
        count += !is_one_of(key, names);
    }
    return count;
}

/* The same keys with the same values, those names aside. */
static bool same_but(yyjson_val *a, yyjson_val *b, const char *const *names)
{
    yyjson_obj_iter other = yyjson_obj_iter_with(b);
    yyjson_val *key, *value;
    size_t i, n;

    if (count_but(a, names) != count_but(b, names))
        return false;
    yyjson_obj_foreach(a, i, n, key, value)
    {
        if (!is_one_of(key, names) &&
            !yyjson_equals(value,
                           yyjson_obj_iter_getn(&other, yyjson_get_str(key), yyjson_get_len(key))))
            return false;
    }
    return true;
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

bool deletion_settles(const struct request *r)
{
    bool status = view_eq_str(r->subresource, "status");
    yyjson_val *old = yyjson_obj_get(r->old_object, "metadata");
    yyjson_val *new = yyjson_obj_get(r->object, "metadata");

    return r->operation == UPDATE && object_is_terminating(r->old_object) &&
           same_but(r->old_object, r->object, status ? metadata_and_status : metadata) &&
           same_but(old, new, finalizers_and_servers_own) &&
           only_loses(yyjson_obj_get(old, "finalizers"), yyjson_obj_get(new, "finalizers"));
}
