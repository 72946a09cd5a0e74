#ifndef TG_POLICY_FREEZES_H
#define TG_POLICY_FREEZES_H

#include "base/view.h"
#include "policy/rule.h"
#include "policy/window.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct policy_set;

/* One window of a freeze rule, as of an instant. */
struct freeze_window {
    const struct policy *policy;
    const struct rule *rule;
    const struct window *window;
    bool active;
    struct window_span span; /* of now, or the next; see window_at() */
};

/* What the freeze rules do to an environment at an instant. */
struct freeze_state {
    const struct freeze_window *windows; /* in the order of the rule files */
    size_t count;
    bool frozen;         /* by the rules whose mode is deny */
    int64_t next_change; /* of frozen; WINDOW_NEVER when none comes within ten years */
};

/* The freeze rules that may hold in an environment: those that name it, and those of policies that
 * name none and speak of namespaces of it. environment NULL: those of policies that name none.
 * *out lives in arena. Returns 0, or -1 when memory is out. Any thread. */
int freezes_at(const struct policy_set *set, const struct environment *environment, int64_t at,
               struct arena *arena, struct freeze_state *out);

#endif
