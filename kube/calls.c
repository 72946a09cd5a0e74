#include "kube/calls.h"
#include "kube/limits.h"

#include <stdbool.h>
#include <string.h>

void calls_init(struct calls *c)
{
    pthread_mutex_init(&c->lock, NULL);
    c->count = 0;
    c->skipped = 0;
}

void calls_skip(struct calls *c)
{
    pthread_mutex_lock(&c->lock);
    c->skipped++;
    pthread_mutex_unlock(&c->lock);
}

uint64_t calls_skipped(struct calls *c)
{
    uint64_t skipped;

    pthread_mutex_lock(&c->lock);
    skipped = c->skipped;
    pthread_mutex_unlock(&c->lock);
    return skipped;
}

void calls_release(struct calls *c)
{
    pthread_mutex_destroy(&c->lock);
}

static bool is_of(const struct calls_row *row, const char *verb, const char *resource,
                  unsigned status)
{
    return row->status == status && strcmp(row->verb, verb) == 0 &&
           strcmp(row->resource, resource) == 0;
}

void calls_count(struct calls *c, const char *verb, const char *resource, unsigned status)
{
    size_t i = 0;

    pthread_mutex_lock(&c->lock);
    while (i < c->count && !is_of(&c->rows[i], verb, resource, status))
        i++;
    if (i == c->count && i < LIMIT_KUBE_CALL_ROWS)
        c->rows[c->count++] = (struct calls_row){verb, resource, status, 0};
    if (i < c->count)
        c->rows[i].calls++;
    pthread_mutex_unlock(&c->lock);
}

void calls_each(struct calls *c, void (*show)(void *ctx, const struct calls_row *row), void *ctx)
{
    pthread_mutex_lock(&c->lock);
    for (size_t i = 0; i < c->count; i++)
        show(ctx, &c->rows[i]);
    pthread_mutex_unlock(&c->lock);
}
