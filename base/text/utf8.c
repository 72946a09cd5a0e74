#include "base/text/utf8.h"

/* The sequences of more than one byte: RFC 3629, section 4. */
static const struct {
    unsigned char first, last; /* the first byte */
    unsigned char low, high;   /* the second; those after it are 80 to BF */
    unsigned char size;
} forms[] = {
    {0xC2, 0xDF, 0x80, 0xBF, 2}, {0xE0, 0xE0, 0xA0, 0xBF, 3}, {0xE1, 0xEC, 0x80, 0xBF, 3},
    {0xED, 0xED, 0x80, 0x9F, 3}, {0xEE, 0xEF, 0x80, 0xBF, 3}, {0xF0, 0xF0, 0x90, 0xBF, 4},
    {0xF1, 0xF3, 0x80, 0xBF, 4}, {0xF4, 0xF4, 0x80, 0x8F, 4},
};

/* The length of the sequence that begins with u, or 0. */
static size_t sequence(const unsigned char *u, size_t n)
{
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        if (u[0] < forms[i].first || u[0] > forms[i].last)
            continue;
        if (n < forms[i].size || u[1] < forms[i].low || u[1] > forms[i].high)
            return 0;
        for (size_t k = 2; k < forms[i].size; k++)
            if ((u[k] & 0xC0) != 0x80)
                return 0;
        return forms[i].size;
    }
    return 0;
}

uint32_t utf8_decode(struct view text, size_t at, size_t *size)
{
    const unsigned char *u = (const unsigned char *)text.p + at;
    size_t n = u[0] < 0x80 ? 1 : sequence(u, text.n - at);
    uint32_t c;

    *size = n > 0 ? n : 1;
    if (n == 0)
        return UTF8_ERROR;
    if (n == 1)
        return u[0];
    c = u[0] & (0xFFU >> (n + 1));
    for (size_t i = 1; i < n; i++)
        c = c << 6 | (u[i] & 0x3FU);
    return c;
}

size_t utf8_put(uint32_t c, char out[static UTF8_ROOM])
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xC0 | c >> 6);
        out[1] = (char)(0x80 | (c & 0x3F));
        return 2;
    }
    if (c > UTF8_LAST || (c >= 0xD800 && c <= 0xDFFF))
        c = UTF8_ERROR;
    if (c < 0x10000) {
        out[0] = (char)(0xE0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 0x3F));
        out[2] = (char)(0x80 | (c & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 0x3F));
    out[2] = (char)(0x80 | (c >> 6 & 0x3F));
    out[3] = (char)(0x80 | (c & 0x3F));
    return 4;
}

size_t utf8_flaw(struct view text, size_t from)
{
    while (from < text.n) {
        size_t size;

        if (utf8_decode(text, from, &size) == UTF8_ERROR && size == 1)
            break;
        from += size;
    }
    return from;
}

bool utf8_valid(struct view text)
{
    return utf8_flaw(text, 0) == text.n;
}

size_t utf8_count(struct view text)
{
    size_t count = 0;

    for (size_t at = 0; at < text.n; count++)
        utf8_next(text, &at);
    return count;
}
