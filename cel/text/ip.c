#include "cel/text/ip.h"

#include "base/arena.h"
#include "cel/text/text.h"

#include <stdio.h>

static int fail(struct ip_flaw *flaw, const char *why, struct view at)
{
    *flaw = (struct ip_flaw){why, at};
    return -1;
}

/* --- reading -------------------------------------------------------------------------------- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The four numbers of an IPv4 address. */
static int parse_v4(struct view s, unsigned char out[static 4], struct ip_flaw *flaw)
{
    unsigned value = 0, digits = 0, field = 0;

    for (size_t i = 0; i < s.n; i++) {
        if (is_digit(s.p[i])) {
            if (digits == 1 && value == 0)
                return fail(flaw, "IPv4 field has octet with leading zero", VIEW(""));
            value = value * 10 + (unsigned)(s.p[i] - '0');
            digits++;
            if (value > 255)
                return fail(flaw, "IPv4 field has value >255", VIEW(""));
        } else if (s.p[i] != '.') {
            return fail(flaw, "unexpected character", view_from(s, i));
        } else if (digits == 0 || i == s.n - 1) {
            return fail(flaw, "IPv4 field must have at least one digit", view_from(s, i));
        } else if (field == 3) {
            return fail(flaw, "IPv4 address too long", VIEW(""));
        } else {
            out[field++] = (unsigned char)value;
            value = digits = 0;
        }
    }
    if (field < 3)
        return fail(flaw, "IPv4 address too short", VIEW(""));
    out[3] = (unsigned char)value;
    return 0;
}

