#ifndef TG_CERTS_PEM_H
#define TG_CERTS_PEM_H

#include "base/buf.h"
#include "base/view.h"

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdint.h>

/* PEM text, as OpenSSL's objects. None of these asks the terminal for a passphrase. Any thread. */

/* All certificates of the text in their order, which are the caller's (pem_free_chain); none when
 * one of them is broken. NULL when memory runs out. */
STACK_OF(X509) * pem_read_chain(struct view text);
void pem_free_chain(STACK_OF(X509) * chain);

/* The first private key of the text, unencrypted; the caller's. NULL when there is none. */
EVP_PKEY *pem_read_key(struct view text);

/* Appends a certificate. Returns 0, or -1 when memory runs out. */
int pem_add_cert(struct buf *out, const X509 *cert);

/* Unix seconds of an instant in a certificate; 0 when it is not valid. */
int64_t pem_seconds(const ASN1_TIME *t);

/* Appends the DNS names and addresses that a certificate is for, a line each; other kinds of names
 * are left out. */
void pem_names(const X509 *cert, struct buf *out);

#endif
