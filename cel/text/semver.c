#include "cel/text/semver.h"

#include "base/parse_error.h"

/* A decimal number without leading zeros that fits. */
static bool parse_number(struct view text, uint64_t *out)
{
    uint64_t n = 0;

    if (text.n == 0 || (text.n > 1 && text.p[0] == '0'))
        return false;
    for (size_t i = 0; i < text.n; i++) {
        unsigned digit = (unsigned char)text.p[i] - '0';

        if (digit > 9 || n > (UINT64_MAX - digit) / 10)
            return false;
        n = n * 10 + digit;
    }
    *out = n;
    return true;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool all_digits(struct view text)
{
    for (size_t i = 0; i < text.n; i++)
        if (!is_digit(text.p[i]))
            return false;
    return true;
}

static bool is_identifier(struct view text)
{
    for (size_t i = 0; i < text.n; i++) {
        char small = (char)(text.p[i] | 0x20);

        if (!is_digit(text.p[i]) && text.p[i] != '-' && (small < 'a' || small > 'z'))
            return false;
    }
    return text.n > 0;
}

/* Identifiers with dots between them; those that are numbers have no leading zeros where they
 * count. */
static bool parse_identifiers(struct view text, bool count)
{
    struct view one;
    uint64_t n;

    for (bool more = true; more;) {
        more = view_cut(text, '.', &one, &text);
        if (!is_identifier(one) || (count && all_digits(one) && !parse_number(one, &n)))
            return false;
    }
    return true;
}

/* The patch and what follows it; a zero is before it when `zero` is set. */
static int parse_patch(struct view text, size_t at, bool zero, struct semver *out,
                       struct parse_error *error)
{
    struct view patch, rest;

    out->pre = out->build = (struct view){NULL, 0};
    if (view_cut(text, '+', &rest, &out->build) && !parse_identifiers(out->build, false))
        return parse_error_set(error, at + rest.n + 1,
                               "what was built is letters, digits, \"-\" and single dots");
    if (rest.n == text.n)
        out->build = (struct view){NULL, 0};
    if (view_cut(rest, '-', &patch, &out->pre) && !parse_identifiers(out->pre, true))
        return parse_error_set(
            error, at + patch.n + 1,
            "a prerelease is letters, digits, \"-\" and single dots, its numbers "
            "without leading zeros");
    if (patch.n == rest.n)
        out->pre = (struct view){NULL, 0};
    if (zero && patch.n == 0)
        out->patch = 0;
    else if (zero || !parse_number(patch, &out->patch))
        return parse_error_set(error, at, "the patch is not a number, or has leading zeros");
    return 0;
}

/* Without leading zeros, but for one that stands alone; *zero when one has to be added. */
static struct view strip(struct view part, bool *zero)
{
    size_t zeros = 0;

    *zero = false;
    if (part.n < 2)
        return part;
    while (zeros < part.n && part.p[zeros] == '0')
        zeros++;
    if (zeros == part.n || !is_digit(part.p[zeros])) {
        if (zeros == 0)
            *zero = true;
        else
            zeros--;
    }
    return view_from(part, zeros);
}

int semver_parse(struct view text, bool normalize, struct semver *out, struct parse_error *error)
{
    struct view whole = text, parts[3];
    bool zero[3] = {false, false, false};
    int n = 1;

    if (normalize && view_starts(text, "v"))
        text = view_from(text, 1);
    parts[0] = text;
    while (n < 3 && view_cut(parts[n - 1], '.', &parts[n - 1], &parts[n]))
        n++;
    for (int i = 0; normalize && i < n; i++)
        parts[i] = strip(parts[i], &zero[i]);
    if (normalize && n < 3 &&
        (view_find(parts[n - 1], '+') >= 0 || view_find(parts[n - 1], '-') >= 0))
        return parse_error_set(error, 0,
                               "a version with a prerelease has a major, a minor and a patch");
    if (!normalize && n < 3)
        return parse_error_set(error, whole.n, "a version is MAJOR.MINOR.PATCH");
    while (n < 3)
        parts[n++] = VIEW("0");
    if (zero[0] || !parse_number(parts[0], &out->major))
        return parse_error_set(error, 0, "the major is not a number, or has leading zeros");
    if (zero[1] || !parse_number(parts[1], &out->minor))
        return parse_error_set(error, (size_t)(parts[1].p - whole.p),
                               "the minor is not a number, or has leading zeros");
    return parse_patch(parts[2], whole.n - parts[2].n, zero[2], out, error);
}

static int order(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

/* Numbers come before words. */
static int cmp_identifier(struct view a, struct view b)
{
    uint64_t x, y;
    bool number = all_digits(a) && parse_number(a, &x),
         other = all_digits(b) && parse_number(b, &y);

    if (number && other)
        return order(x, y);
    return number != other ? other - number : view_cmp(a, b);
}

static int cmp_pre(struct view a, struct view b)
{
    bool more_a = true, more_b = true;
    struct view x, y;

    if (a.n == 0 || b.n == 0)
        return (a.n == 0) - (b.n == 0);
    while (more_a && more_b) {
        int result;

        more_a = view_cut(a, '.', &x, &a);
        more_b = view_cut(b, '.', &y, &b);
        result = cmp_identifier(x, y);
        if (result != 0)
            return result;
    }
    return more_a - more_b;
}

int semver_cmp(const struct semver *a, const struct semver *b)
{
    if (a->major != b->major)
        return order(a->major, b->major);
    if (a->minor != b->minor)
        return order(a->minor, b->minor);
    if (a->patch != b->patch)
        return order(a->patch, b->patch);
    return cmp_pre(a->pre, b->pre);
}
