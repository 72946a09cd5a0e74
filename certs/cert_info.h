#ifndef TG_CERTS_CERT_INFO_H
#define TG_CERTS_CERT_INFO_H

#include "base/buf.h"
#include "base/view.h"

#include <stdbool.h>
#include <stdint.h>

/* What people ask of a certificate. */
struct cert_info {
    struct buf subject, issuer; /* "CN=Tidegate CA", as RFC 2253 has names */
    struct buf serial;          /* hexadecimal */
    struct buf names;           /* DNS names and addresses, a line each */
    int64_t from, to;           /* Unix seconds */
    bool is_ca;
};

/* Shows each certificate of a PEM text to a function, in their order. Returns how many there are; 0
 * also when one of them is broken. Any thread. */
int cert_info_each(struct view pem, void (*show)(void *ctx, const struct cert_info *facts),
                   void *ctx);

#endif
