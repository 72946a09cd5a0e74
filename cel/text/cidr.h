#ifndef TG_CEL_TEXT_CIDR_H
#define TG_CEL_TEXT_CIDR_H

#include "cel/text/ip.h"

/* A range of addresses, as Go's net/netip reads and writes it: an address, and how many of its bits
 * count. All functions here are pure and may be called from any thread. */
struct cidr {
    struct ip ip;
    unsigned bits;
};

/* Reads the whole of text. NULL, or the message that Go has for what is wrong, of the arena, or ""
 * when that is full. */
const char *cidr_parse(struct view text, struct cidr *out, struct arena *arena);

/* The range of the same bits with the others 0. */
struct cidr cidr_masked(const struct cidr *cidr);

bool cidr_same(const struct cidr *a, const struct cidr *b);

/* Whether all addresses of the other (range) are in it. */
bool cidr_contains(const struct cidr *cidr, const struct ip *ip);
bool cidr_contains_cidr(const struct cidr *cidr, const struct cidr *other);

enum { CIDR_ROOM = IP_ROOM + 4 };

/* The canonical form, of room. */
struct view cidr_print(const struct cidr *cidr, char room[static CIDR_ROOM]);

#endif
