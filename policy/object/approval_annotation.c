#include "policy/object/approval_annotation.h"

#include "base/arena.h"
#include "base/time/timefmt.h"
#include "policy/object/annotation_text.h"

int approval_annotation_parse(struct view text, struct approval_annotation *out)
{
    struct annotation_text s;

    if (annotation_text_parse(text, " until ", &s) < 0 || s.rest.n > 0)
        return -1;
    *out = (struct approval_annotation){.hash = s.hash, .by = s.by, .until = s.time};
    return 0;
}

struct view approval_annotation_print(const struct approval_annotation *grant, struct arena *arena)
{
    char until[TIMEFMT_ROOM];

    return arena_printf(arena, "%.*s by %.*s until %s", VIEW_ARGS(grant->hash),
                        VIEW_ARGS(grant->by), timefmt_rfc3339(grant->until, NULL, until));
}
