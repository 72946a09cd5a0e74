#include "base/text/tail.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/text/quote.h"

#define MORE "..."

static struct view last_lines(struct view text, size_t room)
{
    struct view end = view_from(text, text.n - room);
    ptrdiff_t newline = view_find(end, '\n');

    if (text.p[text.n - room - 1] == '\n')
        return end;
    return newline < 0 ? (struct view){NULL, 0} : view_from(end, (size_t)newline + 1);
}

static struct view start_of_last_line(struct view text, size_t room, struct arena *arena)
{
    struct view line = view_from(text, (size_t)(view_rfind(text, '\n') + 1));

    if (room <= sizeof(MORE) - 1)
        return (struct view){NULL, 0};
    line = quote_first(line, room - (sizeof(MORE) - 1));
    return arena_printf(arena, "%.*s" MORE, VIEW_ARGS(line));
}

static struct view cut(struct view text, size_t room, struct arena *arena)
{
    struct view lines;

    if (text.n <= room)
        return arena_copy(arena, text);
    lines = view_trim(last_lines(text, room));
    return lines.n > 0 ? arena_copy(arena, lines) : start_of_last_line(text, room, arena);
}

struct view tail_of(struct view text, size_t room, struct arena *arena)
{
    struct view tail = {NULL, 0};
    struct buf plain;

    buf_init(&plain, 3 * text.n + 1);
    quote_plain(&plain, view_trim(text));
    if (!plain.failed && view_trim(buf_view(&plain)).n > 0)
        tail = cut(view_trim(buf_view(&plain)), room, arena);
    buf_release(&plain);
    return tail;
}
