#include "server/http/callers.h"

#include "base/mem.h"
#include "server/limits.h"

#include <netinet/in.h>
#include <string.h>

enum { SPARE = 16 * LIMIT_CONNECTIONS }; /* bytes of buckets: no more callers than connections */

void callers_init(struct callers *c)
{
    c->all = (struct hash_table){0};
    pthread_mutex_init(&c->lock, NULL);
}

void callers_release(struct callers *c)
{
    hash_table_release(&c->all);
    pthread_mutex_destroy(&c->lock);
}

static struct view key_of(const struct sockaddr *address)
{
    const struct sockaddr_in *four = (const void *)address;
    const struct sockaddr_in6 *six = (const void *)address;

    if (address->sa_family == AF_INET)
        return (struct view){(const char *)&four->sin_addr, sizeof(four->sin_addr)};
    return (struct view){(const char *)&six->sin6_addr, sizeof(six->sin6_addr)};
}

/* Under the lock. */
static struct caller *add(struct callers *c, struct view key)
{
    struct caller *caller =
        hash_table_reserve(&c->all, SPARE) == 0 ? mem_alloc(sizeof(*caller)) : NULL;

    if (!caller)
        return NULL;
    *caller = (struct caller){.connections = 0};
    memcpy(caller->address, key.p, key.n);
    hash_table_add(&c->all, &caller->link, (struct view){(const char *)caller->address, key.n});
    return caller;
}

struct caller *callers_enter(struct callers *c, const struct sockaddr *address)
{
    struct view key = key_of(address);
    struct caller *caller;

    pthread_mutex_lock(&c->lock);
    caller = (struct caller *)hash_table_find(&c->all, key);
    if (!caller)
        caller = add(c, key);
    if (caller)
        caller->connections++;
    pthread_mutex_unlock(&c->lock);
    return caller;
}

void callers_leave(struct callers *c, struct caller *caller)
{
    bool last;

    if (!caller)
        return;
    pthread_mutex_lock(&c->lock);
    last = --caller->connections == 0;
    if (last)
        hash_table_remove(&c->all, &caller->link);
    pthread_mutex_unlock(&c->lock);
    if (last)
        mem_free(caller);
}
