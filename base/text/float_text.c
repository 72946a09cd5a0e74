#include "base/text/float_text.h"

#include "base/buf.h"
#include "base/limits.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_DIGITS = 17 };

/* A number in scientific form: d.ddd times ten to the exponent. */
struct decimal {
    bool negative;
    char digits[MOST_DIGITS + 1];
    int count;
    int exponent;
};

static size_t digits_at(struct view v, size_t i)
{
    size_t n = 0;

    while (i + n < v.n && v.p[i + n] >= '0' && v.p[i + n] <= '9')
        n++;
    return n;
}

static bool sign_at(struct view v, size_t i)
{
    return i < v.n && (v.p[i] == '+' || v.p[i] == '-');
}

static bool is_decimal(struct view v)
{
    size_t i = sign_at(v, 0) ? 1 : 0, whole = digits_at(v, i), part = 0, power;

    i += whole;
    if (i < v.n && v.p[i] == '.') {
        part = digits_at(v, ++i);
        i += part;
    }
    if (whole + part == 0)
        return false;
    if (i == v.n)
        return true;
    if (v.p[i] != 'e' && v.p[i] != 'E')
        return false;
    i += sign_at(v, i + 1) ? 2 : 1;
    power = digits_at(v, i);
    return power > 0 && i + power == v.n;
}

bool float_text_parse(struct view text, double *out)
{
    char copy[LIMIT_NUMBER + 1];

    if (text.n > LIMIT_NUMBER || !is_decimal(text))
        return false;
    memcpy(copy, text.p, text.n);
    copy[text.n] = '\0';
    *out = strtod(copy, NULL);
    return isfinite(*out);
}

/* Splits what "%.*e" printed. */
static void split(const char *printed, struct decimal *d)
{
    const char *p = printed;

    memset(d->digits, 0, sizeof(d->digits));
    d->count = 0;
    d->exponent = 0;
    d->negative = *p == '-';
    for (p += d->negative; *p != 'e'; p++)
        if (*p != '.')
            d->digits[d->count++] = *p;
    for (const char *q = p + 2; *q; q++)
        d->exponent = d->exponent * 10 + (*q - '0');
    if (p[1] == '-')
        d->exponent = -d->exponent;
}

/* The fewest digits that read back as v, which is a float when `single`. */
static void shorten(double v, bool single, struct decimal *d)
{
    char printed[40];

    for (int more = 0; more < MOST_DIGITS; more++) {
        double back;

        snprintf(printed, sizeof(printed), "%.*e", more, v);
        back = strtod(printed, NULL);
        if (single ? (float)back == (float)v : back == v)
            break;
    }
    split(printed, d);
}

static void print_exponential(const struct decimal *d, int exponent_digits,
                              char out[static FLOAT_TEXT_ROOM])
{
    snprintf(out, FLOAT_TEXT_ROOM, "%s%c%s%se%c%0*d", d->negative ? "-" : "", d->digits[0],
             d->count > 1 ? "." : "", d->digits + 1, d->exponent < 0 ? '-' : '+', exponent_digits,
             abs(d->exponent));
}

/* With at most 21 digits before the point, or 6 zeros behind it. */
static void print_plain(const struct decimal *d, char out[static FLOAT_TEXT_ROOM])
{
    int point = d->exponent + 1; /* digits before the point */

    if (d->negative)
        *out++ = '-';
    if (point <= 0) {
        snprintf(out, FLOAT_TEXT_ROOM - 1, "0.%.*s%s", -point, "00000000", d->digits);
        return;
    }
    for (int i = 0; i < d->count || i < point; i++) {
        if (i == point)
            *out++ = '.';
        *out++ = i < d->count ? d->digits[i] : '0';
    }
    *out = '\0';
}

struct view float_text_print(double v, char out[static FLOAT_TEXT_ROOM])
{
    double size = fabs(v);
    struct decimal d;

    shorten(v, false, &d);
    if (size != 0 && (size < 1e-6 || size >= 1e21))
        print_exponential(&d, 1, out);
    else
        print_plain(&d, out);
    return view_of(out);
}

void float_text_write(double v, struct buf *out)
{
    char text[FLOAT_TEXT_ROOM];

    buf_add(out, float_text_print(v, text));
}

void float_text_write_key(double v, struct buf *out)
{
    char text[FLOAT_TEXT_ROOM];
    struct decimal d;

    if (isinf((float)v)) {
        buf_add_str(out, v < 0 ? "-.inf" : ".inf");
        return;
    }
    shorten((double)(float)v, true, &d);
    if (d.exponent < -4 || d.exponent >= 6)
        print_exponential(&d, 2, text);
    else
        print_plain(&d, text);
    buf_add_str(out, text);
}
