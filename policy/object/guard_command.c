#include "policy/object/guard_command.h"

#include "base/arena.h"
#include "base/time/timefmt.h"
#include "policy/object/annotation_text.h"

int guard_command_parse(struct view text, struct guard_command *out)
{
    struct view reason = {NULL, 0};
    struct annotation_text s;

    if (annotation_text_parse(text, " at ", &s) < 0)
        return -1;
    if (s.rest.n > 0) {
        reason = view_from(s.rest, sizeof(": ") - 1);
        if (reason.n == 0)
            return -1;
    }
    *out = (struct guard_command){.hash = s.hash, .by = s.by, .at = s.time, .reason = reason};
    return 0;
}

struct view guard_command_print(const struct guard_command *order, struct arena *arena)
{
    char at[TIMEFMT_ROOM];

    return arena_printf(arena, "%.*s by %.*s at %s%s%.*s", VIEW_ARGS(order->hash),
                        VIEW_ARGS(order->by), timefmt_rfc3339(order->at, NULL, at),
                        order->reason.n > 0 ? ": " : "", VIEW_ARGS(order->reason));
}
