#ifndef TG_ROLLOUT_WATCH_STORE_H
#define TG_ROLLOUT_WATCH_STORE_H

#include "base/view.h"
#include "kube/watch.h"
#include "rollout/watch/store_list.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct buf;
struct snapshot;
struct yyjson_val;

/* What the watches tell of workloads, their revisions and their pods, cut to what is judged by, so
 * that memory follows what is kept. Filled by the watches' threads; all functions may be called by
 * any thread. Clocks: `now` is Unix seconds. */
struct store;

/* An empty one that keeps at most limit bytes. NULL when memory runs out. */
struct store *store_create(size_t limit);
void store_free(struct store *s);

/* The handler of one list's watch, on our own clock, and the ctx that goes with it, which the store
 * owns. */
struct watch_handler store_handler(void);
void *store_list_ctx(struct store *s, enum store_list list);

/* What the handler does, as struct watch_handler has it. What is told of one list comes from one
 * thread at a time. An object for which there is no room is not kept, and counted. */
void store_begin(struct store *s, enum store_list list);
void store_put(struct store *s, enum store_list list, struct yyjson_val *object, int64_t now);
void store_drop(struct store *s, enum store_list list, struct yyjson_val *object);
void store_skip(struct store *s, enum store_list list, struct yyjson_val *object);
void store_end(struct store *s, enum store_list list);

/* True once each list was whole. */
bool store_has_synced(struct store *s);

/* Takes one workload whose facts changed out of the queue: its uid, copied into the arena. False
 * when the queue is empty. Changes of one workload while it is queued are one. */
bool store_dequeue(struct store *s, struct arena *arena, struct view *uid);

/* Puts every workload into the queue; empties it. */
void store_enqueue_all(struct store *s);
void store_forget_changes(struct store *s);

/* Waits until something is queued, store_wake is called, or until that instant of
 * clock_monotonic_ns. */
void store_wait(struct store *s, int64_t until);
void store_wake(struct store *s);

/* The facts of one workload, put together in the arena. Returns 0; 1 when there is no such workload
 * (any more); -1 when memory runs out. */
int store_snapshot(struct store *s, struct view uid, struct arena *arena, struct snapshot *out);

/* Whether there is a workload of that name. */
bool store_has(struct store *s, struct view kind, struct view namespace_, struct view name);

/* For the door: the newest revision of that template that the workload owns, or 0. */
int64_t store_revision_of(struct store *s, struct view uid, struct view hash);

/* How many objects of a list, and how many bytes of all, it keeps; and how often it could not keep
 * one, for lack of room or memory, since it was made. */
size_t store_count(struct store *s, enum store_list list);
size_t store_held(struct store *s);
size_t store_refused(struct store *s);

#endif
