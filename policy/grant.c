#include "policy/grant.h"

#include "base/arena.h"
#include "base/timefmt.h"

enum { HASH_DIGITS = 64 };

static int is_hash(struct view text)
{
    for (size_t i = 0; i < text.n; i++)
        if (!((text.p[i] >= '0' && text.p[i] <= '9') || (text.p[i] >= 'a' && text.p[i] <= 'f')))
            return 0;
    return text.n == HASH_DIGITS;
}

/* A user name may hold anything, blanks too: the hash ends at the first " by ", the time begins
 * after the last " until ". */
int grant_parse(struct view text, struct grant *out)
{
    static const char by[] = " by ", until[] = " until ";
    struct grant grant = {.hash = view_first(text, HASH_DIGITS)};
    struct view rest = view_from(text, HASH_DIGITS);
    ptrdiff_t last_blank = view_rfind(rest, ' ');
    size_t name_end;

    if (!is_hash(grant.hash) || !view_starts(rest, by) || last_blank < 0)
        return -1;
    if (!view_ends(view_first(rest, (size_t)last_blank + 1), until))
        return -1;
    name_end = (size_t)last_blank + 1 - (sizeof(until) - 1);
    if (name_end <= sizeof(by) - 1)
        return -1;
    grant.by = view_from(view_first(rest, name_end), sizeof(by) - 1);
    if (timefmt_parse(view_from(rest, (size_t)last_blank + 1), &grant.until) < 0)
        return -1;
    *out = grant;
    return 0;
}

struct view grant_print(const struct grant *grant, struct arena *arena)
{
    char until[TIMEFMT_ROOM];

    return arena_printf(arena, "%.*s by %.*s until %s", VIEW_ARGS(grant->hash),
                        VIEW_ARGS(grant->by), timefmt_rfc3339(grant->until, NULL, until));
}