static int hex(char c)
{
    if (is_digit(c))
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* An IPv6 address while it is read. */
struct reader {
    struct view rest;
    unsigned char *bytes;
    int at;       /* the next byte */
    int ellipsis; /* where the :: is, or -1 */
};

/* One group of hexadecimal digits; *digits is how many. */
static int parse_group(struct reader *r, size_t *digits, struct ip_flaw *flaw)
{
    unsigned value = 0;
    size_t n = 0;

    for (; n < r->rest.n && hex(r->rest.p[n]) >= 0; n++) {
        if (n > 3)
            return fail(flaw, "each group must have 4 or less digits", r->rest);
        value = value << 4 | (unsigned)hex(r->rest.p[n]);
    }
    if (n == 0)
        return fail(flaw, "each colon-separated field must have at least one digit", r->rest);
    *digits = n;
    if (n < r->rest.n && r->rest.p[n] == '.')
        return 0;
    r->bytes[r->at] = (unsigned char)(value >> 8);
    r->bytes[r->at + 1] = (unsigned char)value;
    return 0;
}

/* An IPv4 address at the end. */
static int parse_embedded(struct reader *r, struct ip_flaw *flaw)
{
    if (r->ellipsis < 0 && r->at != 12)
        return fail(flaw, "embedded IPv4 address must replace the final 2 fields of the address",
                    r->rest);
    if (r->at + 4 > 16)
        return fail(flaw, "too many hex fields to fit an embedded IPv4 at the end of the address",
                    r->rest);
    if (parse_v4(r->rest, r->bytes + r->at, flaw) < 0)
        return -1;
    r->rest = VIEW("");
    r->at += 4;
    return 0;
}

/* The colon, or two, after a group. */
static int parse_colon(struct reader *r, struct ip_flaw *flaw)
{
    if (r->rest.p[0] != ':')
        return fail(flaw, "unexpected character, want colon", r->rest);
    if (r->rest.n == 1)
        return fail(flaw, "colon must be followed by more characters", r->rest);
    r->rest = view_from(r->rest, 1);
    if (r->rest.p[0] != ':')
        return 0;
    if (r->ellipsis >= 0)
        return fail(flaw, "multiple :: in address", r->rest);
    r->ellipsis = r->at;
    r->rest = view_from(r->rest, 1);
    return 0;
}

static int parse_groups(struct reader *r, struct ip_flaw *flaw)
{
    while (r->at < 16) {
        size_t digits;

        if (parse_group(r, &digits, flaw) < 0)
            return -1;
        if (digits < r->rest.n && r->rest.p[digits] == '.')
            return parse_embedded(r, flaw);
        r->at += 2;
        r->rest = view_from(r->rest, digits);
        if (r->rest.n == 0)
            return 0;
        if (parse_colon(r, flaw) < 0)
            return -1;
        if (r->rest.n == 0)
            return 0;
    }
    return 0;
}

static int parse_v6(struct view text, struct ip *out, struct ip_flaw *flaw)
{
    struct reader r = {.rest = text, .bytes = out->bytes, .ellipsis = -1};
    size_t tail;

    if (view_starts(text, "::")) {
        r.ellipsis = 0;
        r.rest = view_from(text, 2);
    }
    if ((r.ellipsis < 0 || r.rest.n > 0) && parse_groups(&r, flaw) < 0)
        return -1;
    if (r.rest.n > 0)
        return fail(flaw, "trailing garbage after address", r.rest);
    if (r.at < 16 && r.ellipsis < 0)
        return fail(flaw, "address string too short", VIEW(""));
    if (r.at == 16 && r.ellipsis >= 0)
        return fail(flaw, "the :: must expand to at least one field of zeros", VIEW(""));
    if (r.at == 16)
        return 0;
    tail = (size_t)(r.at - r.ellipsis);
    memmove(out->bytes + 16 - tail, out->bytes + r.ellipsis, tail);
    memset(out->bytes + r.ellipsis, 0, 16 - tail - (size_t)r.ellipsis);
    return 0;
}

int ip_parse(struct view text, struct ip *out, struct view *zone, struct ip_flaw *flaw)
{
    struct view address = text;
    size_t first = 0;

    *out = (struct ip){0};
    *zone = (struct view){NULL, 0};
    while (first < text.n && !strchr(".:%", text.p[first] ? text.p[first] : 'x'))
        first++;
    if (first == text.n)
        return fail(flaw, "unable to parse IP", VIEW(""));
    if (text.p[first] == '%')
        return fail(flaw, "missing IPv6 address", VIEW(""));
    if (text.p[first] == '.')
        return parse_v4(text, out->bytes, flaw);
    out->v6 = true;
    if (view_cut(text, '%', &address, zone) && zone->n == 0)
        return fail(flaw, "zone must be a non-empty string", VIEW(""));
    if (address.n == text.n)
        *zone = (struct view){NULL, 0};
    return parse_v6(address, out, flaw);
}

struct view ip_flaw_text(struct view text, const struct ip_flaw *flaw, struct arena *arena)
{
    struct view quoted = text_quoted(text, arena);
    struct view at = flaw->at.n > 0 ? text_quoted(flaw->at, arena) : VIEW("");

    if (!quoted.p || !at.p)
        return (struct view){NULL, 0};
    return arena_printf(arena, "ParseAddr(%s): %s%s%s%s", quoted.p, flaw->why,
                        at.n > 0 ? " (at " : "", at.p, at.n > 0 ? ")" : "");
}

/* --- kinds ---------------------------------------------------------------------------------- */

static bool all_zero(const unsigned char *p, size_t n)
{
    while (n > 0 && p[n - 1] == 0)
        n--;
    return n == 0;
}

bool ip_is_mapped(const struct ip *ip)
{
    return ip->v6 && all_zero(ip->bytes, 10) && ip->bytes[10] == 0xFF && ip->bytes[11] == 0xFF;
}

bool ip_same(const struct ip *a, const struct ip *b)
{
    return a->v6 == b->v6 && memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

bool ip_is_unspecified(const struct ip *ip)
{
    return all_zero(ip->bytes, sizeof(ip->bytes));
}

bool ip_is_loopback(const struct ip *ip)
{
    return ip->v6 ? all_zero(ip->bytes, 15) && ip->bytes[15] == 1 : ip->bytes[0] == 127;
}

bool ip_is_multicast(const struct ip *ip)
{
    return ip->v6 ? ip->bytes[0] == 0xFF : (ip->bytes[0] & 0xF0) == 0xE0;
}

bool ip_is_link_local_multicast(const struct ip *ip)
{
    if (ip->v6)
        return ip->bytes[0] == 0xFF && (ip->bytes[1] & 0x0F) == 0x02;
    return ip->bytes[0] == 224 && ip->bytes[1] == 0 && ip->bytes[2] == 0;
}

bool ip_is_link_local_unicast(const struct ip *ip)
{
    if (ip->v6)
        return ip->bytes[0] == 0xFE && (ip->bytes[1] & 0xC0) == 0x80;
    return ip->bytes[0] == 169 && ip->bytes[1] == 254;
}

bool ip_is_global_unicast(const struct ip *ip)
{
    static const struct ip broadcast = {.bytes = {255, 255, 255, 255}};

    return !ip_same(ip, &broadcast) && !ip_is_unspecified(ip) && !ip_is_loopback(ip) &&
           !ip_is_multicast(ip) && !ip_is_link_local_unicast(ip);
}

/* --- writing -------------------------------------------------------------------------------- */

static unsigned group(const struct ip *ip, int i)
{
    return (unsigned)ip->bytes[2 * i] << 8 | ip->bytes[2 * i + 1];
}

/* The longest run of two or more groups that are 0, the first of several; none: both are 8. */
static void find_zeros(const struct ip *ip, int *from, int *to)
{
    *from = *to = 8;
    for (int i = 0; i < 8; i++) {
        int end = i;

        while (end < 8 && group(ip, end) == 0)
            end++;
        if (end - i >= 2 && end - i > *to - *from) {
            *from = i;
            *to = end;
        }
    }
}

struct view ip_print(const struct ip *ip, char room[static IP_ROOM])
{
    int from, to, n = 0;

    if (!ip->v6) {
        n = snprintf(room, IP_ROOM, "%u.%u.%u.%u", ip->bytes[0], ip->bytes[1], ip->bytes[2],
                     ip->bytes[3]);
        return (struct view){room, (size_t)n};
    }
    find_zeros(ip, &from, &to);
    for (int i = 0; i < 8; i++) {
        if (i == from) {
            n += snprintf(room + n, IP_ROOM - (size_t)n, "::");
            i = to;
            if (i == 8)
                break;
        } else if (i > 0) {
            room[n++] = ':';
        }
        n += snprintf(room + n, IP_ROOM - (size_t)n, "%x", group(ip, i));
    }
    return (struct view){room, (size_t)n};
}
