#include "server/tls/tls.h"

#include "base/buf.h"
#include "base/mem.h"
#include "certs/pair.h"
#include "server/limits.h"

#include <gnutls/abstract.h>
#include <gnutls/x509.h>
#include <pthread.h>
#include <stdatomic.h>

/* Never changed after it was made. */
struct tls_material {
    atomic_uint references;
    gnutls_pcert_st chain[LIMIT_CHAIN];
    unsigned chain_length;
    gnutls_privkey_t key;
    gnutls_x509_trust_list_t callers; /* NULL: no certificate is asked for */
};

struct tls {
    pthread_mutex_t lock;
    struct tls_material *current; /* guarded by lock */
};

void tls_session_end(struct tls_material *m)
{
    if (!m || atomic_fetch_sub(&m->references, 1) != 1)
        return;
    for (unsigned i = 0; i < m->chain_length; i++)
        gnutls_pcert_deinit(&m->chain[i]);
    gnutls_privkey_deinit(m->key);
    if (m->callers)
        gnutls_x509_trust_list_deinit(m->callers, 1);
    mem_free(m);
}

static gnutls_datum_t datum(struct view v)
{
    /* GnuTLS only reads what it imports. */
    union {
        const char *from;
        unsigned char *to;
    } p = {.from = v.p};

    return (gnutls_datum_t){p.to, (unsigned)v.n};
}

static int import_pair(struct tls_material *m, const struct pair *pair, struct buf *why)
{
    gnutls_datum_t cert = datum(buf_view(&pair->cert)), key = datum(buf_view(&pair->key));
    unsigned count = LIMIT_CHAIN;
    int error;

    error = gnutls_pcert_list_import_x509_raw(m->chain, &count, &cert, GNUTLS_X509_FMT_PEM,
                                              GNUTLS_X509_CRT_LIST_IMPORT_FAIL_IF_EXCEED);
    if (error == 0)
        m->chain_length = count;
    if (error == 0)
        error = gnutls_privkey_init(&m->key);
    if (error == 0)
        error = gnutls_privkey_import_x509_raw(m->key, &key, GNUTLS_X509_FMT_PEM, NULL, 0);
    if (error == 0)
        return 0;
    if (error == GNUTLS_E_SHORT_MEMORY_BUFFER)
        buf_printf(why, "the chain is longer than %d certificates", LIMIT_CHAIN);
    else
        buf_printf(why, "the certificate cannot be used: %s", gnutls_strerror(error));
    return -1;
}

static int import_callers(struct tls_material *m, struct view client_ca, struct buf *why)
{
    gnutls_datum_t pem = datum(client_ca);

    if (!client_ca.p)
        return 0;
    if (gnutls_x509_trust_list_init(&m->callers, 0) < 0 ||
        gnutls_x509_trust_list_add_trust_mem(m->callers, &pem, NULL, GNUTLS_X509_FMT_PEM, 0, 0) <=
            0) {
        buf_add_str(why, "the client CA holds no certificate in PEM form");
        return -1;
    }
    return 0;
}

static struct tls_material *make_material(const struct pair *pair, struct view client_ca,
                                          struct buf *why)
{
    struct tls_material *m = mem_alloc(sizeof(*m));

    if (!m) {
        buf_add_str(why, "out of memory");
        return NULL;
    }
    *m = (struct tls_material){.references = 1};
    if (import_pair(m, pair, why) == 0 && import_callers(m, client_ca, why) == 0)
        return m;
    tls_session_end(m);
    return NULL;
}

struct tls *tls_create(const struct pair *pair, struct view client_ca, struct buf *why)
{
    struct tls_material *m = make_material(pair, client_ca, why);
    struct tls *tls = m ? mem_alloc(sizeof(*tls)) : NULL;

    if (!tls) {
        tls_session_end(m);
        return NULL;
    }
    pthread_mutex_init(&tls->lock, NULL);
    tls->current = m;
    return tls;
}

