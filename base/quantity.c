#include "base/quantity.h"

#include "base/flaw.h"
#include "base/limits.h"

#include <stdint.h>
#include <string.h>

__extension__ typedef unsigned __int128 magnitude;

enum { NANO_DIGITS = 9, NANO = 1000000000 };

static const magnitude MOST = (magnitude)INT64_MAX * NANO;

struct suffix {
    char text[3];
    enum quantity_form form;
    int ten; /* the unit is 10^ten * 2^two */
    int two;
};

/* The decimal ones by rising exponent, then the binary ones: printing counts on both. */
static const struct suffix suffixes[] = {
    {"n", QUANTITY_DECIMAL, -9, 0}, {"u", QUANTITY_DECIMAL, -6, 0}, {"m", QUANTITY_DECIMAL, -3, 0},
    {"", QUANTITY_DECIMAL, 0, 0},   {"k", QUANTITY_DECIMAL, 3, 0},  {"M", QUANTITY_DECIMAL, 6, 0},
    {"G", QUANTITY_DECIMAL, 9, 0},  {"T", QUANTITY_DECIMAL, 12, 0}, {"P", QUANTITY_DECIMAL, 15, 0},
    {"E", QUANTITY_DECIMAL, 18, 0}, {"Ki", QUANTITY_BINARY, 0, 10}, {"Mi", QUANTITY_BINARY, 0, 20},
    {"Gi", QUANTITY_BINARY, 0, 30}, {"Ti", QUANTITY_BINARY, 0, 40}, {"Pi", QUANTITY_BINARY, 0, 50},
    {"Ei", QUANTITY_BINARY, 0, 60},
};

enum { SUFFIXES = sizeof(suffixes) / sizeof(suffixes[0]), BINARY_SUFFIXES = 10 };

/* --- reading -------------------------------------------------------------------------------- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static struct view take_digits(struct view *rest)
{
    struct view digits = {rest->p, 0};

    while (digits.n < rest->n && is_digit(rest->p[digits.n]))
        digits.n++;
    *rest = view_from(*rest, digits.n);
    return digits;
}

/* e3, E-6: rest is what follows the letter. */
static int read_exponent(struct view rest, int *exponent)
{
    bool negative = rest.n > 0 && rest.p[0] == '-';
    struct view digits;
    int value = 0;

    if (rest.n > 0 && (rest.p[0] == '-' || rest.p[0] == '+'))
        rest = view_from(rest, 1);
    digits = take_digits(&rest);
    if (digits.n == 0 || digits.n > 3 || rest.n > 0)
        return -1;
    for (size_t i = 0; i < digits.n; i++)
        value = value * 10 + (digits.p[i] - '0');
    *exponent = negative ? -value : value;
    return 0;
}

static int read_suffix(struct view text, struct suffix *out)
{
    for (size_t i = 0; i < SUFFIXES; i++) {
        if (view_eq_str(text, suffixes[i].text)) {
            *out = suffixes[i];
            return 0;
        }
    }
    *out = (struct suffix){.form = QUANTITY_EXPONENT};
    if (text.p[0] != 'e' && text.p[0] != 'E')
        return -1;
    return read_exponent(view_from(text, 1), &out->ten);
}

/* Multiplies the number that n decimal digits spell by 2^two (at most 2^60), in place; returns what
 * is carried out at the top. */
static uint64_t shift_digits(unsigned char *digits, size_t n, int two)
{
    uint64_t carry = 0;

    for (size_t i = n; i > 0; i--) {
        uint64_t product = ((uint64_t)digits[i - 1] << two) + carry;

        digits[i - 1] = (unsigned char)(product % 10);
        carry = product / 10;
    }
    return carry;
}

/* The digits of a number with its decimal point before digit `point` (which may lie outside), and
 * `above` whole units more than they spell at their top, in nano units, rounded up and capped. */
static magnitude to_nano(const unsigned char *digits, size_t n, int point, uint64_t above)
{
    magnitude nano = above;
    int end = point + NANO_DIGITS;

    for (int i = 0; i < end && nano <= MOST; i++)
        nano = nano * 10 + ((size_t)i < n ? digits[i] : 0);
    for (size_t i = end > 0 ? (size_t)end : 0; i < n; i++) {
        if (digits[i] != 0) {
            nano++;
            break;
        }
    }
    return nano < MOST ? nano : MOST;
}

static magnitude evaluate(struct view whole, struct view fraction, const struct suffix *suffix)
{
    unsigned char digits[LIMIT_QUANTITY];
    size_t n = 0;
    uint64_t above;

    for (size_t i = 0; i < whole.n; i++)
        digits[n++] = (unsigned char)(whole.p[i] - '0');
    for (size_t i = 0; i < fraction.n; i++)
        digits[n++] = (unsigned char)(fraction.p[i] - '0');
    above = shift_digits(digits, n, suffix->two);
    return to_nano(digits, n, (int)whole.n + suffix->ten, above);
}

