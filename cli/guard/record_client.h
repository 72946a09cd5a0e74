#ifndef TG_CLI_GUARD_RECORD_CLIENT_H
#define TG_CLI_GUARD_RECORD_CLIENT_H

#include "base/view.h"

struct arena;
struct record;
struct session;
struct workload_arg;

/* The records of guarded workloads (rollout/record/record_cache.h) as the API server has them now.
 */

/* Hands each record over, valid during the call; one that cannot be read is reported on standard
 * error. Returns how many those were, or -1 after a message. */
int record_client_each(struct session *s, void (*take)(void *ctx, struct record *record),
                       void *ctx);

/* Reads the record of one workload in the session's namespace into an empty record. Returns 1; 0
 * when there is none, or -1 when the request failed, after a message in both cases. */
int record_client_get(struct session *s, const struct workload_arg *target, struct record *out);

/* The same without a message when there is none; what it reads meanwhile is in the arena. */
int record_client_find(struct session *s, const struct workload_arg *target, struct arena *arena,
                       struct record *out);

/* "tidegate-system": the path of its ConfigMaps. p == NULL when memory runs out. */
struct view record_client_path(struct session *s);

#endif
