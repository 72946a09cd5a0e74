#include "certs/pem.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <time.h>

static int no_passphrase(char *buffer, int size, int writing, void *arg)
{
    (void)buffer, (void)size, (void)writing, (void)arg;
    return -1;
}

STACK_OF(X509) * pem_read_chain(struct view text)
{
    BIO *in = BIO_new_mem_buf(text.p ? text.p : "", (int)text.n);
    STACK_OF(X509) *chain = sk_X509_new_null();
    bool whole = in && chain;
    X509 *cert;

    while (whole && (cert = PEM_read_bio_X509(in, NULL, no_passphrase, NULL))) {
        whole = sk_X509_push(chain, cert) > 0;
        if (!whole)
            X509_free(cert);
    }
    /* The end of the text is reported as "no start line"; anything else is a broken certificate. */
    if (!whole || ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
        while (sk_X509_num(chain) > 0)
            X509_free(sk_X509_pop(chain));
    ERR_clear_error();
    BIO_free(in);
    return chain;
}

void pem_free_chain(STACK_OF(X509) * chain)
{
    sk_X509_pop_free(chain, X509_free);
}

EVP_PKEY *pem_read_key(struct view text)
{
    BIO *in = BIO_new_mem_buf(text.p ? text.p : "", (int)text.n);
    EVP_PKEY *key = in ? PEM_read_bio_PrivateKey(in, NULL, no_passphrase, NULL) : NULL;

    ERR_clear_error();
    BIO_free(in);
    return key;
}

int pem_add_cert(struct buf *out, const X509 *cert)
{
    BIO *text = BIO_new(BIO_s_mem());
    int good = text && PEM_write_bio_X509(text, cert);
    char *p;

    if (good) {
        long n = BIO_get_mem_data(text, &p);

        buf_add(out, (struct view){p, (size_t)n});
    }
    BIO_free(text);
    return good && !out->failed ? 0 : -1;
}

int64_t pem_seconds(const ASN1_TIME *t)
{
    struct tm tm;

    return ASN1_TIME_to_tm(t, &tm) ? (int64_t)timegm(&tm) : 0;
}

static void add_address(const ASN1_OCTET_STRING *address, struct buf *out)
{
    int family = ASN1_STRING_length(address) == 4 ? AF_INET : AF_INET6;
    char text[INET6_ADDRSTRLEN];

    if ((ASN1_STRING_length(address) == 4 || ASN1_STRING_length(address) == 16) &&
        inet_ntop(family, ASN1_STRING_get0_data(address), text, sizeof(text)))
        buf_printf(out, "%s\n", text);
}

void pem_names(const X509 *cert, struct buf *out)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);

    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);

        if (name->type == GEN_DNS)
            buf_printf(out, "%.*s\n", ASN1_STRING_length(name->d.dNSName),
                       (const char *)ASN1_STRING_get0_data(name->d.dNSName));
        else if (name->type == GEN_IPADD)
            add_address(name->d.iPAddress, out);
    }
    GENERAL_NAMES_free(names);
}
