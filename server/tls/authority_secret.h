#ifndef TG_SERVER_TLS_AUTHORITY_SECRET_H
#define TG_SERVER_TLS_AUTHORITY_SECRET_H

#include <stdbool.h>

struct authority;
struct json_t;

/* How an authority of our own is kept in a Secret of the type kubernetes.io/tls: tls.crt and
 * tls.key are the leaf, ca.crt is the bundle; ca.key and next-ca.key are the keys of the authority
 * that signs and of the one that will. An annotation says that it is ours.
 * https://kubernetes.io/docs/concepts/configuration/secret/#tls-secrets */

/* Whether a Secret is ours to write: ours, and not taken over by cert-manager since. */
bool authority_secret_is_ours(const struct json_t *secret);

/* Reads the parts of the Secret; a part that is missing or cannot be read is empty. Of a Secret
 * that is not ours the leaf and the bundle. Returns 0 with *a filled (authority_release), or -1
 * when memory runs out and *a empty. */
int authority_secret_read(const struct json_t *secret, struct authority *a);

/* A Secret without data that is ours; NULL when memory runs out. */
struct json_t *authority_secret_new(const char *name);

/* Puts it into a Secret; what else is there stays. Returns 0, or -1 when memory runs out. */
int authority_secret_write(struct json_t *secret, const struct authority *a);

#endif
