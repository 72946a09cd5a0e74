#ifndef TG_SERVER_HTTP_PATIENCE_H
#define TG_SERVER_HTTP_PATIENCE_H

#include "base/sys/worker.h"

#include <stdbool.h>
#include <stdint.h>

/* Ends connections whose next request does not come in time: LIMIT_FIRST_TIME from the connection
 * to the end of the first request's headers, handshake and all, and as long from the first byte of
 * each later request to the end of its headers. An inactivity timeout does not: each byte begins it
 * again. Its own thread looks once a second. */
struct patience {
    struct worker worker;
    struct patience_link *first; /* guarded by the worker's lock, as all that is in it */
};

/* One connection's; the caller owns it, and it stays where it is until it is removed. */
struct patience_link {
    struct patience_link *prev, *next;
    int fd;
    bool waits;        /* for headers */
    int64_t until;     /* 0: nothing of them has come */
    uint64_t received; /* bytes, when the wait began */
};

/* Returns -1 when threads are out. */
int patience_start(struct patience *p);
void patience_stop(struct patience *p);

/* A connection is there: fd is open until it is removed. Any thread, as all that follow. */
void patience_add(struct patience *p, struct patience_link *link, int fd);
void patience_remove(struct patience *p, struct patience_link *link);

/* The headers of a request are there; it is answered, and the next one may come. */
void patience_met(struct patience *p, struct patience_link *link);
void patience_again(struct patience *p, struct patience_link *link);

#endif
