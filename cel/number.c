#include "cel/number.h"

#include "base/text/float_text.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* --- writing ---------------------------------------------------------------------------------- */

/* 0.ddd times ten to the power of `point`. */
struct digits {
    char text[24];
    int count, point;
    bool minus;
};

/* Takes the text of base/text/float_text.h apart. */
static void split(double d, struct digits *out)
{
    char text[FLOAT_TEXT_ROOM];
    struct view v = float_text_print(fabs(d), text);
    bool behind = false;
    int exponent = 0;

    *out = (struct digits){.minus = signbit(d) != 0};
    for (size_t i = 0; i < v.n; i++) {
        char c = v.p[i];

        if (c == 'e') {
            for (i += 2; i < v.n; i++)
                exponent = exponent * 10 + (v.p[i] - '0');
            if (strchr(v.p, '-'))
                exponent = -exponent;
        } else if (c == '.') {
            behind = true;
        } else if (c != '0' || out->count > 0) {
            out->point += !behind;
            out->text[out->count++] = c;
        } else {
            out->point -= behind;
        }
    }
    out->point += exponent;
    while (out->count > 0 && out->text[out->count - 1] == '0')
        out->count--;
}

static struct view print_plain(const struct digits *d, char *out)
{
    char *p = out;

    if (d->minus)
        *p++ = '-';
    if (d->point <= 0)
        *p++ = '0';
    for (int i = 0; i < d->point; i++)
        *p++ = i < d->count ? d->text[i] : '0';
    if (d->count > d->point) {
        *p++ = '.';
        for (int i = d->point; i < d->count; i++)
            *p++ = i < 0 ? '0' : d->text[i];
    }
    return (struct view){out, (size_t)(p - out)};
}

static struct view print_exponent(const struct digits *d, char *out)
{
    int exponent = d->point - 1;
    int n = snprintf(out, CEL_NUMBER_ROOM, "%s%c%s%.*se%c%02d", d->minus ? "-" : "", d->text[0],
                     d->count > 1 ? "." : "", d->count - 1, d->text + 1, exponent < 0 ? '-' : '+',
                     abs(exponent));

    return (struct view){out, (size_t)n};
}

struct view cel_double_plain(double d, char out[static CEL_NUMBER_ROOM])
{
    struct digits digits;

    split(d, &digits);
    if (digits.count == 0)
        digits.point = 0;
    return print_plain(&digits, out);
}

struct view cel_double_text(double d, char out[static CEL_NUMBER_ROOM])
{
    struct digits digits;

    if (isnan(d))
        return VIEW("NaN");
    if (isinf(d))
        return d > 0 ? VIEW("+Inf") : VIEW("-Inf");
    split(d, &digits);
    if (digits.count == 0)
        return digits.minus ? VIEW("-0") : VIEW("0");
    if (digits.point - 1 < -4 || digits.point - 1 >= 6)
        return print_exponent(&digits, out);
    return print_plain(&digits, out);
}

/* --- reading ---------------------------------------------------------------------------------- */

bool cel_uint_parse(struct view text, uint64_t *out)
{
    uint64_t sum = 0;

    if (text.n == 0)
        return false;
    for (size_t i = 0; i < text.n; i++) {
        unsigned digit = (unsigned)(text.p[i] - '0');

        if (digit > 9 || sum > (UINT64_MAX - digit) / 10)
            return false;
        sum = sum * 10 + digit;
    }
    *out = sum;
    return true;
}

bool cel_int_parse(struct view text, int64_t *out)
{
    bool sign = text.n > 0 && (text.p[0] == '-' || text.p[0] == '+');
    bool minus = sign && text.p[0] == '-';
    uint64_t size;

    if (!cel_uint_parse(view_from(text, sign), &size) || size > (uint64_t)INT64_MAX + minus)
        return false;
    *out = minus ? (int64_t)(0 - size) : (int64_t)size;
    return true;
}

static bool same_letters(struct view text, const char *word)
{
    if (text.n != strlen(word))
        return false;
    for (size_t i = 0; i < text.n; i++)
        if (tolower((unsigned char)text.p[i]) != word[i])
            return false;
    return true;
}

/* 0x1.8p3: digits with a point, and an exponent, which has to be there. */
static bool parse_hex(struct view text, double *out)
{
    double sum = 0;
    int shift = 0;
    int64_t exponent;
    bool behind = false;
    size_t i = 2, digits = 0;

    for (; i < text.n && (isxdigit((unsigned char)text.p[i]) || (text.p[i] == '.' && !behind));
         i++) {
        int c = tolower((unsigned char)text.p[i]);

        if (c == '.') {
            behind = true;
            continue;
        }
        sum = sum * 16 + (c <= '9' ? c - '0' : c - 'a' + 10);
        shift -= behind ? 4 : 0;
        digits++;
    }
    if (digits == 0 || i == text.n || (text.p[i] != 'p' && text.p[i] != 'P') ||
        !cel_int_parse(view_from(text, i + 1), &exponent) || exponent > 100000 ||
        exponent < -100000)
        return false;
    *out = ldexp(sum, (int)exponent + shift);
    return isfinite(*out);
}

bool cel_double_parse(struct view text, double *out)
{
    bool sign = text.n > 0 && (text.p[0] == '-' || text.p[0] == '+');
    double to = sign && text.p[0] == '-' ? -1 : 1;
    struct view rest = view_from(text, sign);

    if (same_letters(rest, "inf") || same_letters(rest, "infinity")) {
        *out = to * (double)INFINITY;
        return true;
    }
    if (same_letters(rest, "nan")) {
        *out = (double)NAN;
        return true;
    }
    if (rest.n > 2 && rest.p[0] == '0' && (rest.p[1] == 'x' || rest.p[1] == 'X')) {
        if (!parse_hex(rest, out))
            return false;
        *out *= to;
        return true;
    }
    return float_text_parse(text, out);
}
