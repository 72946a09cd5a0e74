#include "base/arena.h"
#include "cel/text/cidr.h"
#include "tests/contract/oracle/answer/answer.h"

static json_t *say(struct view v)
{
    return json_stringn(v.p ? v.p : "", v.n);
}

/* "::1" -> what Kubernetes' ip() says of it, or {"error": ...}. */
json_t *answer_ip(const json_t *question, struct arena *arena)
{
    struct view text = answer_text(question), zone;
    char room[IP_ROOM];
    struct ip_flaw flaw;
    struct ip ip;

    if (ip_parse(text, &ip, &zone, &flaw) < 0)
        return json_pack("{s:o}", "error", say(ip_flaw_text(text, &flaw, arena)));
    if (ip_is_mapped(&ip) || zone.p)
        return json_pack("{s:b, s:o}", "mapped", ip_is_mapped(&ip), "zone", say(zone));
    return json_pack("{s:o, s:b, s:[b, b, b, b, b, b]}", "text", say(ip_print(&ip, room)), "v6",
                     ip.v6, "is", ip_is_unspecified(&ip), ip_is_loopback(&ip), ip_is_multicast(&ip),
                     ip_is_link_local_multicast(&ip), ip_is_link_local_unicast(&ip),
                     ip_is_global_unicast(&ip));
}

/* ["10.0.0.0/8", "10.1.0.0/16", "10.1.2.3"] -> the first as text, masked, and whether the others
 * are in it; or {"error": ...} for the first. */
json_t *answer_cidr(const json_t *question, struct arena *arena)
{
    char room[2][CIDR_ROOM];
    struct cidr cidr, other, masked;
    const char *why = cidr_parse(answer_text(json_array_get(question, 0)), &cidr, arena);
    bool ok = !why && !cidr_parse(answer_text(json_array_get(question, 1)), &other, arena);
    struct view zone;
    struct ip_flaw flaw;
    struct ip ip;

    if (why)
        return json_pack("{s:s}", "error", why);
    masked = cidr_masked(&cidr);
    return json_pack("{s:o, s:o, s:b, s:b, s:b, s:b}", "text", say(cidr_print(&cidr, room[0])),
                     "masked", say(cidr_print(&masked, room[1])), "mapped", ip_is_mapped(&cidr.ip),
                     "same", ok && cidr_same(&cidr, &other), "cidr",
                     ok && cidr_contains_cidr(&cidr, &other), "ip",
                     ip_parse(answer_text(json_array_get(question, 2)), &ip, &zone, &flaw) == 0 &&
                         !zone.p && cidr_contains(&cidr, &ip));
}
