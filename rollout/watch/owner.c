#include "rollout/watch/owner.h"

#include "base/json/json.h"
#include "rollout/watch/guarded_kind.h"

#include <yyjson.h>

static const char replicaset[] = "ReplicaSet";

struct owner owner_of(yyjson_val *metadata)
{
    size_t i, n;
    yyjson_val *reference;

    yyjson_arr_foreach(yyjson_obj_get(metadata, "ownerReferences"), i, n, reference)
    {
        struct owner owner = {.uid = json_text(reference, "uid")};

        if (!yyjson_is_true(yyjson_obj_get(reference, "controller")))
            continue;
        if (view_starts(json_text(reference, "apiVersion"), "apps/")) {
            owner.kind = json_text(reference, "kind");
            owner.guarded_kind = guarded_kind_of(owner.kind);
        }
        return owner;
    }
    return (struct owner){.none = true};
}

bool owner_has_pods(const struct owner *owner)
{
    if (owner->uid.n == 0)
        return false;
    if (owner->guarded_kind)
        return !view_eq_str(view_of(owner->guarded_kind->revision_kind), replicaset);
    return view_eq_str(owner->kind, replicaset);
}
