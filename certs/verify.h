#ifndef TG_CERTS_VERIFY_H
#define TG_CERTS_VERIFY_H

#include "base/view.h"

#include <stdbool.h>
#include <stdint.h>

struct buf;

/* Whether who trusts the authorities of a bundle, and them alone, accepts the chain (PEM, the leaf
 * first) of a server by this name at this instant (Unix seconds), as the API server does it with a
 * webhook's caBundle: RFC 5280, section 6, for serverAuth. A name that reads as an IPv4 or IPv6
 * address is looked for among the addresses, an absent one is not looked for. Returns 1 for yes; 0
 * for no, with one line in why; -1 when either text holds no certificate, with one line in why. Any
 * thread. */
int verify_server(struct view chain, struct view bundle, struct view name, int64_t now,
                  struct buf *why);

/* Whether the first certificate of the text is for this name. Any thread. */
bool verify_name(struct view chain, struct view name);

#endif
