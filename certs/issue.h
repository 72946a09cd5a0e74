#ifndef TG_CERTS_ISSUE_H
#define TG_CERTS_ISSUE_H

#include "base/buf.h"
#include "base/view.h"

#include <stddef.h>
#include <stdint.h>

struct pair;

/* How long before now a new certificate begins, for callers whose clock is behind ours. */
enum { ISSUE_CLOCK_TOLERANCE = 5 * 60 };

/* Makes a certificate authority: ECDSA P-256, self-signed, a random serial number, valid for `life`
 * seconds from now (Unix seconds), able to sign leaves but no further authority. Returns 0 with *ca
 * filled (released by the caller), or -1 with one line in why and *ca empty. Any thread. */
int issue_ca(struct pair *ca, const char *common_name, int64_t now, int64_t life, struct buf *why);

/* Makes a server certificate (serverAuth) signed by ca, for the given names; a name that reads as
 * an IPv4 or IPv6 address becomes an IP entry, any other a DNS entry. Else as issue_ca; it never
 * outlives the ca. */
int issue_leaf(struct pair *leaf, const struct pair *ca, const struct view *names, size_t count,
               int64_t now, int64_t life, struct buf *why);

#endif
