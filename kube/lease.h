#ifndef TG_KUBE_LEASE_H
#define TG_KUBE_LEASE_H

#include "base/view.h"

#include <stdbool.h>
#include <stdint.h>

struct buf;
struct kube;

/* Strives to lead by one Lease (kube/election.h), on a thread of its own. A leader that dies is
 * followed by another one within LIMIT_LEASE_DURATION and twice LIMIT_LEASE_RENEW seconds, one that
 * stops at once. Needs the verbs get, create and update of leases.
 * https://kubernetes.io/docs/concepts/architecture/leases/ */
struct lease;

struct lease_options {
    struct view namespace_, name; /* of the Lease, which is created when missing */
};

/* Starts; what the options point to outlives it. NULL when memory or threads are out, or the
 * identity of the process is empty or too long. */
struct lease *lease_start(const struct kube *kube, const struct lease_options *options);

/* Ends the thread, and gives the Lease up when it is held, for which it waits up to
 * LIMIT_LEASE_CALL seconds. By then nothing may be underway any more that only a leader does. NULL
 * is allowed. */
void lease_stop(struct lease *l);

/* True while this process leads at that instant of clock_monotonic_ns: from a renewal on for
 * LIMIT_LEASE_DEADLINE seconds. Any thread. */
bool lease_is_held(const struct lease *l, int64_t now);

/* The instant by which whatever is begun while it is held has to be over, a second before another
 * one may lead. Any thread. */
int64_t lease_ends(const struct lease *l);

/* Appends the identity that held the Lease when it was last read; nothing when there was none. Any
 * thread. */
void lease_holder(struct lease *l, struct buf *out);

#endif
