#ifndef TG_KUBE_CALLS_H
#define TG_KUBE_CALLS_H

#include "kube/limits.h"

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

/* Calls of the Kubernetes API, counted by what was asked and what came of it. */
struct calls {
    pthread_mutex_t lock;
    uint64_t skipped; /* guarded by lock, as count and the rows */
    size_t count;
    struct calls_row {
        const char *verb, *resource; /* as RBAC has them: "list", "namespaces" */
        unsigned status;             /* of HTTP; 0: no answer came */
        uint64_t calls;
    } rows[LIMIT_KUBE_CALL_ROWS];
};

void calls_init(struct calls *c);
void calls_release(struct calls *c);

/* Counts one call; the strings are constants. Past LIMIT_KUBE_CALL_ROWS different ones, further
 * ones are not counted. Any thread. */
void calls_count(struct calls *c, const char *verb, const char *resource, unsigned status);

/* Counts an object of a watch that was too large to be read; and returns how many there were. Any
 * thread. */
void calls_skip(struct calls *c);
uint64_t calls_skipped(struct calls *c);

/* Shows each row to a function, under the lock. Any thread. */
void calls_each(struct calls *c, void (*show)(void *ctx, const struct calls_row *row), void *ctx);

#endif
