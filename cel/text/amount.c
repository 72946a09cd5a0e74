#include "cel/text/amount.h"

#include "base/limits.h"
#include "base/parse_error.h"
#include "base/text/float_text.h"

#include <math.h>
#include <stdio.h>

/* Kubernetes keeps what has at most so many digits as an int64, a binary one with fewer. */
enum { SMALL_DIGITS = 18, SMALL_BINARY_DIGITS = 14, NANO = 9 };

/* How a quantity is written. */
struct written {
    size_t whole, fraction; /* digits, of the first one the zeros before them do not count */
    struct view suffix;
};

static bool is_binary(const struct written *w)
{
    return w->suffix.n == 2 && w->suffix.p[1] == 'i';
}

static size_t count_digits(struct view *rest)
{
    size_t n = 0;

    while (n < rest->n && rest->p[n] >= '0' && rest->p[n] <= '9')
        n++;
    *rest = view_from(*rest, n);
    return n;
}

static struct written take_apart(struct view text)
{
    struct written w = {0};

    if (text.n > 0 && (text.p[0] == '-' || text.p[0] == '+'))
        text = view_from(text, 1);
    while (text.n > 0 && text.p[0] == '0')
        text = view_from(text, 1);
    w.whole = count_digits(&text);
    if (text.n > 0 && text.p[0] == '.') {
        text = view_from(text, 1);
        w.fraction = count_digits(&text);
    }
    w.suffix = text;
    return w;
}

/* Kilo is 3, and of a binary suffix how many bits. */
static int exponent_of(struct view suffix)
{
    static const char letters[] = "num?kMGTPE";
    const char *letter = suffix.n > 0 ? strchr(letters, suffix.p[0]) : NULL;
    int exponent = 0;

    if (suffix.n == 2 && suffix.p[1] == 'i')
        return 10 * (int)(suffix.p[0] == 'K' ? 1 : letter - letters - 3);
    if (suffix.n == 1 && letter)
        return 3 * (int)(letter - letters - 3);
    for (size_t i = 1; i < suffix.n; i++)
        if (suffix.p[i] >= '0' && suffix.p[i] <= '9')
            exponent = exponent * 10 + (suffix.p[i] - '0');
    return suffix.n > 1 && suffix.p[1] == '-' ? -exponent : exponent;
}

/* The worth times 10^scale as an int64; false when it is too large, or no integer. */
static bool scaled(const struct quantity *worth, int scale, int64_t *out)
{
    int digits = worth->point + scale;
    int64_t n = 0;

    if (worth->count == 0) {
        *out = 0;
        return true;
    }
    if (digits < (int)worth->count || digits > 19)
        return false;
    for (int i = 0; i < digits; i++) {
        int digit = i < (int)worth->count ? worth->digits[i] : 0;

        if (__builtin_mul_overflow(n, 10, &n) || __builtin_sub_overflow(n, digit, &n))
            return false;
    }
    if (worth->negative) {
        *out = n;
        return true;
    }
    return !__builtin_sub_overflow(0, n, out);
}

/* Whether Kubernetes keeps it as an int64, and how. */
static bool is_small(const struct written *w, struct amount *out)
{
    int exponent = exponent_of(w->suffix);
    int digits = (int)(w->whole > 0 ? w->whole : 1) + (int)w->fraction;

    if (is_binary(w)) {
        out->scale = 0;
        return w->fraction == 0 && digits + exponent * 3 / 10 <= SMALL_BINARY_DIGITS &&
               scaled(&out->worth, 0, &out->value);
    }
    out->scale = (int)w->fraction - exponent;
    return digits <= SMALL_DIGITS && out->scale <= NANO &&
           scaled(&out->worth, out->scale, &out->value);
}

/* What follows a sign and a point, of which each may be missing. */
static struct view after_sign(struct view text)
{
    if (view_starts(text, "-") || view_starts(text, "+"))
        text = view_from(text, 1);
    return view_starts(text, ".") ? view_from(text, 1) : text;
}

static bool has_digits(struct view text)
{
    struct view rest = after_sign(text);

    return rest.n > 0 && rest.p[0] >= '0' && rest.p[0] <= '9';
}

/* Reads what has no digits as if it had a 0. */
static int parse(struct view text, struct quantity *out, struct parse_error *error)
{
    struct view rest = after_sign(text);
    char room[LIMIT_QUANTITY + 1];

    if (text.n == 0 || text.n > LIMIT_QUANTITY || has_digits(text) ||
        (rest.n > 0 && strchr(".-+", rest.p[0])))
        return quantity_parse(text, out, error);
    room[0] = '0';
    if (rest.n > 0)
        memcpy(room + 1, rest.p, rest.n);
    return quantity_parse((struct view){room, rest.n + 1}, out, error);
}

/* Whether it is what binary amounts end at, which has no digits after the point. */
static bool is_most(const struct written *w, const struct amount *a)
{
    int64_t n;

    return is_binary(w) && a->worth.point == 19 && scaled(&a->worth, 0, &n) &&
           (n == INT64_MAX || n == -INT64_MAX);
}

