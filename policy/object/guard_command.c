#include "policy/object/guard_command.h"

#include "base/arena.h"
#include "base/time/timefmt.h"
#include "policy/object/annotation_text.h"

int order_parse(struct view text, struct order *out)
{
    struct view reason = {NULL, 0};
    struct statement s;

    if (statement_parse(text, " at ", &s) < 0)
        return -1;
    if (s.rest.n > 0) {
        reason = view_from(s.rest, sizeof(": ") - 1);
        if (reason.n == 0)
            return -1;
    }
    *out = (struct order){.hash = s.hash, .by = s.by, .at = s.time, .reason = reason};
    return 0;
}

struct view order_print(const struct order *order, struct arena *arena)
{
    char at[TIMEFMT_ROOM];

    return arena_printf(arena, "%.*s by %.*s at %s%s%.*s", VIEW_ARGS(order->hash),
                        VIEW_ARGS(order->by), timefmt_rfc3339(order->at, NULL, at),
                        order->reason.n > 0 ? ": " : "", VIEW_ARGS(order->reason));
}
