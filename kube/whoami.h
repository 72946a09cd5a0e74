#ifndef TG_KUBE_WHOAMI_H
#define TG_KUBE_WHOAMI_H

#include "base/view.h"

#include <stddef.h>
#include <stdint.h>

struct arena;
struct client;
struct client_answer;

/* Who the API server takes a caller for. */
struct whoami {
    struct view user;
    struct view *groups;
    size_t group_count;
};

/* Asks by a SelfSubjectReview (authentication.k8s.io/v1), which every authenticated user may;
 * retried until that instant of clock_monotonic_ns, 0: tried once. The answer lives in the arena.
 * Returns 0, or -1 with the problem in the answer.
 * https://kubernetes.io/docs/reference/access-authn-authz/authentication/#self-subject-review */
int whoami_ask(struct client *c, int64_t until, struct arena *arena, struct whoami *out,
               struct client_answer *answer);

#endif