int tls_replace(struct tls *tls, const struct pair *pair, struct view client_ca, struct buf *why)
{
    struct tls_material *m = make_material(pair, client_ca, why), *old;

    if (!m)
        return -1;
    pthread_mutex_lock(&tls->lock);
    old = tls->current;
    tls->current = m;
    pthread_mutex_unlock(&tls->lock);
    tls_session_end(old);
    return 0;
}

void tls_free(struct tls *tls)
{
    if (!tls)
        return;
    tls_session_end(tls->current);
    pthread_mutex_destroy(&tls->lock);
    mem_free(tls);
}

struct tls_material *tls_session_begin(struct tls *tls, gnutls_session_t session)
{
    unsigned char name[] = "http/1.1";
    gnutls_datum_t protocol = {name, sizeof(name) - 1};
    struct tls_material *m;

    pthread_mutex_lock(&tls->lock);
    m = tls->current;
    atomic_fetch_add(&m->references, 1);
    pthread_mutex_unlock(&tls->lock);
    if (gnutls_alpn_set_protocols(session, &protocol, 1, 0) < 0) {
        tls_session_end(m);
        return NULL;
    }
    gnutls_session_set_ptr(session, m);
    /* A caller without a certificate gets a 403 that says so: a failed handshake would not say why.
     */
    if (m->callers)
        gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUEST);
    return m;
}

int tls_choose(gnutls_session_t session, const gnutls_datum_t *authorities, int authority_count,
               const gnutls_pk_algorithm_t *algorithms, int algorithm_count,
               gnutls_pcert_st **chain, unsigned *chain_length, gnutls_privkey_t *key)
{
    struct tls_material *m = gnutls_session_get_ptr(session);

    if (!m)
        return -1;
    (void)authorities, (void)authority_count, (void)algorithms, (void)algorithm_count;
    *chain = m->chain;
    *chain_length = m->chain_length;
    *key = m->key;
    return 0;
}

static int judge_chain(const struct tls_material *m, gnutls_x509_crt_t *certs, unsigned count,
                       struct buf *why)
{
    unsigned char oid[] = GNUTLS_KP_TLS_WWW_CLIENT;
    gnutls_typed_vdata_st purpose = {.type = GNUTLS_DT_KEY_PURPOSE_OID, .data = oid};
    gnutls_datum_t text = {0};
    unsigned status = 0;

    if (gnutls_x509_trust_list_verify_crt2(m->callers, certs, count, &purpose, 1, 0, &status,
                                           NULL) < 0)
        status = GNUTLS_CERT_INVALID;
    if (status == 0)
        return 0;
    gnutls_certificate_verification_status_print(status, GNUTLS_CRT_X509, &text, 0);
    buf_printf(why, "the client certificate is not accepted: %.*s", (int)text.size,
               text.data ? (char *)text.data : "");
    gnutls_free(text.data);
    return -1;
}

int tls_judge_caller(const struct tls_material *m, gnutls_session_t session, struct buf *why)
{
    gnutls_x509_crt_t certs[LIMIT_CHAIN];
    const gnutls_datum_t *shown;
    unsigned count = 0, imported = 0;
    int status = -1;

    if (!m->callers)
        return 0;
    shown = gnutls_certificate_get_peers(session, &count);
    if (!shown || count == 0) {
        buf_add_str(why, "a client certificate is required and none was shown");
        return -1;
    }
    if (count > LIMIT_CHAIN) {
        buf_printf(why, "the client certificate has a chain of more than %d", LIMIT_CHAIN);
        return -1;
    }
    while (imported < count) {
        if (gnutls_x509_crt_init(&certs[imported]) < 0)
            break;
        imported++;
        if (gnutls_x509_crt_import(certs[imported - 1], &shown[imported - 1], GNUTLS_X509_FMT_DER) <
            0)
            break;
    }
    if (imported == count)
        status = judge_chain(m, certs, imported, why);
    else
        buf_add_str(why, "the client certificate cannot be read");
    for (unsigned i = 0; i < imported; i++)
        gnutls_x509_crt_deinit(certs[i]);
    return status;
}
