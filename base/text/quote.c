#include "base/text/quote.h"

#include "base/buf.h"
#include "base/text/utf8.h"

#include <string.h>

#define REPLACEMENT "\xEF\xBF\xBD"

static bool is_tail(struct view v, size_t at)
{
    return at < v.n && ((unsigned char)v.p[at] & 0xC0) == 0x80;
}

/* The length of the well-formed sequence that begins with the byte at `at`, or 0; *code is its
 * number. */
static size_t sequence(struct view v, size_t at, uint32_t *code)
{
    size_t n;

    *code = utf8_decode(v, at, &n);
    return *code == UTF8_ERROR && n == 1 ? 0 : n;
}

/* True for a character that a reader does not see as it is. Control characters (kubectl and the API
 * server drop a warning that has one), and those that reorder, hide or break the text around them:
 * Unicode's Bidi_Control, and what has no width. */
static bool is_hidden(uint32_t code)
{
    return code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0x61C ||
           (code >= 0x200B && code <= 0x200F) || (code >= 0x2028 && code <= 0x202E) ||
           (code >= 0x2060 && code <= 0x206F) || code == 0xFEFF;
}

static bool is_plain(unsigned char c)
{
    return c >= 0x20 && c != '"' && c != '\\' && c < 0x7F;
}

static size_t plain_run(struct view v, size_t from)
{
    size_t n = 0;

    while (from + n < v.n && is_plain((unsigned char)v.p[from + n]))
        n++;
    return n;
}

static void escape(struct buf *out, unsigned char c)
{
    switch (c) {
    case '"': buf_add_str(out, "\\\""); break;
    case '\\': buf_add_str(out, "\\\\"); break;
    case '\n': buf_add_str(out, "\\n"); break;
    case '\r': buf_add_str(out, "\\r"); break;
    case '\t': buf_add_str(out, "\\t"); break;
    default: buf_printf(out, "\\u%04x", c);
    }
}

static void write_json(struct buf *out, struct view v, bool shown)
{
    uint32_t code;

    buf_add_char(out, '"');
    for (size_t i = 0; i < v.n;) {
        size_t run = plain_run(v, i), n;

        buf_add(out, (struct view){v.p + i, run});
        i += run;
        if (i == v.n)
            break;
        n = sequence(v, i, &code);
        if (n == 0)
            buf_add_str(out, REPLACEMENT);
        else if (code < 0x7F)
            escape(out, (unsigned char)code);
        else if (shown && is_hidden(code))
            buf_printf(out, "\\u%04x", code);
        else
            buf_add(out, (struct view){v.p + i, n});
        i += n > 0 ? n : 1;
    }
    buf_add_char(out, '"');
}

void quote_json(struct buf *out, struct view v)
{
    write_json(out, v, true);
}

void quote_json_as_is(struct buf *out, struct view v)
{
    write_json(out, v, false);
}

static void escape_xml(struct buf *out, unsigned char c)
{
    switch (c) {
    case '&': buf_add_str(out, "&amp;"); break;
    case '<': buf_add_str(out, "&lt;"); break;
    case '>': buf_add_str(out, "&gt;"); break;
    case '"': buf_add_str(out, "&quot;"); break;
    case '\r': buf_add_str(out, "&#13;"); break;
    case '\n':
    case '\t': buf_add_char(out, (char)c); break;
    default:
        if (c < 0x20)
            buf_printf(out, "\\x%02x", c);
        else
            buf_add_char(out, (char)c);
    }
}

void quote_xml(struct buf *out, struct view v)
{
    uint32_t code;

    for (size_t i = 0, n; i<v.n; i += n> 0 ? n : 1) {
        n = sequence(v, i, &code);
        if (n == 0 || code == 0xFFFE || code == 0xFFFF)
            buf_add_str(out, REPLACEMENT);
        else if (n == 1)
            escape_xml(out, (unsigned char)v.p[i]);
        else
            buf_add(out, (struct view){v.p + i, n});
    }
}

void quote_shown(struct buf *out, struct view v)
{
    for (size_t i = 0, n; i < v.n; i += n) {
        uint32_t code;
        struct view character = {v.p + i, sequence(v, i, &code)};

        n = character.n > 0 ? character.n : 1;
        if (character.n == 0 || !is_hidden(code))
            buf_add(out, (struct view){v.p + i, n});
        else if (code == '\n')
            buf_add_str(out, "\\n");
        else
            buf_printf(out, code > 0xFF ? "\\u%04x" : "\\x%02x", code);
    }
}

static void write_plain(struct buf *out, struct view v, bool one_line)
{
    uint32_t code;

    for (size_t i = 0; i < v.n;) {
        struct view character = {v.p + i, sequence(v, i, &code)};

        if (character.n == 0)
            buf_add_str(out, REPLACEMENT);
        else if (is_hidden(code) && (one_line || v.p[i] != '\n'))
            buf_add_char(out, ' ');
        else
            buf_add(out, character);
        i += character.n > 0 ? character.n : 1;
    }
}

void quote_plain(struct buf *out, struct view v)
{
    write_plain(out, v, false);
}

void quote_line(struct buf *out, struct view v)
{
    write_plain(out, v, true);
}

struct view quote_first(struct view v, size_t n)
{
    while (n > 0 && is_tail(v, n))
        n--;
    return view_first(v, n);
}

struct view quote_last(struct view v, size_t n)
{
    size_t from = v.n > n ? v.n - n : 0;

    while (from > 0 && is_tail(v, from))
        from++;
    return view_from(v, from);
}
