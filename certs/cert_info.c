#include "certs/cert_info.h"

#include "certs/limits.h"
#include "certs/pem.h"

#include <openssl/bio.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

static void add_name(const X509_NAME *name, struct buf *out)
{
    BIO *text = BIO_new(BIO_s_mem());
    char *p;

    if (text && X509_NAME_print_ex(text, name, 0, XN_FLAG_RFC2253) >= 0) {
        long n = BIO_get_mem_data(text, &p);

        buf_add(out, (struct view){p, (size_t)n});
    }
    BIO_free(text);
}

static void add_serial(const X509 *cert, struct buf *out)
{
    const ASN1_INTEGER *serial = X509_get0_serialNumber(cert);
    const unsigned char *bytes = ASN1_STRING_get0_data(serial);

    for (int i = 0; i < ASN1_STRING_length(serial); i++)
        buf_printf(out, "%02x", bytes[i]);
}

static void read_cert(X509 *cert, struct cert_info *facts)
{
    buf_reset(&facts->subject);
    buf_reset(&facts->issuer);
    buf_reset(&facts->serial);
    buf_reset(&facts->names);
    add_name(X509_get_subject_name(cert), &facts->subject);
    add_name(X509_get_issuer_name(cert), &facts->issuer);
    add_serial(cert, &facts->serial);
    pem_names(cert, &facts->names);
    facts->from = pem_seconds(X509_get0_notBefore(cert));
    facts->to = pem_seconds(X509_get0_notAfter(cert));
    facts->is_ca = X509_check_ca(cert) > 0;
}

int cert_info_each(struct view pem, void (*show)(void *ctx, const struct cert_info *facts),
                   void *ctx)
{
    STACK_OF(X509) *chain = pem_read_chain(pem);
    int count = chain ? sk_X509_num(chain) : 0;
    struct cert_info facts = {.from = 0};

    buf_init(&facts.subject, LIMIT_PEM);
    buf_init(&facts.issuer, LIMIT_PEM);
    buf_init(&facts.serial, LIMIT_PEM);
    buf_init(&facts.names, LIMIT_PEM);
    for (int i = 0; i < count; i++) {
        read_cert(sk_X509_value(chain, i), &facts);
        show(ctx, &facts);
    }
    buf_release(&facts.subject);
    buf_release(&facts.issuer);
    buf_release(&facts.serial);
    buf_release(&facts.names);
    pem_free_chain(chain);
    return count;
}
