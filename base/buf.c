#include "base/buf.h"

#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void buf_init(struct buf *b, size_t limit)
{
    *b = (struct buf){.limit = limit};
}

void buf_release(struct buf *b)
{
    mem_free(b->p);
    buf_init(b, b->limit);
}

void buf_reset(struct buf *b)
{
    b->n = 0;
    b->failed = false;
    if (b->p)
        b->p[0] = '\0';
}

/* Room for more bytes and a NUL, or failed. */
static bool reserve(struct buf *b, size_t more)
{
    size_t room = b->room ? b->room : 256;
    char *p;

    if (b->failed || more > b->limit - b->n) {
        b->failed = true;
        return false;
    }
    if (b->n + more + 1 <= b->room)
        return true;
    while (room < b->n + more + 1)
        room *= 2;
    p = mem_realloc(b->p, room);
    if (!p) {
        b->failed = true;
        return false;
    }
    b->p = p;
    b->room = room;
    return true;
}

void buf_add(struct buf *b, struct view v)
{
    if (!reserve(b, v.n))
        return;
    if (v.n > 0)
        memcpy(b->p + b->n, v.p, v.n);
    b->n += v.n;
    b->p[b->n] = '\0';
}

void buf_add_str(struct buf *b, const char *s)
{
    buf_add(b, view_of(s));
}

void buf_add_char(struct buf *b, char c)
{
    buf_add(b, (struct view){&c, 1});
}

void buf_add_uint(struct buf *b, uint64_t n, unsigned digits)
{
    char text[20];
    size_t at = sizeof(text);

    do {
        text[--at] = (char)('0' + n % 10);
        n /= 10;
    } while (at > 0 && (n > 0 || sizeof(text) - at < digits));
    buf_add(b, (struct view){text + at, sizeof(text) - at});
}

/* Formats into the room that is there; what does not fit is formatted again once there is more. */
void buf_printf(struct buf *b, const char *format, ...)
{
    size_t free_room = b->p ? b->room - b->n : 0;
    va_list args;
    int n;

    if (b->failed)
        return;
    va_start(args, format);
    n = vsnprintf(free_room ? b->p + b->n : NULL, free_room, format, args);
    va_end(args);
    if (n < 0 || !reserve(b, (size_t)n)) {
        if (free_room)
            b->p[b->n] = '\0';
        b->failed = true;
        return;
    }
    if ((size_t)n >= free_room) {
        va_start(args, format);
        vsnprintf(b->p + b->n, (size_t)n + 1, format, args);
        va_end(args);
    }
    b->n += (size_t)n;
}

struct view buf_view(const struct buf *b)
{
    return (struct view){b->p ? b->p : "", b->n};
}
