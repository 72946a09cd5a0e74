#include "base/letters.h"

#include <stdint.h>

/* What nobody can see or read by itself, beyond ASCII. */
static const struct range {
    uint32_t first, last;
} unseen[] = {
    {0x80, 0xA0},       /* C1 controls, no-break space */
    {0xAD, 0xAD},       /* soft hyphen */
    {0x300, 0x36F},     /* combining marks */
    {0x61C, 0x61C},     /* Arabic letter mark */
    {0x115F, 0x1160},   /* Hangul fillers */
    {0x1680, 0x1680},   /* Ogham space */
    {0x17B4, 0x17B5},   /* Khmer inherent vowels */
    {0x180B, 0x180F},   /* Mongolian variation selectors, vowel separator */
    {0x2000, 0x206F},   /* General Punctuation: spaces, joiners, directions */
    {0x20D0, 0x20FF},   /* combining marks for symbols */
    {0x2800, 0x2800},   /* Braille blank */
    {0x3000, 0x3000},   /* ideographic space */
    {0x3164, 0x3164},   /* Hangul filler */
    {0xD800, 0xF8FF},   /* surrogates, private use */
    {0xFE00, 0xFE0F},   /* variation selectors */
    {0xFE20, 0xFE2F},   /* combining half marks */
    {0xFEFF, 0xFEFF},   /* byte order mark */
    {0xFFA0, 0xFFA0},   /* halfwidth Hangul filler */
    {0xFFF0, 0xFFFF},   /* specials */
    {0x1BCA0, 0x1BCA3}, /* shorthand format controls */
    {0x1D159, 0x1D159}, /* musical null notehead */
    {0x1D173, 0x1D17A}, /* musical format controls */
    {0xE0000, 0x1FFFFF} /* tags, variation selectors, private use */
};

static bool is_ascii_letter(unsigned char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* How many bytes follow the first of a sequence, and the bits that it holds itself; -1: none. */
static int tail_of(unsigned char first, uint32_t *bits)
{
    if (first >= 0xC2 && first <= 0xDF) {
        *bits = first & 0x1F;
        return 1;
    }
    if (first >= 0xE0 && first <= 0xEF) {
        *bits = first & 0x0F;
        return 2;
    }
    if (first >= 0xF0 && first <= 0xF4) {
        *bits = first & 0x07;
        return 3;
    }
    return -1;
}

/* The character that begins at *at, which moves past it; 0 when there is no UTF-8. */
static uint32_t next(struct view text, size_t *at)
{
    uint32_t code = 0;
    int tail = tail_of((unsigned char)text.p[(*at)++], &code);

    for (; tail > 0; tail--) {
        if (*at == text.n || ((unsigned char)text.p[*at] & 0xC0) != 0x80)
            return 0;
        code = code << 6 | ((unsigned char)text.p[(*at)++] & 0x3F);
    }
    return tail < 0 ? 0 : code;
}

/* An encoding that is longer than it need be comes out below 0x80. */
static bool can_be_seen(uint32_t code)
{
    for (size_t i = 0; i < sizeof(unseen) / sizeof(unseen[0]); i++)
        if (code >= unseen[i].first && code <= unseen[i].last)
            return false;
    return code >= 0x80;
}

bool letters_any(struct view text)
{
    for (size_t at = 0; at < text.n;) {
        unsigned char c = (unsigned char)text.p[at];

        if (c < 0x80 ? (at++, is_ascii_letter(c)) : can_be_seen(next(text, &at)))
            return true;
    }
    return false;
}
