#ifndef TG_KUBE_EVENTS_H
#define TG_KUBE_EVENTS_H

#include "base/view.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct client;
struct client_answer;

/* What an Event says of an object. It is written as core/v1, because kubectl orders Events by their
 * lastTimestamp, which events.k8s.io/v1 refuses to take.
 * k8s.io/kubectl/pkg/util/event/sorted_event_list.go */
struct events_note {
    struct view api_version, kind, namespace_, name, uid; /* of the object; no namespace: of none */
    struct view version;                                  /* its resourceVersion; absent: unsaid */
    bool warning;                                         /* its type: Warning, else Normal */
    const char *controller;                               /* who says so: "tidegate.dev/guard" */
    const char *reason, *action;                          /* in CamelCase, "RolledBack" */
    struct view note; /* for people; lines are kept; what is beyond LIMIT_EVENT_NOTE is not sent */
    int64_t at;       /* Unix seconds; 0: now. Those of one object are shown in this order */
    struct view key;  /* notes of one object, reason and key are one Event */
};

/* Writes it, in the object's namespace, or in default. When it was written before (within the hour
 * for which API servers keep Events) it is counted: the first one gets a count and a time, and
 * its note stays. `identity` is the replica's, at most LIMIT_IDENTITY
 * bytes. Trouble that passes is tried again until that instant of clock_monotonic_ns. Needs the
 * verbs create, get and patch of events. Returns 0, or -1 with the problem in the
 * answer.
 * https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.35/#event-v1-core */
int events_write(struct client *c, const struct events_note *note, struct view identity,
                 int64_t until, struct client_answer *answer);

/* The Event as it is created, and the merge patch that counts one more of an Event that was read
 * with this resourceVersion and count; `stamp` is now as a MicroTime, for events_again as a Time.
 * The caller's; NULL when memory runs out. For events_write and its test. */
json_t *events_first(const struct events_note *note, struct view identity, const char *stamp);
json_t *events_again(struct view version, int64_t count, const char *stamp);

#endif
