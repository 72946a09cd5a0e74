#include "cel/text/cidr.h"

#include "base/arena.h"
#include "cel/text/text.h"

#include <stdio.h>

static const char *flaw(struct view text, const char *why, struct view about, struct arena *arena)
{
    struct view quoted = text_quoted(text, arena);
    struct view message = {NULL, 0};

    if (quoted.p)
        message = arena_printf(arena, "netip.ParsePrefix(%s): %s%s", quoted.p, why,
                               about.p ? about.p : "");
    return message.p ? message.p : "";
}

/* A number without a sign or leading zeros; what is too large is 1000. */
static bool parse_bits(struct view text, unsigned *out)
{
    if (text.n == 0 || (text.n > 1 && text.p[0] == '0'))
        return false;
    *out = 0;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] < '0' || text.p[i] > '9')
            return false;
        *out = *out > 99 ? 1000 : *out * 10 + (unsigned)(text.p[i] - '0');
    }
    /* Go's Atoi has an end. */
    return text.n < 19 || (text.n == 19 && view_cmp(text, VIEW("9223372036854775807")) <= 0);
}

const char *cidr_parse(struct view text, struct cidr *out, struct arena *arena)
{
    ptrdiff_t slash = view_rfind(text, '/');
    struct view address, bits, zone;
    struct ip_flaw why;

    if (slash < 0)
        return flaw(text, "no '/'", VIEW(""), arena);
    address = view_first(text, (size_t)slash);
    bits = view_from(text, (size_t)slash + 1);
    if (ip_parse(address, &out->ip, &zone, &why) < 0)
        return flaw(text, "", ip_flaw_text(address, &why, arena), arena);
    if (zone.p)
        return flaw(text, "IPv6 zones cannot be present in a prefix", VIEW(""), arena);
    if (!parse_bits(bits, &out->bits))
        return flaw(text, "bad bits after slash: ", text_quoted(bits, arena), arena);
    if (out->bits > (out->ip.v6 ? 128 : 32))
        return flaw(text, "prefix length out of range", VIEW(""), arena);
    return NULL;
}

/* Whether the first bits of both are the same. */
static bool same_bits(const struct ip *a, const struct ip *b, unsigned bits)
{
    unsigned whole = bits / 8, rest = bits % 8;

    if (a->v6 != b->v6 || memcmp(a->bytes, b->bytes, whole) != 0)
        return false;
    return rest == 0 || (a->bytes[whole] ^ b->bytes[whole]) >> (8 - rest) == 0;
}

struct cidr cidr_masked(const struct cidr *cidr)
{
    struct cidr out = *cidr;
    unsigned whole = cidr->bits / 8, rest = cidr->bits % 8;

    if (rest > 0) {
        out.ip.bytes[whole] &= (unsigned char)(0xFF << (8 - rest));
        whole++;
    }
    memset(out.ip.bytes + whole, 0, sizeof(out.ip.bytes) - whole);
    return out;
}

bool cidr_same(const struct cidr *a, const struct cidr *b)
{
    return a->bits == b->bits && ip_same(&a->ip, &b->ip);
}

bool cidr_contains(const struct cidr *cidr, const struct ip *ip)
{
    return same_bits(&cidr->ip, ip, cidr->bits);
}

bool cidr_contains_cidr(const struct cidr *cidr, const struct cidr *other)
{
    return cidr->bits <= other->bits && same_bits(&cidr->ip, &other->ip, cidr->bits);
}

struct view cidr_print(const struct cidr *cidr, char room[static CIDR_ROOM])
{
    struct view ip = ip_print(&cidr->ip, room);
    int n = snprintf(room + ip.n, CIDR_ROOM - ip.n, "/%u", cidr->bits);

    return (struct view){room, ip.n + (size_t)n};
}
