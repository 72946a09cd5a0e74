#include "base/text/base64.h"

#include "base/arena.h"
#include "base/buf.h"

#include <stdint.h>

static int digit(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* What has been read of a text. */
struct decoder {
    char *out;
    size_t n;         /* bytes written */
    uint32_t group;   /* bits of the group that is being read */
    unsigned digits;  /* in that group, padding included */
    unsigned padding; /* of it */
};

static void end_group(struct decoder *d)
{
    for (unsigned i = 0; i < 3 - d->padding; i++)
        d->out[d->n++] = (char)(d->group >> (16 - 8 * i) & 0xFF);
    d->group = 0;
    d->digits = 0;
}

static int take(struct decoder *d, char c)
{
    int value = digit(c);

    if (c == '=') {
        if (d->digits < 2)
            return -1;
        d->padding++;
        value = 0;
    } else if (value < 0 || d->padding > 0) {
        return -1;
    }
    d->group = d->group << 6 | (uint32_t)value;
    if (++d->digits == 4)
        end_group(d);
    return 0;
}

struct view base64_decode(struct view text, struct arena *arena)
{
    struct decoder d = {.out = arena_alloc(arena, text.n / 4 * 3 + 1)};

    if (!d.out)
        return (struct view){NULL, 0};
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] != '\n' && text.p[i] != '\r' && take(&d, text.p[i]) < 0)
            return (struct view){NULL, 0};
    if (d.digits != 0)
        return (struct view){NULL, 0};
    return (struct view){d.out, d.n};
}

/* One to three bytes as four characters. */
static void add_group(const unsigned char *p, size_t n, struct buf *out)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint32_t group = (uint32_t)p[0] << 16 | (n > 1 ? (uint32_t)p[1] << 8 : 0) | (n > 2 ? p[2] : 0);
    char text[4] = {digits[group >> 18], digits[group >> 12 & 63], '=', '='};

    if (n > 1)
        text[2] = digits[group >> 6 & 63];
    if (n > 2)
        text[3] = digits[group & 63];
    buf_add(out, (struct view){text, sizeof(text)});
}

void base64_encode(struct view bytes, struct buf *out)
{
    for (size_t i = 0; i < bytes.n; i += 3)
        add_group((const unsigned char *)bytes.p + i, bytes.n - i < 3 ? bytes.n - i : 3, out);
}
