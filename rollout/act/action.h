#ifndef TG_ROLLOUT_ACT_ACTION_H
#define TG_ROLLOUT_ACT_ACTION_H

#include "base/view.h"
#include "rollout/judge/rollout.h"

#include <stddef.h>

struct arena;
struct client;
struct snapshot;
struct yyjson_val;

/* The calls of the Kubernetes API by which a rollout is acted on, each with a precondition on what
 * it read. The client is the caller's alone. `message` of what was refused is one line in the
 * arena. One thread a client. */

/* Goes back to the target as `kubectl rollout undo --to-revision` does: reads the workload and the
 * revision, and patches when the workload is the one of the snapshot, its template still has that
 * hash, and it is neither paused nor on its way out. `owners` is of the target
 * (field_owners_parse()), or NULL: of it comes kubectl's last-applied-configuration. *release, in
 * the arena, is field_owners_helm_release() of what was undone. */
enum outcome action_undo(struct client *c, const struct snapshot *snapshot, struct view hash,
                         const struct snapshot_revision *target, struct yyjson_val *owners,
                         struct arena *arena, struct view *release, struct view *message);

/* Reads who owns what of the workload, if its template has that hash, into the arena
 * (field_owners_text()). */
enum outcome action_read_owners(struct client *c, const struct snapshot *snapshot, struct view hash,
                                struct arena *arena, struct view *owners, struct view *message);

/* The second patch of a rollback: gives the fields of the workload back to their owners, if its
 * template has that hash and the guard still owns some of it. */
enum outcome action_give_back(struct client *c, const struct snapshot *snapshot, struct view hash,
                              struct yyjson_val *owners, struct arena *arena, struct view *message);

/* Sets spec.paused of a Deployment, under the same conditions. */
enum outcome action_pause(struct client *c, const struct snapshot *snapshot, struct view hash,
                          struct arena *arena, struct view *message);

/* Deletes that very pod (by uid). */
enum outcome action_delete_pod(struct client *c, const struct snapshot *snapshot,
                               const struct snapshot_pod *pod, struct arena *arena,
                               struct view *message);

/* The last lines of a container's log (of its last life with `previous`), or absent. In the arena,
 * at most LIMIT_LAST_WORDS bytes, with control characters but newlines made spaces. */
struct view action_last_words(struct client *c, const struct snapshot *snapshot, struct view pod,
                              struct view container, bool previous, struct arena *arena);

#endif
