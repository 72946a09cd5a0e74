#ifndef TG_SERVER_HTTP_LISTEN_H
#define TG_SERVER_HTTP_LISTEN_H

#include "base/view.h"

struct buf;

enum { LISTEN_ADDRESS = 80 };

/* Opens a listening TCP socket for "ADDRESS:PORT", "[ADDRESS]:PORT" or ":PORT" (all addresses); the
 * address is numeric or "localhost", port 0 takes a free one. Returns the socket, the caller's,
 * with its address as text in where; or -1 with one line in why. */
int listen_open(struct view address, char where[LISTEN_ADDRESS], struct buf *why);

#endif
