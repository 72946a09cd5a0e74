#include "certs/verify.h"

#include "base/buf.h"
#include "certs/pem.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <time.h>

/* A fully qualified name has at most 253 bytes. */
enum { NAME_ROOM = 256 };

static bool has_name(X509 *cert, struct view name)
{
    unsigned char address[16];
    char text[NAME_ROOM];

    if (name.n == 0 || name.n >= sizeof(text))
        return false;
    snprintf(text, sizeof(text), "%.*s", VIEW_ARGS(name));
    if (inet_pton(AF_INET, text, address) == 1 || inet_pton(AF_INET6, text, address) == 1)
        return X509_check_ip_asc(cert, text, 0) == 1;
    /* As Go: the subject's common name is not a name of a server. */
    return X509_check_host(cert, name.p, name.n, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT, NULL) == 1;
}

bool verify_name(struct view chain, struct view name)
{
    STACK_OF(X509) *certs = pem_read_chain(chain);
    bool good = sk_X509_num(certs) > 0 && has_name(sk_X509_value(certs, 0), name);

    ERR_clear_error();
    pem_free_chain(certs);
    return good;
}

static bool fill_store(X509_STORE *store, STACK_OF(X509) * roots)
{
    for (int i = 0; i < sk_X509_num(roots); i++)
        if (X509_STORE_add_cert(store, sk_X509_value(roots, i)) != 1)
            return false;
    return true;
}

/* Of X509_V_...: X509_V_OK is a yes. */
static int judge(STACK_OF(X509) * certs, STACK_OF(X509) * roots, int64_t now)
{
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    int verdict = X509_V_ERR_UNSPECIFIED;

    if (store && ctx && fill_store(store, roots) &&
        X509_STORE_CTX_init(ctx, store, sk_X509_value(certs, 0), certs) == 1) {
        X509_VERIFY_PARAM *how = X509_STORE_CTX_get0_param(ctx);

        X509_VERIFY_PARAM_set_time(how, (time_t)now);
        /* What is in a bundle is trusted, also where it is not a root. */
        if (X509_VERIFY_PARAM_set_flags(how, X509_V_FLAG_PARTIAL_CHAIN) == 1 &&
            X509_STORE_CTX_set_purpose(ctx, X509_PURPOSE_SSL_SERVER) == 1 &&
            X509_verify_cert(ctx) == 1)
            verdict = X509_V_OK;
        else if (X509_STORE_CTX_get_error(ctx) != X509_V_OK)
            verdict = X509_STORE_CTX_get_error(ctx);
    }
    ERR_clear_error();
    X509_STORE_CTX_free(ctx);
    X509_STORE_free(store);
    return verdict;
}

int verify_server(struct view chain, struct view bundle, struct view name, int64_t now,
                  struct buf *why)
{
    STACK_OF(X509) *certs = pem_read_chain(chain), *roots = pem_read_chain(bundle);
    int status = -1, verdict;

    if (sk_X509_num(certs) <= 0) {
        buf_add_str(why, "there is no certificate in PEM form");
    } else if (sk_X509_num(roots) <= 0) {
        buf_add_str(why, "the bundle holds no certificate in PEM form");
    } else if ((verdict = judge(certs, roots, now)) != X509_V_OK) {
        buf_printf(why, "it is not accepted by the bundle: %s",
                   X509_verify_cert_error_string(verdict));
        status = 0;
    } else if (name.p && !has_name(sk_X509_value(certs, 0), name)) {
        buf_printf(why, "it is not for the name \"%.*s\"", VIEW_ARGS(name));
        status = 0;
    } else {
        status = 1;
    }
    pem_free_chain(certs);
    pem_free_chain(roots);
    return status;
}
