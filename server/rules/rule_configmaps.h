#ifndef TG_SERVER_RULES_RULE_CONFIGMAPS_H
#define TG_SERVER_RULES_RULE_CONFIGMAPS_H

#include "base/view.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct kube;
struct rule_versions;

/* The ConfigMaps of one namespace that have a label, followed by a watch: each key of theirs is a
 * rule file. Needs the verbs list and watch of configmaps, and what rule_events.h needs. */
struct rule_configmaps;

struct rule_configmaps_options {
    struct view namespace_;
    const char *selector; /* "tidegate.dev/rules=true"; NULL: there are none */
};

/* Starts to follow them; what the options point to outlives it. NULL when memory or threads are
 * out. */
struct rule_configmaps *rule_configmaps_start(const struct kube *kube,
                                              const struct rule_configmaps_options *options);
void rule_configmaps_stop(struct rule_configmaps *m);

/* What they are called in messages, and their label. */
const char *rule_configmaps_place(const struct rule_configmaps *m);
const char *rule_configmaps_selector(const struct rule_configmaps *m);

/* Another number each time that one of them has changed; 0 until a list of all was whole. While
 * they are not followed it stays as it is. Any thread. */
uint64_t rule_configmaps_version(struct rule_configmaps *m);

/* Waits until the version is another one, at most so many seconds. */
void rule_configmaps_await(struct rule_configmaps *m, uint64_t version, unsigned seconds);

/* Hands over what there is of them now. Returns 0, or -1 with lines in why, and the versions as
 * they were: no list was whole yet, or there is no memory for all. One thread at a time. */
int rule_configmaps_hand_over(struct rule_configmaps *m, struct rule_versions *versions,
                              struct buf *why);

/* Tells what came of a load: by an Event on each ConfigMap, by the metrics and by a line in the
 * log, in which a problem is that event; NULL: the log knows. One thread at a time. */
void rule_configmaps_tell(struct rule_configmaps *m, struct rule_versions *versions,
                          const char *event);

/* Appends a line of the readiness page. Any thread. */
void rule_configmaps_write_state(struct rule_configmaps *m, struct buf *out);

/* Nanoseconds since the watch was last heard of, -1 before the first list was whole; how many there
 * are; and the name of each whose newest version is not in force, under a lock. Any thread. */
int64_t rule_configmaps_age(struct rule_configmaps *m, int64_t now);
size_t rule_configmaps_count(struct rule_configmaps *m);
void rule_configmaps_each_problem(struct rule_configmaps *m,
                                  void (*show)(void *ctx, struct view name), void *ctx);

#endif
