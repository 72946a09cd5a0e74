#include "base/quantity.h"

#include "base/limits.h"
#include "base/parse_error.h"

#include <stdint.h>
#include <string.h>

/* 10^-9 is the least amount, 2^63-1 the greatest with a binary suffix. */
enum { NANO_DIGITS = 9 };

#define MOST_BINARY "9223372036854775807"

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

enum { SUFFIXES = sizeof(suffixes) / sizeof(suffixes[0]), BINARY_SUFFIXES = 10, EXA = 18 };

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
    enum { MOST = 999 };
    bool negative = rest.n > 0 && rest.p[0] == '-';
    struct view digits;
    int value = 0;

    if (rest.n > 0 && (rest.p[0] == '-' || rest.p[0] == '+'))
        rest = view_from(rest, 1);
    digits = take_digits(&rest);
    if (digits.n == 0 || rest.n > 0)
        return -1;
    for (size_t i = 0; i < digits.n; i++) {
        value = value * 10 + (digits.p[i] - '0');
        if (value > MOST)
            return -1;
    }
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

/* MB, mib, K: what people write for M or Mi. *binary is false where only the letter was meant. */
static bool nearly_suffix(struct view text, char *letter, bool *binary)
{
    size_t n = 1;

    *letter = text.n > 0 ? text.p[0] : '\0';
    if (*letter >= 'a' && *letter <= 'z')
        *letter = (char)(*letter - 'a' + 'A');
    if (*letter == '\0' || !strchr("KMGTPE", *letter))
        return false;
    *binary = n < text.n && (text.p[n] == 'i' || text.p[n] == 'I');
    n += *binary;
    n += n < text.n && (text.p[n] == 'b' || text.p[n] == 'B');
    return n == text.n;
}

