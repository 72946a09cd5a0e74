#ifndef TG_SERVER_RULES_RULE_WRITER_H
#define TG_SERVER_RULES_RULE_WRITER_H

#include "base/view.h"
#include "server/rules/rule_definition.h"

#include <stdint.h>

struct buf;
struct cache;
struct kube;
struct policy_set;
struct rule_versions;

/* Writes what came of a load, on a thread of its own, while this replica holds the Lease
 * tidegate-rules: the last good version of each object into its ConfigMap, and into the object's
 * status whether it is in force. What is there as it should be is not written. Needs update of the
 * kinds' status, and get, create, update and delete of ConfigMaps and Leases in the own namespace.
 */
struct rule_writer;

struct rule_writer_options {
    const struct kube *kube;
    struct view own_namespace;
    struct cache **kinds; /* of policy_set_kinds: whole objects */
    struct cache *good;   /* ConfigMaps: whole objects */
};

/* Starts; what the options point to outlives it. NULL when memory or threads are out. */
struct rule_writer *rule_writer_start(const struct rule_writer_options *options);

/* Ends the call that is underway, and gives the Lease up; NULL is allowed. */
void rule_writer_stop(struct rule_writer *w);

/* This is what is in force at that instant; it is copied. Where memory is out, it stays as it was.
 * Returns the instant at which a status changes by itself (INT64_MAX: never). */
int64_t rule_writer_want(struct rule_writer *w, const struct rule_versions *versions,
                         const struct policy_set *set, int64_t now);

/* Appends a line of the readiness page. Any thread. */
void rule_writer_write_state(struct rule_writer *w, struct buf *out);

#endif