int amount_parse(struct view text, struct amount *out, struct parse_error *error)
{
    struct written w = take_apart(text);

    *out = (struct amount){0};
    if (parse(text, &out->worth, error) < 0)
        return -1;
    out->small = is_small(&w, out);
    /* Kubernetes takes no digits for a 0 where it keeps an int64. */
    if (!out->small && !has_digits(text))
        return parse_error_set(error, 0, "it does not begin with a number");
    if (!out->small && out->worth.count > 0)
        out->scale = is_most(&w, out) ? 0 : NANO;
    else if (!out->small && is_binary(&w))
        out->scale = (int)w.fraction;
    return 0;
}

struct amount amount_of_int(int64_t value)
{
    struct amount out = {.small = true, .value = value};
    char text[24];
    struct parse_error error;
    int n = snprintf(text, sizeof(text), "%lld", (long long)value);

    /* A number of 20 digits at most is a quantity. */
    quantity_parse_exact((struct view){text, (size_t)n}, &out.worth, &error);
    return out;
}

/* --- sums ----------------------------------------------------------------------------------- */

static bool times_ten(int64_t value, int times, int64_t *out)
{
    bool fits = true;

    while (times-- > 0 && fits)
        fits = !__builtin_mul_overflow(value, 10, &value);
    *out = value;
    return fits;
}

/* Both kept as int64: the finer of the two scales is that of the sum. */
static bool add_small(const struct amount *a, const struct amount *b, bool subtract,
                      struct amount *out)
{
    int scale = a->scale > b->scale ? a->scale : b->scale;
    int64_t x, y, other = b->value;

    if (b->value == 0 || a->value == 0) {
        *out = b->value == 0 ? *a : *b;
        out->value = b->value != 0 && subtract ? (int64_t)(0 - (uint64_t)b->value) : out->value;
        return true;
    }
    if (subtract)
        other = (int64_t)(0 - (uint64_t)other);
    if (!times_ten(a->value, scale - a->scale, &x) || !times_ten(other, scale - b->scale, &y) ||
        __builtin_add_overflow(x, y, &out->value))
        return false;
    out->scale = scale;
    return true;
}

int amount_add(const struct amount *a, const struct amount *b, bool subtract, struct amount *out)
{
    struct amount sum = {.small = false};
    struct quantity other = b->worth;

    if (subtract && other.count > 0)
        other.negative = !other.negative;
    if (a->small && b->small && add_small(a, b, subtract, &sum))
        sum.small = true;
    else
        sum.scale = a->scale > b->scale ? a->scale : b->scale;
    if (sum.small && subtract && b->value == INT64_MIN) /* which is its own negative in Go */
        other = b->worth;
    if (quantity_add(&a->worth, &other, &sum.worth) < 0)
        return -1;
    *out = sum;
    return 0;
}

int amount_cmp(const struct amount *a, const struct amount *b)
{
    int order = quantity_cmp(&a->worth, &b->worth);

    return (order > 0) - (order < 0);
}

int amount_sign(const struct amount *a)
{
    if (quantity_is_zero(&a->worth))
        return 0;
    return a->worth.negative ? -1 : 1;
}

/* --- as numbers ----------------------------------------------------------------------------- */

bool amount_integer(const struct amount *a, int64_t *out)
{
    return a->small && a->scale <= 0 && times_ten(a->value, -a->scale, out);
}

/* Go's math.Pow10: exact to 10^22, and products of two beyond. */
static double power_of_ten(int exponent)
{
    static const double low[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10,
                                 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21,
                                 1e22, 1e23, 1e24, 1e25, 1e26, 1e27, 1e28, 1e29, 1e30, 1e31};
    static const double high[] = {1e0, 1e32, 1e64, 1e96, 1e128, 1e160, 1e192, 1e224, 1e256, 1e288};
    static const double negative[] = {1e0,    1e-32,  1e-64,  1e-96,  1e-128, 1e-160,
                                      1e-192, 1e-224, 1e-256, 1e-288, 1e-320};

    if (exponent > 308)
        return INFINITY;
    if (exponent < -323)
        return 0;
    return exponent >= 0 ? high[exponent / 32] * low[exponent % 32]
                         : negative[-exponent / 32] / low[-exponent % 32];
}

/* The whole number that one which is not small is kept as: worth * 10^scale. */
static double unscaled(const struct amount *a)
{
    char text[QUANTITY_DIGITS + 16];
    size_t n = 0;
    double out = 0;

    if (a->worth.count == 0)
        return 0;
    for (size_t i = 0; i < a->worth.count; i++)
        text[n++] = (char)('0' + a->worth.digits[i]);
    n += (size_t)snprintf(text + n, sizeof(text) - n, "e%d",
                          a->worth.point + a->scale - (int)a->worth.count);
    if (!float_text_parse((struct view){text, n}, &out))
        out = INFINITY;
    return a->worth.negative ? -out : out;
}

double amount_float(const struct amount *a)
{
    double base = a->small ? (double)a->value : unscaled(a);

    return a->scale == 0 ? base : base * power_of_ten(-a->scale);
}
