#include "rollout/tracked_rollouts.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/mem.h"
#include "kube/limits.h"
#include "policy/object/guarded_kind.h"
#include "rollout/limits.h"
#include "rollout/record/record_api.h"
#include "rollout/record/record_cache.h"
#include "rollout/watch/snapshot.h"

#include <stdio.h>
#include <string.h>

enum { SPARE = 1024 * 1024 }; /* bytes more of buckets at a time */

void tracked_rollouts_init(struct tracked_rollouts *r, struct rollout_counters *counters)
{
    *r = (struct tracked_rollouts){.counters = counters};
}

void tracked_rollouts_release(struct tracked_rollouts *r)
{
    for (size_t i = 0; i < r->entries.bucket_count; i++)
        while (r->entries.buckets[i])
            tracked_rollouts_forget(r, (struct tracked_rollouts_entry *)r->entries.buckets[i]);
    hash_table_release(&r->entries);
}

struct tracked_rollouts_entry *tracked_rollouts_find(const struct tracked_rollouts *r,
                                                     struct view uid)
{
    return (struct tracked_rollouts_entry *)hash_table_find(&r->entries, uid);
}

void tracked_rollouts_moved(struct tracked_rollouts *r, const struct tracked_rollouts_entry *entry,
                            enum rollout_state from)
{
    const struct record *record = &entry->rollout.record;

    rollout_counters_move(r->counters, from, record->state);
    rollout_counters_name(r->counters, record, record->state);
}

void tracked_rollouts_forget(struct tracked_rollouts *r, struct tracked_rollouts_entry *entry)
{
    rollout_counters_move(r->counters, entry->rollout.record.state, ROLLOUT_NONE);
    rollout_counters_name(r->counters, &entry->rollout.record, ROLLOUT_NONE);
    hash_table_remove(&r->entries, &entry->link);
    rollout_release(&entry->rollout);
    buf_release(&entry->last_words);
    mem_free(entry);
}

/* --- adopting --------------------------------------------------------------------------------- */

/* A workload that was deleted and created again owns none of the old revisions, but what failed
 * under its name still did. */
static void begin_anew(struct record *record)
{
    record->state = ROLLOUT_NONE;
    record->hash = (struct view){NULL, 0};
    record->good_count = 0;
}

/* Reads what is known into an empty record. Returns -1 when that cannot be had now. */
static int read_record(const struct tracked_rollouts_source *source,
                       const struct snapshot *snapshot, bool again, struct record *record,
                       char *version, struct arena *arena)
{
    struct view name = record_name(view_of(snapshot->guarded_kind->kind), snapshot->namespace_,
                                   snapshot->name, arena);
    struct record_cache_entry found;
    const char *problem;
    struct view message;
    int status;

    if (!name.p)
        return -1;
    if (again)
        return record_api_load(source->client, source->namespace_, name, record, version, arena,
                               &message) == OUTCOME_DONE
                   ? 0
                   : -1;
    status = record_cache_find(source->records, name, clock_monotonic_ns(), arena, &found);
    if (status <= 0)
        return status;
    snprintf(version, LIMIT_KUBE_VERSION, "%.*s", VIEW_ARGS(found.version));
    /* One that is not a record is written over. */
    return record_read(found.text, record, &problem) < 0 ? -1 : 0;
}

static struct tracked_rollouts_entry *create(struct view uid)
{
    struct tracked_rollouts_entry *e = mem_alloc(sizeof(*e) + uid.n);

    if (!e)
        return NULL;
    *e = (struct tracked_rollouts_entry){0};
    buf_init(&e->last_words, LIMIT_LAST_WORDS);
    memcpy(e->uid, uid.p, uid.n);
    return e;
}

struct tracked_rollouts_entry *tracked_rollouts_adopt(struct tracked_rollouts *r,
                                                      const struct tracked_rollouts_source *source,
                                                      const struct snapshot *snapshot, bool again,
                                                      struct arena *arena)
{
    struct tracked_rollouts_entry *e = create(snapshot->uid);
    struct record record;

    record_init(&record);
    if (!e || hash_table_reserve(&r->entries, SPARE) < 0 ||
        read_record(source, snapshot, again, &record, e->version, arena) < 0) {
        record_release(&record);
        mem_free(e);
        return NULL;
    }
    if (record.uid.n > 0 && !view_eq(record.uid, snapshot->uid))
        begin_anew(&record);
    rollout_init(&e->rollout, &record);
    hash_table_add(&r->entries, &e->link, (struct view){e->uid, snapshot->uid.n});
    rollout_counters_move(r->counters, ROLLOUT_NONE, e->rollout.record.state);
    rollout_counters_name(r->counters, &e->rollout.record, e->rollout.record.state);
    return e;
}