/* Always returns -1. */
static int refuse_suffix(struct view text, struct view suffix, struct parse_error *parse_error)
{
    struct view number = view_first(text, text.n - suffix.n), near = view_trim(suffix);
    struct suffix known;
    char letter;
    bool binary;

    parse_error_set(parse_error, number.n, "unknown suffix \"%.*s\"", VIEW_ARGS(suffix));
    if (near.n < suffix.n && read_suffix(near, &known) == 0)
        return parse_error_hint(parse_error, "write \"%.*s%.*s\", without a blank",
                                VIEW_ARGS(number), VIEW_ARGS(near));
    if (view_eq_str(near, "B"))
        return parse_error_hint(parse_error, "did you mean \"%.*s\"?", VIEW_ARGS(number));
    if (!nearly_suffix(near, &letter, &binary))
        return parse_error_set(parse_error, number.n,
                               "unknown suffix \"%.*s\"; known are n u m k M G T P E, "
                               "Ki Mi Gi Ti Pi Ei and exponents from e-999 to e999",
                               VIEW_ARGS(suffix));
    if (binary)
        return parse_error_hint(parse_error, "did you mean \"%.*s%ci\"?", VIEW_ARGS(number),
                                letter);
    return parse_error_hint(parse_error, "did you mean \"%.*s%ci\" or \"%.*s%c\"?",
                            VIEW_ARGS(number), letter, VIEW_ARGS(number),
                            letter == 'K' ? 'k' : letter);
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

/* Takes the zeros from both ends. */
static void trim(struct quantity *q)
{
    size_t zeros = 0;

    while (zeros < q->count && q->digits[zeros] == 0)
        zeros++;
    q->count -= zeros;
    q->point -= (int)zeros;
    memmove(q->digits, q->digits + zeros, q->count);
    while (q->count > 0 && q->digits[q->count - 1] == 0)
        q->count--;
}

static void set_number(const char *digits, int point, struct quantity *q)
{
    q->count = strlen(digits);
    q->point = point;
    for (size_t i = 0; i < q->count; i++)
        q->digits[i] = (unsigned char)(digits[i] - '0');
}

/* Away from zero, to a whole number of 10^-9. */
static void round_up(struct quantity *q)
{
    int kept = q->point + NANO_DIGITS;

    if (q->count == 0 || (int)q->count <= kept)
        return;
    if (kept <= 0) {
        set_number("1", 1 - NANO_DIGITS, q);
        return;
    }
    q->count = (size_t)kept;
    while (q->count > 0 && q->digits[q->count - 1] == 9)
        q->count--;
    if (q->count > 0)
        q->digits[q->count - 1]++;
    else
        set_number("1", q->point + 1, q);
}

static bool is_above_most(const struct quantity *q)
{
    struct quantity most;

    set_number(MOST_BINARY, sizeof(MOST_BINARY) - 1, &most);
    if (q->count == 0 || q->point != most.point)
        return q->count > 0 && q->point > most.point;
    return view_cmp((struct view){(const char *)q->digits, q->count},
                    (struct view){(const char *)most.digits, most.count}) > 0;
}

/* The digits times 2^two and 10^ten. */
static void evaluate(struct view whole, struct view fraction, const struct suffix *suffix,
                     struct quantity *q)
{
    unsigned char digits[QUANTITY_DIGITS];
    size_t first = QUANTITY_DIGITS - whole.n - fraction.n, n = first;
    uint64_t above;

    for (size_t i = 0; i < whole.n; i++)
        digits[n++] = (unsigned char)(whole.p[i] - '0');
    for (size_t i = 0; i < fraction.n; i++)
        digits[n++] = (unsigned char)(fraction.p[i] - '0');
    above = shift_digits(digits + first, n - first, suffix->two);
    for (; above > 0; above /= 10)
        digits[--first] = (unsigned char)(above % 10);
    q->count = n - first;
    q->point = (int)(q->count - fraction.n) + suffix->ten;
    memcpy(q->digits, digits + first, q->count);
    trim(q);
}

static int parse(struct view text, struct quantity *out, struct suffix *suffix,
                 struct parse_error *parse_error)
{
    struct view rest = text, whole, fraction = {NULL, 0};

    if (text.n == 0)
        return parse_error_set(parse_error, 0, "it is empty");
    if (text.n > LIMIT_QUANTITY)
        return parse_error_set(parse_error, LIMIT_QUANTITY, "it is longer than %d bytes",
                               LIMIT_QUANTITY);
    if (text.p[0] == '-' || text.p[0] == '+')
        rest = view_from(rest, 1);
    whole = take_digits(&rest);
    if (rest.n > 0 && rest.p[0] == '.') {
        rest = view_from(rest, 1);
        fraction = take_digits(&rest);
    }
    if (whole.n + fraction.n == 0)
        return parse_error_set(parse_error, 0, "it does not begin with a number");
    if (read_suffix(rest, suffix) < 0)
        return refuse_suffix(text, rest, parse_error);
    *out = (struct quantity){.form = suffix->form};
    evaluate(whole, fraction, suffix, out);
    out->negative = text.p[0] == '-' && out->count > 0;
    return 0;
}

int quantity_parse_exact(struct view text, struct quantity *out, struct parse_error *parse_error)
{
    struct suffix suffix;

    return parse(text, out, &suffix, parse_error);
}

int quantity_parse(struct view text, struct quantity *out, struct parse_error *parse_error)
{
    struct quantity q;
    struct suffix suffix;

    if (parse(text, &q, &suffix, parse_error) < 0)
        return -1;
    round_up(&q);
    if (suffix.form == QUANTITY_BINARY && is_above_most(&q))
        set_number(MOST_BINARY, sizeof(MOST_BINARY) - 1, &q);
    /* A binary amount below one is shown as a decimal one: it has no binary suffix. */
    if (q.form == QUANTITY_BINARY && q.count > 0 && q.point <= 0)
        q.form = QUANTITY_DECIMAL;
    *out = q;
    return 0;
}

/* --- comparing ------------------------------------------------------------------------------ */

/* An amount as in struct quantity. */
struct amount {
    bool negative;
    int point;
    struct view digits;
};

static struct amount amount_of(const struct quantity *q)
{
    return (struct amount){q->negative, q->point, {(const char *)q->digits, q->count}};
}

static int compare(struct amount a, struct amount b)
{
    int order;

    if (a.negative != b.negative)
        return a.negative ? -1 : 1;
    if (a.digits.n == 0 || b.digits.n == 0)
        order = (a.digits.n > 0) - (b.digits.n > 0);
    else if (a.point != b.point)
        order = a.point < b.point ? -1 : 1;
    else
        order = view_cmp(a.digits, b.digits);
    return a.negative ? -order : order;
}

int quantity_cmp(const struct quantity *a, const struct quantity *b)
{
    return compare(amount_of(a), amount_of(b));
}

bool quantity_is_zero(const struct quantity *q)
{
    return q->count == 0;
}

/* The digit of 10^place, or 0 where q has none. */
static int digit_at(const struct quantity *q, int place)
{
    int i = q->point - 1 - place;

    return i >= 0 && i < (int)q->count ? q->digits[i] : 0;
}

/* |large| + |small|, or the difference of them, of which large is the larger. */
static void combine(const struct quantity *large, const struct quantity *small, bool difference,
                    int lowest, struct quantity *sum)
{
    int carry = 0;

    for (int i = (int)sum->count - 1; i >= 0; i--) {
        int place = lowest + (int)sum->count - 1 - i, other = digit_at(small, place);
        int digit = digit_at(large, place) + carry + (difference ? -other : other);

        carry = digit < 0 ? -1 : digit / 10;
        sum->digits[i] = (unsigned char)((digit + 10) % 10);
    }
}

static int lowest_place(const struct quantity *q)
{
    return q->point - (int)q->count;
}

int quantity_add(const struct quantity *a, const struct quantity *b, struct quantity *sum)
{
    struct amount x = amount_of(a), y = amount_of(b);
    struct quantity out = {.form = a->form};
    int top = a->point > b->point ? a->point : b->point, lowest;
    bool swap;

    if (a->count == 0 || b->count == 0) {
        *sum = a->count == 0 ? *b : *a;
        sum->form = a->form;
        return 0;
    }
    lowest = lowest_place(a) < lowest_place(b) ? lowest_place(a) : lowest_place(b);
    if (top + 1 - lowest > QUANTITY_DIGITS)
        return -1;
    x.negative = y.negative = false;
    swap = compare(x, y) < 0;
    out.negative = swap ? b->negative : a->negative;
    out.count = (size_t)(top + 1 - lowest);
    out.point = top + 1;
    combine(swap ? b : a, swap ? a : b, a->negative != b->negative, lowest, &out);
    trim(&out);
    if (out.count == 0)
        out.negative = false;
    *sum = out;
    return 0;
}

/* a * b, its digits written to room; both are not zero. */
static struct amount multiply(const struct quantity *a, const struct quantity *b,
                              unsigned char room[2 * QUANTITY_DIGITS])
{
    unsigned carry = 0;
    size_t n = a->count + b->count;
    struct amount product = {a->negative != b->negative, a->point + b->point, {(char *)room, n}};

    for (size_t i = n; i > 0; i--) {
        unsigned sum = carry;

        for (size_t j = 0; j < a->count; j++)
            if (i >= j + 2 && i - j - 2 < b->count)
                sum += (unsigned)a->digits[j] * b->digits[i - j - 2];
        room[i - 1] = (unsigned char)(sum % 10);
        carry = sum / 10;
    }
    if (room[0] == 0) {
        product.digits = view_from(product.digits, 1);
        product.point--;
    }
    while (product.digits.p[product.digits.n - 1] == 0)
        product.digits.n--;
    return product;
}

bool quantity_within(const struct quantity *limit, const struct quantity *ratio,
                     const struct quantity *request)
{
    unsigned char room[2 * QUANTITY_DIGITS];
    struct amount bound = {0};

    if (ratio->count > 0 && request->count > 0)
        bound = multiply(ratio, request, room);
    return compare(amount_of(limit), bound) <= 0;
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

static void put_number(struct backwards *to, uint64_t value)
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
    put_number(to, (uint64_t)(exponent < 0 ? -exponent : exponent));
    if (exponent < 0)
        put(to, '-');
    put(to, 'e');
}

/* The largest multiple of 3 that leaves no fraction. */
static void put_decimal(struct backwards *to, const struct quantity *q)
{
    int last = q->point - (int)q->count, rest = last % 3 < 0 ? last % 3 + 3 : last % 3;
    int exponent = last - rest;

    if (q->form == QUANTITY_EXPONENT || exponent > EXA || exponent < -NANO_DIGITS)
        put_exponent(to, exponent);
    else
        put_text(to, suffixes[(exponent + NANO_DIGITS) / 3].text);
    for (; rest > 0; rest--)
        put(to, '0');
    for (size_t i = q->count; i > 0; i--)
        put(to, (char)('0' + q->digits[i - 1]));
}

static void put_binary(struct backwards *to, uint64_t units)
{
    int power = 0;

    for (; units % 1024 == 0; units /= 1024)
        power++;
    if (power > 0)
        put_text(to, suffixes[BINARY_SUFFIXES + power - 1].text);
    put_number(to, units);
}

/* The whole units of an amount with a binary suffix, which fit; false when it has a fraction. */
static bool read_units(const struct quantity *q, uint64_t *units)
{
    *units = 0;
    for (int i = 0; i < q->point; i++)
        *units = *units * 10 + ((size_t)i < q->count ? q->digits[i] : 0);
    return (int)q->count <= q->point;
}

struct view quantity_print(const struct quantity *q, char room[QUANTITY_ROOM])
{
    struct backwards to = {room + QUANTITY_ROOM};
    uint64_t units;

    put(&to, '\0');
    if (q->count == 0)
        put(&to, '0');
    else if (q->form == QUANTITY_BINARY && read_units(q, &units) && units >= 1024)
        put_binary(&to, units);
    else
        put_decimal(&to, q);
    if (q->negative)
        put(&to, '-');
    return (struct view){to.first, (size_t)(room + QUANTITY_ROOM - to.first) - 1};
}
