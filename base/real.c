#include "base/real.h"

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

bool real_parse(struct view text, double *out)
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

static void write_exponential(const struct decimal *d, int exponent_digits, struct buf *out)
{
    buf_add_char(out, d->digits[0]);
    if (d->count > 1)
        buf_printf(out, ".%.*s", d->count - 1, d->digits + 1);
    buf_printf(out, "e%c%0*d", d->exponent < 0 ? '-' : '+', exponent_digits, abs(d->exponent));
}

static void write_plain(const struct decimal *d, struct buf *out)
{
    int point = d->exponent + 1; /* digits before the point */

    if (point <= 0) {
        buf_printf(out, "0.%.*s%.*s", -point, "00000000", d->count, d->digits);
        return;
    }
    for (int i = 0; i < d->count || i < point; i++) {
        if (i == point)
            buf_add_char(out, '.');
        buf_add_char(out, i < d->count ? d->digits[i] : '0');
    }
}

void real_write(double v, struct buf *out)
{
    double size = fabs(v);
    struct decimal d;

    shorten(v, false, &d);
    if (d.negative)
        buf_add_char(out, '-');
    if (size != 0 && (size < 1e-6 || size >= 1e21))
        write_exponential(&d, 1, out);
    else
        write_plain(&d, out);
}

void real_write_key(double v, struct buf *out)
{
    struct decimal d;

    if (isinf((float)v)) {
        buf_add_str(out, v < 0 ? "-.inf" : ".inf");
        return;
    }
    shorten((double)(float)v, true, &d);
    if (d.negative)
        buf_add_char(out, '-');
    if (d.exponent < -4 || d.exponent >= 6)
        write_exponential(&d, 2, out);
    else
        write_plain(&d, out);
}
