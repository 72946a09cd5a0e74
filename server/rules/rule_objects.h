#ifndef TG_SERVER_RULES_RULE_OBJECTS_H
#define TG_SERVER_RULES_RULE_OBJECTS_H

#include "base/view.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct kube;
struct policy_set;
struct rule_versions;

/* The rules that are objects of the cluster, followed by watches, and the last good version of each
 * (server/rules/last_good.h), which one replica writes and all follow. Needs list and watch of the
 * kinds, get of their definitions, and list and watch of ConfigMaps in the own namespace. */
struct rule_objects;

/* Starts to follow them, and the thread that writes (server/rules/rule_writer.h); what is pointed
 * to outlives it. NULL when memory or threads are out. */
struct rule_objects *rule_objects_start(const struct kube *kube, struct view own_namespace);
void rule_objects_stop(struct rule_objects *o);

/* Another number each time that one of them has changed; 0 until what there is is known. */
uint64_t rule_objects_version(struct rule_objects *o);

/* Waits until the version is another one, at most so many seconds. */
void rule_objects_await(struct rule_objects *o, uint64_t version, unsigned seconds);

/* Hands over what there is of them now. An object that is gone though nobody deleted it, because
 * the definition of its kind went or is another one, is handed over as lost, with its last good
 * version. Returns 1; 0 when nothing has changed since it was last done; or -1 with lines in why:
 * they are not known, or memory is out. One thread at a time. */
int rule_objects_hand_over(struct rule_objects *o, struct rule_versions *versions, struct buf *why);

/* Tells what came of a load, by the log and the metrics. One thread at a time. */
void rule_objects_tell(struct rule_objects *o, struct rule_versions *versions);

/* Has the objects' own status written, and their last good versions, when something was loaded or
 * (rule_objects_is_due) a freeze has begun or ended; this set is in force. One thread at a time. */
bool rule_objects_is_due(const struct rule_objects *o);
void rule_objects_show(struct rule_objects *o, const struct rule_versions *versions,
                       const struct policy_set *set);

/* The next call hands everything over again: what was has not come into force. */
void rule_objects_forget(struct rule_objects *o);

/* Whether it could not be asked how an object went. It is then lost, and to be looked at again. */
bool rule_objects_is_unsure(const struct rule_objects *o);

/* Appends a line of the readiness page. Any thread. */
void rule_objects_write_state(struct rule_objects *o, struct buf *out);

/* Nanoseconds since the watches were last heard of, -1 before all are known; how many there are of
 * a kind (policy_set_kinds); and the name of each whose newest version is not in force, under a
 * lock. Any thread. */
int64_t rule_objects_age(struct rule_objects *o, int64_t now);
size_t rule_objects_count(struct rule_objects *o, size_t kind);
void rule_objects_each_problem(struct rule_objects *o, void (*show)(void *ctx, struct view name),
                               void *ctx);

#endif
