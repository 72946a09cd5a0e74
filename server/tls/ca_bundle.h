#ifndef TG_SERVER_TLS_CA_BUNDLE_H
#define TG_SERVER_TLS_CA_BUNDLE_H

#include "base/view.h"

#include <stdbool.h>
#include <stddef.h>

struct buf;
struct client;
struct client_answer;
struct kube;

/* The caBundle of each webhook of some ValidatingWebhookConfigurations: whom the API server trusts
 * when it calls them. They are followed by a watch each. */
struct ca_bundle;

struct ca_bundle_options {
    const char *const *names;
    size_t count;             /* may be 0: then nothing is published, and all of that everywhere */
    void (*event)(void *ctx); /* one of them is another, on a thread of its own */
    void *ctx;
};

/* What the options point to outlives it. NULL when memory or threads are out. */
struct ca_bundle *ca_bundle_start(const struct kube *kube, const struct ca_bundle_options *options);
void ca_bundle_stop(struct ca_bundle *b);

/* True when each webhook of each configuration has this bundle (base64), according to the watches;
 * else appends which one has not. Any thread. */
bool ca_bundle_is_published(struct ca_bundle *b, struct view bundle, struct buf *why);

/* The same of one of them, below the count of the options. */
bool ca_bundle_is_in(struct ca_bundle *b, size_t i, struct view bundle);

/* Puts the bundle into those that do not have it. That no older one ever takes the place of a newer
 * one, `read` is asked for it after the configuration was read, and the patch holds only for the
 * state that was read. Returns 0; or -1 with the problem in the answer (status 409 or 422: somebody
 * else wrote it meanwhile). One thread. */
int ca_bundle_publish(struct ca_bundle *b, size_t i, struct client *client,
                      int (*read)(void *ctx, struct buf *bundle), void *ctx,
                      struct client_answer *answer);

#endif
