#include "policy/window/window_set.h"

#include "base/time/civil.h"
#include "policy/limits.h"

enum { TEN_YEARS = 3653, EIGHT_YEARS = 2922 };

/* An instant like any other, so that what a file means does not depend on when it is read. */
#define SOME_JANUARY INT64_C(1704067200)

bool window_set_closed(const struct window_set *set, int64_t at, const struct window **by)
{
    const struct window *last = NULL;
    bool any_allow = false, allowed = false;
    int64_t end = 0;

    for (size_t i = 0; i < set->count; i++) {
        const struct window *w = &set->windows[i];
        struct window_span span;

        any_allow |= w->allow;
        if (w->allow)
            allowed = allowed || window_active(w, at);
        else if (!window_active(w, at))
            continue;
        else if (!by)
            return true;
        else if (window_at(w, at, &span) && span.to > end) {
            end = span.to;
            last = w;
        }
    }
    if (by)
        *by = last;
    return last || (any_allow && !allowed);
}

/* Closed at `at`: the next instant at which that may be over. */
static int64_t next_chance(const struct window_set *set, int64_t at)
{
    int64_t denied_to = 0, allowed_from = WINDOW_NEVER;

    for (size_t i = 0; i < set->count; i++) {
        const struct window *w = &set->windows[i];
        struct window_span span;
        bool active = window_at(w, at, &span);

        if (!w->allow && active && span.to > denied_to)
            denied_to = span.to;
        if (w->allow && !active && span.from < allowed_from)
            allowed_from = span.from;
    }
    return denied_to > 0 ? denied_to : allowed_from;
}

int64_t window_set_opens(const struct window_set *set, int64_t at)
{
    int64_t last = at + TEN_YEARS * (int64_t)CIVIL_DAY;

    for (unsigned i = 0; i < LIMIT_WINDOW_STEPS && at <= last; i++) {
        if (!window_set_closed(set, at, NULL))
            return at;
        at = next_chance(set, at);
    }
    return WINDOW_NEVER;
}

/* Open at `at`: where the next deny window begins, or the allow windows that are open now end. */
static int64_t next_danger(const struct window_set *set, int64_t at)
{
    int64_t denied_from = WINDOW_NEVER, allowed_to = 0;

    for (size_t i = 0; i < set->count; i++) {
        const struct window *w = &set->windows[i];
        struct window_span span;
        bool active = window_at(w, at, &span);

        if (!w->allow && span.from < denied_from)
            denied_from = span.from;
        if (w->allow && active && span.to > allowed_to)
            allowed_to = span.to;
    }
    return allowed_to > 0 && allowed_to < denied_from ? allowed_to : denied_from;
}

int64_t window_set_closes(const struct window_set *set, int64_t at)
{
    int64_t last = at + TEN_YEARS * (int64_t)CIVIL_DAY;

    for (unsigned i = 0; i < LIMIT_WINDOW_STEPS && at <= last; i++) {
        if (window_set_closed(set, at, NULL))
            return at;
        at = next_danger(set, at);
    }
    return WINDOW_NEVER;
}

static int64_t all_open(const struct window_set *const *sets, size_t count, int64_t at)
{
    for (unsigned i = 0; i < LIMIT_WINDOW_STEPS; i++) {
        int64_t open = at;

        for (size_t j = 0; j < count && open != WINDOW_NEVER; j++)
            open = window_set_opens(sets[j], open);
        if (open == at || open == WINDOW_NEVER)
            return open;
        at = open;
    }
    return WINDOW_NEVER;
}

int64_t window_sets_change(const struct window_set *const *sets, size_t count, int64_t at)
{
    int64_t first = WINDOW_NEVER;

    for (size_t i = 0; i < count; i++) {
        int64_t closes = window_set_closes(sets[i], at);

        if (closes == at)
            return all_open(sets, count, at);
        first = closes < first ? closes : first;
    }
    return first;
}

/* True when the deny window and an allow window that comes again ever are open at once. */
static bool ever_meet(const struct window *deny, const struct window *allow)
{
    int64_t at = SOME_JANUARY;
    struct window_span open, closed;

    for (unsigned i = 0; i < LIMIT_WINDOW_STEPS; i++) {
        window_at(allow, at, &open);
        if (open.from > SOME_JANUARY + EIGHT_YEARS * (int64_t)CIVIL_DAY)
            return false;
        if (window_at(deny, open.from, &closed) || closed.from < open.to)
            return true;
        at = open.to;
    }
    return true;
}

const struct window *window_set_pointless(const struct window_set *set)
{
    for (size_t i = 0; i < set->count; i++) {
        const struct window *deny = &set->windows[i];
        bool any_allow = false, meet = false;

        for (size_t j = 0; j < set->count && !deny->allow && !deny->once && !meet; j++) {
            const struct window *allow = &set->windows[j];

            any_allow |= allow->allow;
            meet = allow->allow && (allow->once || ever_meet(deny, allow));
        }
        if (any_allow && !meet)
            return deny;
    }
    return NULL;
}

bool window_set_never_opens(const struct window_set *set)
{
    for (size_t i = 0; i < set->count; i++)
        if (set->windows[i].once)
            return false;
    return window_set_opens(set, SOME_JANUARY) == WINDOW_NEVER;
}
