#ifndef TG_ROLLOUT_RECORD_RECORD_API_H
#define TG_ROLLOUT_RECORD_RECORD_API_H

#include "base/view.h"
#include "rollout/record/outcome.h"
#include "rollout/record/record.h"

struct arena;
struct client;

/* Writes a record into its ConfigMap, if that still is the version that was read. `version` is its
 * resourceVersion, empty while there is none, and becomes that of what was written; it is a string
 * of LIMIT_KUBE_VERSION bytes at most. It is owned by the ConfigMap RECORD_CACHE_OWNER of the uid
 * `owner` (absent: by none), and goes with that. OUTCOME_SUPERSEDED: somebody else wrote it
 * meanwhile. `message` of what was refused is one line in the arena. One thread a client.
 * https://kubernetes.io/docs/concepts/architecture/garbage-collection/ */
enum outcome record_api_save(struct client *c, struct view namespace_, struct view owner,
                             const struct record *record, char *version, struct arena *arena,
                             struct view *message);

/* Reads a record as it is now into an empty one, with its version. Returns OUTCOME_DONE, also when
 * there is none (version is then empty, and so is the record). */
enum outcome record_api_load(struct client *c, struct view namespace_, struct view name,
                             struct record *record, char *version, struct arena *arena,
                             struct view *message);

/* Deletes the ConfigMap of that name if it still is that version. */
enum outcome record_api_delete(struct client *c, struct view namespace_, struct view name,
                               const char *version, struct arena *arena);

#endif