int quantity_parse(struct view text, struct quantity *out, struct flaw *flaw)
{
    struct view rest = text, whole, fraction = {NULL, 0};
    struct suffix suffix;
    magnitude amount;
    bool negative;

    if (text.n == 0)
        return flaw_set(flaw, 0, "it is empty");
    if (text.n > LIMIT_QUANTITY)
        return flaw_set(flaw, LIMIT_QUANTITY, "it is longer than %d bytes", LIMIT_QUANTITY);
    negative = text.p[0] == '-';
    if (text.p[0] == '-' || text.p[0] == '+')
        rest = view_from(rest, 1);
    whole = take_digits(&rest);
    if (rest.n > 0 && rest.p[0] == '.') {
        rest = view_from(rest, 1);
        fraction = take_digits(&rest);
    }
    if (whole.n + fraction.n == 0)
        return flaw_set(flaw, 0, "it does not begin with a number");
    if (read_suffix(rest, &suffix) < 0)
        return flaw_set(flaw, text.n - rest.n,
                        "unknown suffix \"%.*s\"; known are n u m k M G T P E, "
                        "Ki Mi Gi Ti Pi Ei and exponents such as e3",
                        VIEW_ARGS(rest));
    amount = evaluate(whole, fraction, &suffix);
    /* A binary amount below one is shown as a decimal one: it has no binary suffix. */
    if (suffix.form == QUANTITY_BINARY && amount > 0 && amount < NANO)
        suffix.form = QUANTITY_DECIMAL;
    out->nano = negative ? -(quantity_nano)amount : (quantity_nano)amount;
    out->form = suffix.form;
    return 0;
}

/* --- comparing ------------------------------------------------------------------------------ */

int quantity_cmp(struct quantity a, struct quantity b)
{
    return (a.nano > b.nano) - (a.nano < b.nano);
}

bool quantity_within(struct quantity limit, struct quantity ratio, struct quantity request)
{
    quantity_nano bound;

    /* An amount is at most 2^93 nano units: only the product of two can overflow, and is then
     * farther from zero than any limit. */
    if (__builtin_mul_overflow(ratio.nano, request.nano, &bound))
        return (ratio.nano < 0) == (request.nano < 0);
    return limit.nano * NANO <= bound;
}

/* --- printing ------------------------------------------------------------------------------- */

/* A text that is written from its end towards its beginning. */
struct backwards {
    char *first;
};

static void put(struct backwards *to, char c)
{
    *--to->first = c;
}

static void put_text(struct backwards *to, const char *s)
{
    for (size_t n = strlen(s); n > 0; n--)
        put(to, s[n - 1]);
}

static void put_number(struct backwards *to, magnitude value)
{
    do {
        put(to, (char)('0' + (int)(value % 10)));
        value /= 10;
    } while (value > 0);
}

static void put_exponent(struct backwards *to, int exponent)
{
    if (exponent == 0)
        return;
    put_number(to, (magnitude)(exponent < 0 ? -exponent : exponent));
    if (exponent < 0)
        put(to, '-');
    put(to, 'e');
}

static void put_decimal(struct backwards *to, magnitude nano, enum quantity_form form)
{
    int exponent = -NANO_DIGITS;

    for (; nano % 1000 == 0; nano /= 1000)
        exponent += 3;
    if (form == QUANTITY_EXPONENT)
        put_exponent(to, exponent);
    else
        put_text(to, suffixes[(exponent + NANO_DIGITS) / 3].text);
    put_number(to, nano);
}

static void put_binary(struct backwards *to, magnitude units)
{
    int power = 0;

    for (; units % 1024 == 0; units /= 1024)
        power++;
    if (power > 0)
        put_text(to, suffixes[BINARY_SUFFIXES + power - 1].text);
    put_number(to, units);
}

struct view quantity_print(struct quantity q, char room[QUANTITY_ROOM])
{
    struct backwards to = {room + QUANTITY_ROOM};
    magnitude nano = (magnitude)(q.nano < 0 ? -q.nano : q.nano);

    put(&to, '\0');
    if (nano == 0)
        put(&to, '0');
    else if (q.form == QUANTITY_BINARY && nano >= (magnitude)1024 * NANO && nano % NANO == 0)
        put_binary(&to, nano / NANO);
    else
        put_decimal(&to, nano, q.form);
    if (q.nano < 0)
        put(&to, '-');
    return (struct view){to.first, (size_t)(room + QUANTITY_ROOM - to.first) - 1};
}
