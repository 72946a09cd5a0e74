#include "base/yaml/yaml_scalar.h"

#include "base/limits.h"
#include "base/text/float_text.h"

#include <math.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_one_of(struct view text, const char *const *words)
{
    for (; *words; words++)
        if (view_eq_str(text, *words))
            return true;
    return false;
}

/* The scalars that are words. */
static bool read_word(struct view text, struct yaml_scalar *out)
{
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL};
    static const char *const trues[] = {"y",    "Y",    "yes", "Yes", "YES", "true",
                                        "True", "TRUE", "on",  "On",  "ON",  NULL};
    static const char *const falses[] = {"n",     "N",     "no",  "No",  "NO",  "false",
                                         "False", "FALSE", "off", "Off", "OFF", NULL};
    static const char *const nans[] = {".nan", ".NaN", ".NAN", NULL};
    static const char *const infinities[] = {".inf",  ".Inf",  ".INF", "+.inf",
                                             "+.Inf", "+.INF", NULL};
    static const char *const negatives[] = {"-.inf", "-.Inf", "-.INF", NULL};

    if (is_one_of(text, nulls))
        *out = (struct yaml_scalar){.kind = NODE_NULL};
    else if (is_one_of(text, trues))
        *out = (struct yaml_scalar){.kind = NODE_BOOL, .truth = true};
    else if (is_one_of(text, falses))
        *out = (struct yaml_scalar){.kind = NODE_BOOL};
    else if (is_one_of(text, nans))
        *out = (struct yaml_scalar){.kind = NODE_FLOAT, .real = (double)NAN};
    else if (is_one_of(text, infinities))
        *out = (struct yaml_scalar){.kind = NODE_FLOAT, .real = (double)INFINITY};
    else if (is_one_of(text, negatives))
        *out = (struct yaml_scalar){.kind = NODE_FLOAT, .real = -(double)INFINITY};
    else
        return false;
    return true;
}

static int digit_value(char c)
{
    if (is_digit(c))
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return 16;
}

/* All of digits as a number of the base; false when one is none or the sum does not fit. */
static bool read_digits(struct view digits, unsigned base, uint64_t *out)
{
    uint64_t sum = 0;

    if (digits.n == 0)
        return false;
    for (size_t i = 0; i < digits.n; i++) {
        unsigned value = (unsigned)digit_value(digits.p[i]);

        if (value >= base || __builtin_mul_overflow(sum, base, &sum) ||
            __builtin_add_overflow(sum, value, &sum))
            return false;
    }
    *out = sum;
    return true;
}

/* The base that Go's prefixes say, and the digits after the prefix. */
static unsigned base_of(struct view *digits)
{
    struct view d = *digits;

    if (d.n < 2 || d.p[0] != '0')
        return 10;
    if (d.p[1] == 'x' || d.p[1] == 'X' || d.p[1] == 'b' || d.p[1] == 'B' || d.p[1] == 'o' ||
        d.p[1] == 'O') {
        *digits = view_from(d, 2);
        return d.p[1] == 'x' || d.p[1] == 'X' ? 16 : d.p[1] == 'b' || d.p[1] == 'B' ? 2 : 8;
    }
    *digits = view_from(d, 1);
    return 8;
}

/* Go's ParseInt and ParseUint with base 0; a sign is for what fits an int64 only. */
static bool read_integer(struct view text, struct yaml_scalar *out)
{
    bool sign = text.p[0] == '-' || text.p[0] == '+', negative = text.p[0] == '-';
    struct view digits = view_from(text, sign ? 1 : 0);
    unsigned base = base_of(&digits);
    uint64_t size;

    if (!read_digits(digits, base, &size))
        return false;
    if (negative && size <= (uint64_t)INT64_MAX + 1)
        *out = (struct yaml_scalar){.kind = NODE_INT, .integer = (int64_t)(0 - size)};
    else if (!negative && size <= INT64_MAX)
        *out = (struct yaml_scalar){.kind = NODE_INT, .integer = (int64_t)size};
    else if (!sign)
        *out = (struct yaml_scalar){.kind = NODE_FLOAT, .real = (double)size, .large = size};
    else
        return false;
    return true;
}

/* go-yaml takes every underscore out of what begins like a number. */
static struct view without_underscores(struct view text, char copy[LIMIT_NUMBER])
{
    size_t n = 0;

    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] != '_')
            copy[n++] = text.p[i];
    return (struct view){copy, n};
}

static bool read_number(struct view text, struct yaml_scalar *out)
{
    char copy[LIMIT_NUMBER];
    double real;

    if (text.n > LIMIT_NUMBER ||
        !(is_digit(text.p[0]) || text.p[0] == '-' || text.p[0] == '+' || text.p[0] == '.'))
        return false;
    if (text.p[0] != '.') {
        text = without_underscores(text, copy);
        if (read_integer(text, out))
            return true;
    }
    if (!float_text_parse(text, &real))
        return false;
    *out = (struct yaml_scalar){.kind = NODE_FLOAT, .real = real};
    return true;
}

struct yaml_scalar yaml_scalar_loose(struct view text)
{
    struct yaml_scalar scalar = {.kind = NODE_STRING};

    if (!read_word(text, &scalar) && text.n > 0)
        read_number(text, &scalar);
    return scalar;
}

/* true, false, null, and decimal numbers without ornament: the same to every reader. */
static bool is_plain_form(struct view text)
{
    static const char *const words[] = {"",     "~",    "null",  "Null",  "NULL",  "true",
                                        "True", "TRUE", "false", "False", "FALSE", NULL};
    struct view whole, part;
    bool point;

    if (is_one_of(text, words))
        return true;
    if (view_starts(text, "-"))
        text = view_from(text, 1);
    point = view_cut(text, '.', &whole, &part);
    for (size_t i = 0; i < whole.n; i++)
        if (!is_digit(whole.p[i]))
            return false;
    for (size_t i = 0; i < part.n; i++)
        if (!is_digit(part.p[i]))
            return false;
    return whole.n > 0 && (whole.n == 1 || whole.p[0] != '0') && (!point || part.n > 0);
}

/* 1:30 and 18:00:00, numbers to the base of 60 in YAML 1.1. */
static bool read_sexagesimal(struct view text, struct yaml_scalar *out)
{
    int64_t sum = 0;
    bool negative = view_starts(text, "-"), more = true, colon = false;
    struct view part, rest = view_from(text, negative || view_starts(text, "+") ? 1 : 0);

    while (more) {
        uint64_t value;

        more = view_cut(rest, ':', &part, &rest);
        if (!read_digits(part, 10, &value) || (colon && value > 59) || value > INT32_MAX ||
            __builtin_mul_overflow(sum, 60, &sum) ||
            __builtin_add_overflow(sum, (int64_t)value, &sum))
            return false;
        colon = colon || more;
    }
    *out = (struct yaml_scalar){.kind = NODE_INT, .integer = negative ? -sum : sum};
    return colon;
}

bool yaml_scalar_ambiguous(struct view text, struct yaml_scalar *other)
{
    if (is_plain_form(text))
        return false;
    *other = yaml_scalar_loose(text);
    return other->kind != NODE_STRING || read_sexagesimal(text, other);
}

bool yaml_scalar_is_text(struct view text)
{
    struct yaml_scalar other;

    return yaml_scalar_loose(text).kind == NODE_STRING && !yaml_scalar_ambiguous(text, &other) &&
           view_trim(text).n == text.n;
}
