#include "cel/syntax/literal.h"

#include "base/arena.h"
#include "base/text/float_text.h"
#include "base/text/utf8.h"

/* --- numbers ---------------------------------------------------------------------------------- */

static int digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The number that digits, or 0x and digits, stand for; false when it is more than most. */
static bool read_whole(struct view text, uint64_t most, uint64_t *out)
{
    bool hex = text.n > 2 && text.p[1] == 'x';
    uint64_t base = hex ? 16 : 10, sum = 0;

    for (size_t i = hex ? 2 : 0; i < text.n; i++) {
        uint64_t digit = (uint64_t)digit_of(text.p[i]);

        if (sum > (most - digit) / base)
            return false;
        sum = sum * base + digit;
    }
    *out = sum;
    return true;
}

static int read_int(struct view text, bool minus, struct cel_value *value,
                    struct parse_error *error)
{
    uint64_t size;

    if (!read_whole(text, (uint64_t)INT64_MAX + minus, &size))
        return parse_error_set(error, 0, "it is out of the range of int, -2^63 to 2^63-1");
    *value = cel_int(minus ? (int64_t)(0 - size) : (int64_t)size);
    return 0;
}

static int read_uint(struct view text, struct cel_value *value, struct parse_error *error)
{
    uint64_t size;

    if (!read_whole(view_first(text, text.n - 1), UINT64_MAX, &size))
        return parse_error_set(error, 0, "it is out of the range of uint, 0 to 2^64-1");
    *value = cel_uint(size);
    return 0;
}

static int read_real(struct view text, bool minus, struct cel_value *value,
                     struct parse_error *error)
{
    double d;

    if (!float_text_parse(text, &d))
        return parse_error_set(error, 0, "it is out of the range of double");
    *value = cel_double(minus ? -d : d);
    return 0;
}

/* --- strings ---------------------------------------------------------------------------------- */

struct unescape {
    struct view text; /* between the quotes */
    size_t at;
    bool bytes;
    char *out;
    size_t n;
    struct parse_error *error;
};

static int put_rune(struct unescape *u, size_t at, uint32_t rune)
{
    if (u->bytes) {
        u->out[u->n++] = (char)rune;
        return 0;
    }
    if (rune > 0x10ffff || (rune >= 0xd800 && rune <= 0xdfff))
        return parse_error_set(u->error, at, "the escape is not a character of Unicode");
    u->n += utf8_put(rune, u->out + u->n);
    return 0;
}

/* `count` digits of base 16 or 8 at u->at. */
static int put_code(struct unescape *u, size_t at, unsigned count, int base)
{
    uint32_t rune = 0;

    for (unsigned i = 0; i < count; i++, u->at++) {
        int digit = u->at < u->text.n ? digit_of(u->text.p[u->at]) : -1;

        if (digit < 0 || digit >= base)
            return parse_error_set(u->error, at, "the escape has %u digits", count);
        rune = rune * (uint32_t)base + (uint32_t)digit;
    }
    return put_rune(u, at, rune);
}

/* The escape whose backslash is at u->at. */
static int put_escape(struct unescape *u)
{
    static const char names[] = "abfnrtv\\'\"`?", chars[] = "\a\b\f\n\r\t\v\\'\"`?";
    size_t at = u->at;
    char c = at + 1 < u->text.n ? u->text.p[at + 1] : '\0';
    const char *name = c ? strchr(names, c) : NULL;

    u->at += 2;
    if (name) {
        u->out[u->n++] = chars[name - names];
        return 0;
    }
    if (c == 'x' || c == 'X')
        return put_code(u, at, 2, 16);
    if ((c == 'u' || c == 'U') && !u->bytes)
        return put_code(u, at, c == 'u' ? 4 : 8, 16);
    if (c >= '0' && c <= '3') {
        u->at--;
        return put_code(u, at, 3, 8);
    }
    return parse_error_set(u->error, at, "\"\\%c\" is not an escape", c);
}

static int unescape(struct unescape *u)
{
    while (u->at < u->text.n)
        if (u->text.p[u->at] != '\\')
            u->out[u->n++] = u->text.p[u->at++];
        else if (put_escape(u) < 0)
            return -1;
    return 0;
}

/* An escape is never shorter than what it stands for. */
static int read_text(const struct cel_token *token, struct arena *arena, struct cel_value *value,
                     struct parse_error *error)
{
    bool bytes = token->kind == CEL_TEXT_BYTES;
    struct view text = view_from(token->text, bytes);
    bool raw = text.p[0] == 'r' || text.p[0] == 'R';
    size_t width, skipped;
    struct unescape u = {.bytes = bytes, .error = error};

    text = view_from(text, raw);
    width = text.n >= 6 && text.p[1] == text.p[0] && text.p[2] == text.p[0] ? 3 : 1;
    skipped = token->text.n - text.n + width;
    text = (struct view){text.p + width, text.n - 2 * width};
    if (!raw && view_find(text, '\\') >= 0) {
        u.text = text;
        u.out = arena_alloc(arena, text.n + 1);
        if (!u.out)
            return parse_error_set(error, 0, "memory is out");
        if (unescape(&u) < 0) {
            error->at += skipped;
            return -1;
        }
        text = (struct view){u.out, u.n};
    }
    *value = bytes ? cel_bytes(text) : cel_string(text);
    return 0;
}

int cel_literal(const struct cel_token *token, bool minus, struct arena *arena,
                struct cel_value *value, struct parse_error *error)
{
    if (token->kind == CEL_NUMBER)
        return read_int(token->text, minus, value, error);
    if (token->kind == CEL_NUMBER_UINT)
        return read_uint(token->text, value, error);
    if (token->kind == CEL_NUMBER_REAL)
        return read_real(token->text, minus, value, error);
    if (token->kind == CEL_TEXT || token->kind == CEL_TEXT_BYTES)
        return read_text(token, arena, value, error);
    *value = token->kind == CEL_NULL_WORD ? cel_null() : cel_bool(token->kind == CEL_TRUE);
    return 0;
}
