#ifndef TG_SERVER_TLS_TLS_H
#define TG_SERVER_TLS_TLS_H

#include "base/view.h"

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>

struct buf;
struct pair;

/* What TLS sessions are made with: the certificate that we show and the authorities that callers'
 * certificates must come from. Both can be replaced while sessions run: a session keeps what it
 * began with. */
struct tls;

/* TLS 1.2 and 1.3 with forward secrecy and authenticated ciphers: a GnuTLS priority string. */
#define TLS_PRIORITY                                                                               \
    "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-KX-ALL:+ECDHE-ECDSA:+ECDHE-RSA:-CIPHER-ALL:"      \
    "+AES-128-GCM:+AES-256-GCM:+CHACHA20-POLY1305:%SERVER_PRECEDENCE"

/* client_ca is PEM text of the authorities, or absent when callers need no certificate. NULL with
 * one line in why when something cannot be used. */
struct tls *tls_create(const struct pair *pair, struct view client_ca, struct buf *why);

/* Replaces both for sessions that begin from now on. Returns 0, or -1 with one line in why and
 * everything as it was. Any thread. */
int tls_replace(struct tls *tls, const struct pair *pair, struct view client_ca, struct buf *why);

/* No session may be left; NULL is allowed. */
void tls_free(struct tls *tls);

/* What one session holds on to. */
struct tls_material;

/* Readies a new server session before its handshake: the certificate, http/1.1 as the only protocol
 * of ALPN (RFC 7301), the wish for a caller's certificate. What it returns goes to
 * tls_session_end() once the session is gone; NULL when memory runs out, and the session is then
 * refused in its handshake. */
struct tls_material *tls_session_begin(struct tls *tls, gnutls_session_t session);
void tls_session_end(struct tls_material *m);

/* The certificate callback of sessions that tls_session_begin() readied. */
int tls_choose(gnutls_session_t session, const gnutls_datum_t *authorities, int authority_count,
               const gnutls_pk_algorithm_t *algorithms, int algorithm_count,
               gnutls_pcert_st **chain, unsigned *chain_length, gnutls_privkey_t *key);

/* Judges the certificate that the caller showed in the handshake. Returns 0 when it is good or none
 * is asked for, or -1 with one line in why. The session's own thread. */
int tls_judge_caller(const struct tls_material *m, gnutls_session_t session, struct buf *why);

#endif
