#ifndef TG_SERVER_HTTP_CALLERS_H
#define TG_SERVER_HTTP_CALLERS_H

#include "base/hash_table.h"
#include "server/http/body.h"

#include <pthread.h>

struct sockaddr;

/* Who has connections, by address. */
struct callers {
    pthread_mutex_t lock;
    struct hash_table all; /* guarded by lock */
};

/* One address, for as long as it has connections. */
struct caller {
    struct hash_table_link link;
    unsigned connections; /* guarded by the lock of all */
    struct body_budget bodies;
    unsigned char address[16];
};

void callers_init(struct callers *c);
/* All have left. */
void callers_release(struct callers *c);

/* The caller at that address (of IPv4 or IPv6; its port does not count), with one connection more.
 * NULL when memory runs out. Any thread. */
struct caller *callers_enter(struct callers *c, const struct sockaddr *address);

/* One connection less; the caller is not to be used any more. NULL is allowed. Any thread. */
void callers_leave(struct callers *c, struct caller *caller);

#endif
