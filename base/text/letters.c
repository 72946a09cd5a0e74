#include "base/text/letters.h"

#include "base/text/utf8.h"

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

/* What is not UTF-8 reads as U+FFFD, which is one of the unseen. */
static bool can_be_seen(uint32_t code)
{
    for (size_t i = 0; i < sizeof(unseen) / sizeof(unseen[0]); i++)
        if (code >= unseen[i].first && code <= unseen[i].last)
            return false;
    return true;
}

bool letters_any(struct view text)
{
    for (size_t at = 0; at < text.n;) {
        uint32_t c = utf8_next(text, &at);

        if (c < 0x80 ? is_ascii_letter((unsigned char)c) : can_be_seen(c))
            return true;
    }
    return false;
}
