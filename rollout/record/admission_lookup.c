#include "rollout/record/admission_lookup.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/json/json.h"
#include "kube/cache.h"
#include "policy/object/request.h"
#include "rollout/record/record.h"
#include "rollout/record/record_cache.h"
#include "rollout/watch/store.h"

#include <yyjson.h>

static const char *why_unknown(struct cache *records, int64_t now)
{
    if (cache_age(records, now) < 0)
        return "the records of rollouts are not read yet";
    return "the records of rollouts cannot be read now";
}

static void tell_failure(struct record *record, struct view hash, struct arena *arena,
                         struct cluster_view_rollout *out)
{
    const struct record_failure *failure = record_failure(record, hash);
    struct view line;

    if (!failure || !failure->quarantined)
        return;
    view_cut(failure->message.n > 0 ? failure->message : failure->cause, '\n', &line,
             &(struct view){0});
    out->quarantined = true;
    out->failed_at = failure->at;
    out->cause = arena_copy(arena, line);
}

/* The rollout that runs now, and what was healthy, are of the object that the record is of. */
static void tell_of_object(struct record *record, struct cache *store, struct view uid,
                           struct view hash, struct cluster_view_rollout *out)
{
    const struct record_good *good = record_good(record, hash);

    if (uid.n == 0 || !view_eq(record->uid, uid))
        return;
    out->begun = record->begun;
    if (!good)
        return;
    out->healthy_at = good->at;
    if (cache_has_synced(store))
        out->revision = store_revision_of(store, uid, hash);
    else
        out->revision_unknown = "the revisions of workloads are not listed yet";
}

void admission_lookup(struct cache *records, struct cache *store, const struct request *request,
                      struct view hash, struct arena *arena, struct cluster_view_rollout *out)
{
    struct view name = record_name(request->kind, request->namespace_, request->name, arena);
    struct view uid = json_text(yyjson_obj_get(request->old_object, "metadata"), "uid");
    int64_t now = clock_monotonic_ns();
    struct record_cache_entry entry;
    struct record record;
    const char *problem;
    int found = name.p ? record_cache_find(records, name, now, arena, &entry) : -1;

    *out = (struct cluster_view_rollout){0};
    if (found <= 0) {
        out->unknown = found < 0 ? why_unknown(records, now) : NULL;
        return;
    }
    record_init(&record);
    if (record_read(entry.text, &record, &problem) != 0) {
        out->unknown = arena_printf(arena, "its record %s", problem).p;
        out->unknown = out->unknown ? out->unknown : "its record cannot be read";
        return;
    }
    tell_failure(&record, hash, arena, out);
    tell_of_object(&record, store, uid, hash, out);
    record_release(&record);
}
