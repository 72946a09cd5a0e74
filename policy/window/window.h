#ifndef TG_POLICY_WINDOW_WINDOW_H
#define TG_POLICY_WINDOW_WINDOW_H

#include "base/time/cron.h"
#include "base/view.h"
#include "policy/schema/schema.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct diags;
struct node;
struct zone;
struct zone_set;

/* An instant that does not come. */
#define WINDOW_NEVER INT64_MAX

/* A window of time: again and again by a schedule, or once. The start is inside, the end outside.
 * Const once compiled; any thread. The semantics follow Argo CD's sync windows
 * (https://argo-cd.readthedocs.io/en/stable/user-guide/sync_windows/) but for daylight saving
 * (base/time/cron.h) and the edges. */
struct window {
    bool allow; /* deploys are allowed in it (and only in such), else denied */
    bool once;
    const struct zone *zone;
    struct view schedule; /* as written */
    struct cron cron;
    int64_t duration; /* elapsed seconds; or 0, and then: */
    int64_t until;    /* the end on the clock, seconds from midnight */
    bool drifts;      /* its end on the clock is another where clocks are set (window_find_drift) */
    int64_t from, to; /* of a window that is there once */
};

struct window_span {
    int64_t from, to;
};

/* The keys of a window in a rule file. */
extern const struct schema_field window_fields[];

/* Compiles a map that was held against window_fields into *out. zone holds where the map names
 * none; it may be NULL. Returns 0, or -1 after an error in diags; what is probably not meant is a
 * warning there. Views in *out are of the node. One thread. */
int window_compile(const struct node *node, struct zone_set *zones, const struct zone *zone,
                   struct diags *diags, struct window *out);

/* The end of the period with that start of its schedule. */
int64_t window_end(const struct window *w, const struct cron_start *start);

/* True inside the window. */
bool window_active(const struct window *w, int64_t at);

/* True inside the window, with *span all of it: periods that overlap or touch are one. Else false,
 * with *span the next period, whose ends are WINDOW_NEVER when there is none. A period of more than
 * LIMIT_WINDOW_STEPS starts is cut there. */
bool window_at(const struct window *w, int64_t at, struct window_span *span);

/* True when a duration brings the window to another time of the clock than its start lets expect,
 * because the zone sets its clocks in between: "0 15 * * 5" for 65h in Paris, never in UTC. */
bool window_find_drift(const struct window *w);

/* Appends windows that are the same but where clocks are set, and end by the clock there, as a rule
 * file has them. False, and nothing is appended, for schedules on other than days of the week. */
bool window_clock_spelling(const struct window *w, struct buf *out);

/* Warns of a window that drifts, whose map is node, with the next early and the next late end after
 * an instant. */
void window_warn_of_drift(const struct window *w, const struct node *node, int64_t now,
                          struct diags *diags);

/* Appends what people call it: "Mon-Fri 08:00-18:00", "daily 02:00-04:00", "24 Dec 2026 to 2 Jan
 * 2027", else the schedule itself; then its zone. One that drifts has no end on the clock: "Fri
 * 15:00 for 65h". */
void window_text(const struct window *w, struct buf *out);

#endif
