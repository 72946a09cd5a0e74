#ifndef TG_SERVER_TLS_TLS_SECRET_H
#define TG_SERVER_TLS_TLS_SECRET_H

#include "base/view.h"
#include "certs/authority.h"
#include "certs/rotation.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct kube;
struct pair;

/* The certificate that all replicas serve, in a Secret that each of them follows. One that is ours
 * is made by whichever replica comes first, and renewed by whichever sees first that it is due:
 * each write holds only for the state that it was made from. One of somebody else (cert-manager's)
 * is followed and never written. Needs the verbs list, watch, get and, for one of ours, create and
 * update of secrets; and list, watch, get and patch of the configurations. */
struct tls_secret;

struct tls_secret_options {
    struct view namespace_;
    const char *name; /* of the Secret; NULL: there is none */
    bool follow;      /* never make it, whether it is there or not */
    struct authority_wish wish;
    const char *const *configurations; /* ValidatingWebhookConfigurations that get its bundle */
    size_t configuration_count;
};

/* Starts; what the options point to outlives it. NULL when memory or threads are out. */
struct tls_secret *tls_secret_start(const struct kube *kube,
                                    const struct tls_secret_options *options);
void tls_secret_stop(struct tls_secret *t);

/* Waits until there is a pair that can be served, at most so many seconds. Returns 0, or -1 with
 * one line in why. */
int tls_secret_await(struct tls_secret *t, unsigned seconds, struct buf *why);

/* Another number each time that the Secret has changed. Any thread. */
uint64_t tls_secret_version(struct tls_secret *t);

/* The leaf and key as they are in the Secret now, judged as pair_judge does. Returns 0 with *pair
 * filled, or -1 with one line in why and *pair empty. Any thread. */
int tls_secret_pair(struct tls_secret *t, struct pair *pair, int64_t now, struct buf *why);

/* When the authority expires that signed the leaf, in Unix seconds; 0: not known. Any thread. */
int64_t tls_secret_ca_expiry(struct tls_secret *t);

/* Appends lines of the readiness page. Any thread. */
void tls_secret_write_state(struct tls_secret *t, struct buf *out);

/* What it counts, for metrics. */
struct tls_secret_figures {
    uint64_t steps[ROTATION_ACTS]; /* that this replica has written */
    bool has_problem;
    int64_t next_step; /* when it is due, in Unix seconds; 0: never, or the Secret is not ours */
};

/* Any thread. */
void tls_secret_figures(struct tls_secret *t, struct tls_secret_figures *out);

#endif
