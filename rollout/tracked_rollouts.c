#include "rollout/tracked_rollouts.h"

#include "base/arena.h"
#include "base/mem.h"
#include "base/sys/clock.h"
#include "rollout/record/record_api.h"
#include "rollout/record/record_cache.h"
#include "rollout/watch/guarded_kind.h"
#include "rollout/watch/snapshot.h"

#include <stdio.h>
#include <string.h>

enum { SPARE = 1024 * 1024 }; /* bytes more of buckets at a time */

void roster_init(struct roster *r, struct tally *tally)
{
    *r = (struct roster){.tally = tally};
}

void roster_release(struct roster *r)
{
    for (size_t i = 0; i < r->entries.bucket_count; i++)
        while (r->entries.buckets[i])
            roster_forget(r, (struct roster_entry *)r->entries.buckets[i]);
    table_release(&r->entries);
}

struct roster_entry *roster_find(const struct roster *r, struct view uid)
{
    return (struct roster_entry *)table_find(&r->entries, uid);
}

void roster_moved(struct roster *r, const struct roster_entry *entry, enum rollout_state from)
{
    tally_move(r->tally, from, entry->rollout.record.state);
}

void roster_forget(struct roster *r, struct roster_entry *entry)
{
    tally_move(r->tally, entry->rollout.record.state, ROLLOUT_NONE);
    table_remove(&r->entries, &entry->link);
    rollout_release(&entry->rollout);
    buf_release(&entry->last_words);
    mem_free(entry);
}

/* --- adopting --------------------------------------------------------------------------------- */

/* A workload that was deleted and made anew owns none of the old revisions, but what failed under
 * its name still did. */
static void begin_anew(struct record *record)
{
    record->state = ROLLOUT_NONE;
    record->hash = (struct view){NULL, 0};
    record->good_count = 0;
}

/* Reads what is known into an empty record. Returns -1 when that cannot be had now. */
static int read_record(const struct roster_source *source, const struct sight *sight, bool anew,
                       struct record *record, char *version, struct arena *arena)
{
    struct view name =
        record_name(view_of(sight->driver->kind), sight->namespace_, sight->name, arena);
    struct records_entry found;
    const char *problem;
    struct view words;
    int status;

    if (!name.p)
        return -1;
    if (anew)
        return ledger_load(source->client, source->namespace_, name, record, version, arena,
                           &words) == OUTCOME_DONE
                   ? 0
                   : -1;
    status = records_find(source->records, name, clock_monotonic_ns(), arena, &found);
    if (status <= 0)
        return status;
    snprintf(version, LIMIT_KUBE_VERSION, "%.*s", VIEW_ARGS(found.version));
    /* One that is no record is written over. */
    return record_read(found.text, record, &problem) < 0 ? -1 : 0;
}

static struct roster_entry *create(struct view uid)
{
    struct roster_entry *e = mem_alloc(sizeof(*e) + uid.n);

    if (!e)
        return NULL;
    *e = (struct roster_entry){0};
    buf_init(&e->last_words, LIMIT_LAST_WORDS);
    memcpy(e->uid, uid.p, uid.n);
    return e;
}

struct roster_entry *roster_adopt(struct roster *r, const struct roster_source *source,
                                  const struct sight *sight, bool anew, struct arena *arena)
{
    struct roster_entry *e = create(sight->uid);
    struct record record;

    record_init(&record);
    if (!e || table_reserve(&r->entries, SPARE) < 0 ||
        read_record(source, sight, anew, &record, e->version, arena) < 0) {
        record_release(&record);
        mem_free(e);
        return NULL;
    }
    if (record.uid.n > 0 && !view_eq(record.uid, sight->uid))
        begin_anew(&record);
    rollout_init(&e->rollout, &record);
    table_add(&r->entries, &e->link, (struct view){e->uid, sight->uid.n});
    tally_move(r->tally, ROLLOUT_NONE, e->rollout.record.state);
    return e;
}
