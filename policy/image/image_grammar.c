#include "policy/image/image_grammar.h"

#include "base/parse_error.h"

#include <stddef.h>

enum { TAG_LENGTH = 128 };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_alnum(char c)
{
    return is_digit(c) || is_lower(c) || is_upper(c);
}

static bool is_hex(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f');
}

bool image_has_upper(struct view text)
{
    for (size_t i = 0; i < text.n; i++)
        if (is_upper(text.p[i]))
            return true;
    return false;
}

/* --- the registry --------------------------------------------------------------------------- */

static bool is_label(struct view text)
{
    for (size_t i = 0; i < text.n; i++)
        if (!is_alnum(text.p[i]) && text.p[i] != '-')
            return false;
    return text.n > 0 && text.p[0] != '-' && text.p[text.n - 1] != '-';
}

static bool is_host_name(struct view text)
{
    struct view label;

    while (view_cut(text, '.', &label, &text))
        if (!is_label(label))
            return false;
    return is_label(label);
}

/* The text between the brackets; whether it is an address is not checked. */
static bool is_ipv6(struct view text)
{
    for (size_t i = 0; i < text.n; i++)
        if (!is_hex(text.p[i]) && !(text.p[i] >= 'A' && text.p[i] <= 'F') && text.p[i] != ':')
            return false;
    return text.n > 0;
}

static bool is_port(struct view text)
{
    for (size_t i = 0; i < text.n; i++)
        if (!is_digit(text.p[i]))
            return false;
    return text.n > 0;
}

bool image_is_domain(struct view text)
{
    struct view host, port;

    if (view_starts(text, "[")) {
        if (!view_cut(view_from(text, 1), ']', &host, &port) || !is_ipv6(host))
            return false;
        return port.n == 0 || (port.p[0] == ':' && is_port(view_from(port, 1)));
    }
    if (!view_cut(text, ':', &host, &port))
        return is_host_name(host);
    return is_host_name(host) && is_port(port);
}

bool image_is_registry(struct view first)
{
    return view_eq_str(first, "localhost") || view_find(first, '.') >= 0 ||
           view_find(first, ':') >= 0 || image_has_upper(first);
}

/* --- the rest ------------------------------------------------------------------------------- */

static size_t count_alnum(struct view text)
{
    size_t n = 0;

    while (n < text.n && (is_digit(text.p[n]) || is_lower(text.p[n])))
        n++;
    return n;
}

/* One period, one or two underscores, or any number of dashes. */
static size_t count_separator(struct view text)
{
    size_t n = 0;

    if (view_starts(text, "."))
        return 1;
    if (view_starts(text, "_"))
        return view_starts(text, "__") ? 2 : 1;
    while (n < text.n && text.p[n] == '-')
        n++;
    return n;
}

bool image_is_segment(struct view text)
{
    for (;;) {
        size_t n = count_alnum(text);

        if (n == 0 || n == text.n)
            return n > 0;
        text = view_from(text, n);
        n = count_separator(text);
        if (n == 0)
            return false;
        text = view_from(text, n);
    }
}

bool image_is_tag(struct view text)
{
    for (size_t i = 0; i < text.n; i++)
        if (!is_alnum(text.p[i]) && text.p[i] != '_' &&
            (i == 0 || (text.p[i] != '.' && text.p[i] != '-')))
            return false;
    return text.n > 0 && text.n <= TAG_LENGTH;
}

int image_check_digest(struct view text, struct parse_error *parse_error)
{
    static const struct {
        const char *name;
        size_t length;
    } algorithms[] = {{"sha256", 64}, {"sha384", 96}, {"sha512", 128}};
    struct view algorithm, hex;
    size_t length = 0;

    view_cut(text, ':', &algorithm, &hex);
    for (size_t i = 0; i < sizeof(algorithms) / sizeof(algorithms[0]); i++)
        if (view_eq_str(algorithm, algorithms[i].name))
            length = algorithms[i].length;
    if (length == 0)
        return parse_error_set(parse_error, 0,
                               "its digest is none of sha256:, sha384: and sha512:");
    if (hex.n != length)
        return parse_error_set(parse_error, text.n - hex.n,
                               "its %.*s digest has %zu digits instead of %zu",
                               VIEW_ARGS(algorithm), hex.n, length);
    for (size_t i = 0; i < hex.n; i++)
        if (!is_hex(hex.p[i]))
            return parse_error_set(parse_error, algorithm.n + 1 + i,
                                   "its digest has other characters than 0-9 and a-f");
    return 0;
}
