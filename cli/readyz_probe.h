#ifndef TG_CLI_READYZ_PROBE_H
#define TG_CLI_READYZ_PROBE_H

#include "base/view.h"

struct buf;

/* Asks whoever listens at ADDR[:PORT] (443) for /readyz, as an API server asks a webhook: over TLS,
 * by a certificate that the bundle (PEM) vouches for and that bears the name (absent: the address).
 * Returns 1 when it is ready; 0 with one line in why when it is not, or cannot be reached so; -1
 * with one line in why when that is not an address, or memory runs out. */
int readyz_probe(struct view address, struct view name, struct view bundle, struct buf *why);

#endif
