#include "policy/warnings.h"

#include "base/arena.h"
#include "base/text/quote.h"
#include "policy/limits.h"

int warnings_init(struct warnings *w, struct arena *arena)
{
    *w = (struct warnings){.texts = arena_array(arena, LIMIT_WARNING_COUNT, sizeof(struct view))};
    return w->texts ? 0 : -1;
}

static bool holds(const struct warnings *w, struct view text)
{
    for (size_t i = 0; i < w->count; i++)
        if (view_eq(w->texts[i], text))
            return true;
    return false;
}

int warnings_add(struct warnings *w, struct view text, struct arena *arena)
{
    if (text.n > LIMIT_WARNING)
        text = arena_printf(arena, "%.*s...", VIEW_ARGS(quote_first(text, LIMIT_WARNING - 3)));
    if (!text.p)
        return -1;
    if (w->count == LIMIT_WARNING_COUNT || w->bytes + text.n > LIMIT_WARNINGS || holds(w, text))
        return 0;
    w->texts[w->count++] = text;
    w->bytes += text.n;
    return 0;
}
