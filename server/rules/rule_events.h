#ifndef TG_SERVER_RULES_RULE_EVENTS_H
#define TG_SERVER_RULES_RULE_EVENTS_H

#include "base/view.h"

#include <stdbool.h>

struct kube;

/* Events on ConfigMaps of rules, written by a thread of its own, so that nobody waits for the API
 * server: RulesRejected (a Warning) with the errors, RulesAccepted when they are mended. All
 * replicas write the same Events, which are counted (kube/events.h). Needs the verbs create, get
 * and patch of events; where they are missing, the log says so with the rule. */
struct rule_events;

/* Starts, for ConfigMaps of that namespace, whose name outlives it. NULL when memory or threads are
 * out. */
struct rule_events *rule_events_start(const struct kube *kube, struct view namespace_);

/* Ends the call that is underway; what was not written is dropped. NULL is allowed. */
void rule_events_stop(struct rule_events *e);

/* Publishes an Event about one ConfigMap; it replaces one that is still queued for it. The problem
 * is empty when it is solved. Any thread. */
void rule_events_say(struct rule_events *e, struct view name, struct view uid, struct view problem,
                     bool has_good);

#endif
