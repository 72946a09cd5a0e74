#include "rollout/watch/owner.h"

#include "base/json/json.h"
#include "policy/object/guarded_kind.h"

#include <yyjson.h>

static const struct revision_kind *revision_kind_of(struct view group, struct view kind)
{
    for (size_t i = 0; i < REVISION_KINDS; i++)
        if (view_eq_str(kind, revision_kinds[i].kind) &&
            view_eq_str(group, revision_kinds[i].group))
            return &revision_kinds[i];
    return NULL;
}

struct owner owner_of(yyjson_val *metadata)
{
    size_t i, n;
    yyjson_val *reference;

    yyjson_arr_foreach(yyjson_obj_get(metadata, "ownerReferences"), i, n, reference)
    {
        struct view kind = json_text(reference, "kind"), group, version;

        if (!yyjson_is_true(yyjson_obj_get(reference, "controller")))
            continue;
        if (!view_cut(json_text(reference, "apiVersion"), '/', &group, &version))
            group = VIEW("");
        return (struct owner){.uid = json_text(reference, "uid"),
                              .guarded_kind = guarded_kind_of(group, kind),
                              .revision_kind = revision_kind_of(group, kind)};
    }
    return (struct owner){.none = true};
}

bool owner_has_pods(const struct owner *owner)
{
    if (owner->uid.n == 0)
        return false;
    return owner->guarded_kind ? !owner->guarded_kind->revisions->owns_pods
                               : owner->revision_kind && owner->revision_kind->owns_pods;
}
