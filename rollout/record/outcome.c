#include "rollout/record/outcome.h"

#include "base/arena.h"
#include "kube/client.h"

enum outcome outcome_of(const struct client_answer *answer, struct arena *arena,
                        struct view *message)
{
    *message = arena_copy(arena, view_of(answer->problem));
    switch (answer->status) {
    case 404:
    case 409: return OUTCOME_SUPERSEDED;
    case 0:
    case 401: /* a token that was rotated is read again */
    case 429: return OUTCOME_UNREACHABLE;
    default: break;
    }
    /* a success that did not come whole is none */
    return answer->status < 400 || answer->status >= 500 ? OUTCOME_UNREACHABLE : OUTCOME_REFUSED;
}
