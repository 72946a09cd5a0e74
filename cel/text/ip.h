#ifndef TG_CEL_TEXT_IP_H
#define TG_CEL_TEXT_IP_H

#include "base/view.h"

#include <stdbool.h>

struct arena;

/* An IP address, as Go's net/netip reads and writes it: https://pkg.go.dev/net/netip#ParseAddr. All
 * functions here are pure and may be called from any thread. */
struct ip {
    bool v6;
    unsigned char bytes[16]; /* the first 4 of an IPv4 address; the others are 0 */
};

/* Why a text is none. */
struct ip_flaw {
    const char *why;
    struct view at; /* the rest of the text, or empty */
};

/* Reads the whole of text; *zone is what follows a %, the absent view when there is none. -1 with
 * *flaw, which has Go's words. */
int ip_parse(struct view text, struct ip *out, struct view *zone, struct ip_flaw *flaw);

/* The message that Go has for it, of the arena; p == NULL when that is full. */
struct view ip_flaw_text(struct view text, const struct ip_flaw *flaw, struct arena *arena);

/* An IPv4 address in the form of an IPv6 one, ::ffff:1.2.3.4. */
bool ip_is_mapped(const struct ip *ip);

bool ip_same(const struct ip *a, const struct ip *b);

bool ip_is_unspecified(const struct ip *ip);
bool ip_is_loopback(const struct ip *ip);
bool ip_is_multicast(const struct ip *ip);
bool ip_is_link_local_multicast(const struct ip *ip);
bool ip_is_link_local_unicast(const struct ip *ip);
bool ip_is_global_unicast(const struct ip *ip);

enum { IP_ROOM = 48 };

/* The canonical form (RFC 5952) of an address that is not mapped; of room, and NUL-terminated. */
struct view ip_print(const struct ip *ip, char room[static IP_ROOM]);

#endif
