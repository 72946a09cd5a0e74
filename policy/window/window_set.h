#ifndef TG_POLICY_WINDOW_WINDOW_SET_H
#define TG_POLICY_WINDOW_WINDOW_SET_H

#include "policy/window/window.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The windows of one freeze. Deny beats allow; where any allow window is there, all time outside
 * such windows is closed. Const; any thread. */
struct window_set {
    const struct window *windows;
    size_t count;
};

/* True when deploys are denied. *by is the deny window that is active, the last to end of several;
 * or NULL, when no allow window is. by may be NULL. */
bool window_set_closed(const struct window_set *set, int64_t at, const struct window **by);

/* The first instant at or after `at` at which deploys are open (closed). WINDOW_NEVER when that
 * does not come within ten years, or not within LIMIT_WINDOW_STEPS windows. */
int64_t window_set_opens(const struct window_set *set, int64_t at);
int64_t window_set_closes(const struct window_set *set, int64_t at);

/* Of several sets, all of which must be open: the first instant after `at` at which it changes
 * whether deploys are open; WINDOW_NEVER as above. */
int64_t window_sets_change(const struct window_set *const *sets, size_t count, int64_t at);

/* A deny window of the set that closes nothing, because no allow window (of which there is one) is
 * ever open in it; NULL when there is none. Looks at eight years; windows without a schedule are
 * left out. */
const struct window *window_set_pointless(const struct window_set *set);

/* True when its windows, all of which come again, never leave deploys open. */
bool window_set_never_opens(const struct window_set *set);

#endif
