#include "cel/syntax/token.h"

#include <stdbool.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_hex(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* The byte at i, NUL behind the end. */
static char byte_at(struct view v, size_t i)
{
    return i < v.n ? v.p[i] : '\0';
}

static size_t skip_blanks(struct view v, size_t i)
{
    while (i < v.n) {
        if (strchr(" \t\r\n\f", v.p[i]) && v.p[i])
            i++;
        else if (v.p[i] == '/' && byte_at(v, i + 1) == '/')
            while (i < v.n && v.p[i] != '\n')
                i++;
        else
            break;
    }
    return i;
}

static size_t skip_digits(struct view v, size_t i)
{
    while (is_digit(byte_at(v, i)))
        i++;
    return i;
}

static struct cel_token token(enum cel_token_kind kind, struct view v, size_t from, size_t to)
{
    return (struct cel_token){kind, (uint32_t)from, {v.p + from, to - from}, NULL};
}

static struct cel_token wrong(struct view v, size_t at, const char *why)
{
    return (struct cel_token){CEL_WRONG, (uint32_t)at, {v.p + at, v.n - at}, why};
}

/* The end of an exponent at i, or i when there is none. */
static size_t skip_exponent(struct view v, size_t i)
{
    size_t digits = i + 1;

    if (byte_at(v, i) != 'e' && byte_at(v, i) != 'E')
        return i;
    if (byte_at(v, digits) == '+' || byte_at(v, digits) == '-')
        digits++;
    return is_digit(byte_at(v, digits)) ? skip_digits(v, digits) : i;
}

static struct cel_token whole_number(struct view v, size_t from, size_t end)
{
    if (byte_at(v, end) == 'u' || byte_at(v, end) == 'U')
        return token(CEL_NUMBER_UINT, v, from, end + 1);
    return token(CEL_NUMBER, v, from, end);
}

static struct cel_token number(struct view v, size_t from)
{
    size_t whole, end;

    if (v.p[from] == '0' && byte_at(v, from + 1) == 'x' && is_hex(byte_at(v, from + 2))) {
        for (end = from + 2; is_hex(byte_at(v, end)); end++)
            ;
        return whole_number(v, from, end);
    }
    whole = end = skip_digits(v, from);
    if (byte_at(v, end) == '.' && is_digit(byte_at(v, end + 1)))
        end = skip_digits(v, end + 1);
    end = skip_exponent(v, end);
    return end == whole ? whole_number(v, from, end) : token(CEL_NUMBER_REAL, v, from, end);
}

/* A string whose quote is at `quote`, its prefix at `from`. */
static struct cel_token text(struct view v, size_t from, size_t quote, bool raw, bool bytes)
{
    char q = v.p[quote];
    size_t width = byte_at(v, quote + 1) == q && byte_at(v, quote + 2) == q ? 3 : 1;

    for (size_t i = quote + width; i < v.n; i++) {
        char c = v.p[i];

        if (c == '\\' && !raw) {
            i++;
        } else if (width == 1 && (c == '\n' || c == '\r')) {
            break;
        } else if (c == q && (width == 1 || (byte_at(v, i + 1) == q && byte_at(v, i + 2) == q))) {
            return token(bytes ? CEL_TEXT_BYTES : CEL_TEXT, v, from, i + width);
        }
    }
    return wrong(v, from, "the string has no end");
}

/* A string with a prefix (r, b, rb, br in any case), or CEL_END when none begins here. */
static struct cel_token prefixed_text(struct view v, size_t from)
{
    bool raw = false, bytes = false;
    size_t i = from;

    if (v.p[i] == 'b' || v.p[i] == 'B') {
        bytes = true;
        i++;
    }
    if (byte_at(v, i) == 'r' || byte_at(v, i) == 'R') {
        raw = true;
        i++;
    }
    if (byte_at(v, i) != '"' && byte_at(v, i) != '\'')
        return token(CEL_END, v, from, from);
    return text(v, from, i, raw, bytes);
}

static struct cel_token quoted_name(struct view v, size_t from)
{
    size_t i = from + 1;

    while (is_letter(byte_at(v, i)) || is_digit(byte_at(v, i)) ||
           (byte_at(v, i) && strchr(".-/ ", v.p[i])))
        i++;
    if (byte_at(v, i) != '`' || i == from + 1)
        return wrong(v, from, "a name in `back quotes` has letters, digits and _ . - / only");
    return token(CEL_QUOTED_NAME, v, from, i + 1);
}

static struct cel_token name(struct view v, size_t from)
{
    static const struct {
        const char *word;
        enum cel_token_kind kind;
    } words[] = {{"true", CEL_TRUE}, {"false", CEL_FALSE}, {"null", CEL_NULL_WORD}, {"in", CEL_IN}};
    size_t end = from;

    while (is_letter(byte_at(v, end)) || is_digit(byte_at(v, end)))
        end++;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (view_eq_str((struct view){v.p + from, end - from}, words[i].word))
            return token(words[i].kind, v, from, end);
    return token(CEL_NAME, v, from, end);
}

static struct cel_token symbol(struct view v, size_t from)
{
    static const struct {
        char text[3];
        enum cel_token_kind kind;
    } symbols[] = {{"==", CEL_EQ},  {"!=", CEL_NE}, {"<=", CEL_LE}, {">=", CEL_GE},
                   {"&&", CEL_AND}, {"||", CEL_OR}, {"<", CEL_LT},  {">", CEL_GT}};

    for (size_t i = 0; i < sizeof(symbols) / sizeof(symbols[0]); i++) {
        size_t n = strlen(symbols[i].text);

        if (v.n - from >= n && memcmp(v.p + from, symbols[i].text, n) == 0)
            return token(symbols[i].kind, v, from, from + n);
    }
    if (v.p[from] && strchr("[]{}().,-!?:+*/%", v.p[from]))
        return token(CEL_PUNCTUATION, v, from, from + 1);
    return wrong(v, from, NULL);
}

struct cel_token cel_token_at(struct view v, size_t at)
{
    size_t i = skip_blanks(v, at);
    struct cel_token t;
    char c;

    if (i >= v.n)
        return token(CEL_END, v, v.n, v.n);
    c = v.p[i];
    if (is_digit(c) || (c == '.' && is_digit(byte_at(v, i + 1))))
        return number(v, i);
    if (c == '`')
        return quoted_name(v, i);
    t = prefixed_text(v, i);
    if (t.kind != CEL_END)
        return t;
    return is_letter(c) ? name(v, i) : symbol(v, i);
}
