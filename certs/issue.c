#include "certs/issue.h"

#include "certs/pair.h"

#include <arpa/inet.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>

enum { SERIAL_BITS = 159 }; /* positive, and at most 20 octets: RFC 5280, 4.1.2.2 */

/* What signs: the authority's certificate and key; for an authority itself, its own. */
struct signer {
    X509 *cert;
    EVP_PKEY *key;
};

static int fail(struct buf *why)
{
    char text[160];

    ERR_error_string_n(ERR_get_error(), text, sizeof(text));
    ERR_clear_error();
    buf_printf(why, "cannot make a certificate: %s", text);
    return -1;
}

static int set_serial(X509 *cert)
{
    BIGNUM *n = BN_new();
    int good = n && BN_rand(n, SERIAL_BITS, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) &&
               BN_to_ASN1_INTEGER(n, X509_get_serialNumber(cert));

    BN_free(n);
    return good ? 0 : -1;
}

static int set_times(X509 *cert, int64_t now, int64_t life)
{
    time_t from = (time_t)(now - ISSUE_CLOCK_TOLERANCE), to = (time_t)(now + life);

    return X509_time_adj_ex(X509_getm_notBefore(cert), 0, 0, &from) &&
                   X509_time_adj_ex(X509_getm_notAfter(cert), 0, 0, &to)
               ? 0
               : -1;
}

static int set_name(X509 *cert, struct view name)
{
    X509_NAME *subject = X509_get_subject_name(cert);

    /* A common name has at most 64 characters: RFC 5280, appendix A.1. */
    return X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const unsigned char *)name.p,
                                      (int)view_first(name, 64).n, -1, 0)
               ? 0
               : -1;
}

static int add_extension(X509 *cert, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX ctx;
    X509_EXTENSION *ext;
    int good;

    X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
    ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    good = ext && X509_add_ext(cert, ext, -1);
    X509_EXTENSION_free(ext);
    return good ? 0 : -1;
}

/* An IP entry when the name reads as an address, else a DNS entry; NULL when memory runs out. */
static GENERAL_NAME *general_name(struct view name)
{
    char text[256];
    unsigned char address[16];
    ASN1_STRING *value;
    GENERAL_NAME *entry;
    int n = 0;

    if (name.n >= sizeof(text))
        return NULL;
    memcpy(text, name.p, name.n);
    text[name.n] = '\0';
    if (inet_pton(AF_INET, text, address) == 1)
        n = 4;
    else if (inet_pton(AF_INET6, text, address) == 1)
        n = 16;
    entry = GENERAL_NAME_new();
    value = n > 0 ? ASN1_OCTET_STRING_new() : ASN1_IA5STRING_new();
    if (!entry || !value ||
        !ASN1_STRING_set(value, n > 0 ? (const void *)address : text, n > 0 ? n : (int)name.n)) {
        ASN1_STRING_free(value);
        GENERAL_NAME_free(entry);
        return NULL;
    }
    GENERAL_NAME_set0_value(entry, n > 0 ? GEN_IPADD : GEN_DNS, value);
    return entry;
}

static int add_names(X509 *cert, const struct view *names, size_t count)
{
    GENERAL_NAMES *all = GENERAL_NAMES_new();
    int good = all != NULL;

    for (size_t i = 0; i < count && good; i++) {
        GENERAL_NAME *entry = general_name(names[i]);

        good = entry && sk_GENERAL_NAME_push(all, entry) > 0;
        if (!good)
            GENERAL_NAME_free(entry);
    }
    good = good && X509_add1_ext_i2d(cert, NID_subject_alt_name, all, 0, X509V3_ADD_DEFAULT) == 1;
    GENERAL_NAMES_free(all);
    return good ? 0 : -1;
}

static X509 *new_cert(EVP_PKEY *key, struct view name, int64_t now, int64_t life)
{
    X509 *cert = X509_new();

    if (cert && X509_set_version(cert, X509_VERSION_3) && X509_set_pubkey(cert, key) &&
        set_serial(cert) == 0 && set_times(cert, now, life) == 0 && set_name(cert, name) == 0)
        return cert;
    X509_free(cert);
    return NULL;
}

static int sign(X509 *cert, const struct signer *by)
{
    return X509_set_issuer_name(cert, X509_get_subject_name(by->cert)) &&
                   add_extension(cert, by->cert, NID_authority_key_identifier, "keyid:always") ==
                       0 &&
                   X509_sign(cert, by->key, EVP_sha256())
               ? 0
               : -1;
}

static void take_text(BIO *from, struct buf *to)
{
    char *text;
    long n = BIO_get_mem_data(from, &text);

    buf_add(to, (struct view){text, (size_t)n});
}

/* Fills a pair with PEM; its not_after comes from judging what was made. */
static int write_pair(struct pair *p, X509 *cert, EVP_PKEY *key, int64_t now, struct buf *why)
{
    BIO *cert_text = BIO_new(BIO_s_mem()), *key_text = BIO_new(BIO_s_secmem());
    int status = -1;

    if (cert_text && key_text && PEM_write_bio_X509(cert_text, cert) &&
        PEM_write_bio_PrivateKey(key_text, key, NULL, NULL, 0, NULL, NULL)) {
        take_text(cert_text, &p->cert);
        take_text(key_text, &p->key);
        status = pair_judge(p, "the new certificate", "the new key", now, why);
    } else {
        fail(why);
    }
    BIO_free(cert_text);
    BIO_free(key_text);
    if (status < 0)
        pair_release(p);
    return status;
}

int issue_ca(struct pair *ca, const char *common_name, int64_t now, int64_t life, struct buf *why)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = key ? new_cert(key, view_of(common_name), now, life) : NULL;
    struct signer self = {cert, key};
    int status;

    pair_init(ca);
    if (cert &&
        add_extension(cert, cert, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") == 0 &&
        add_extension(cert, cert, NID_key_usage, "critical,keyCertSign,cRLSign") == 0 &&
        add_extension(cert, cert, NID_subject_key_identifier, "hash") == 0 &&
        sign(cert, &self) == 0)
        status = write_pair(ca, cert, key, now, why);
    else
        status = fail(why);
    X509_free(cert);
    EVP_PKEY_free(key);
    return status;
}

static int open_signer(struct signer *s, const struct pair *ca)
{
    BIO *cert = BIO_new_mem_buf(ca->cert.p, (int)ca->cert.n);
    BIO *key = BIO_new_mem_buf(ca->key.p, (int)ca->key.n);

    s->cert = cert ? PEM_read_bio_X509(cert, NULL, NULL, NULL) : NULL;
    s->key = key ? PEM_read_bio_PrivateKey(key, NULL, NULL, NULL) : NULL;
    BIO_free(cert);
    BIO_free(key);
    return s->cert && s->key ? 0 : -1;
}

static int end_with_signer(X509 *cert, const struct signer *by)
{
    const ASN1_TIME *last = X509_get0_notAfter(by->cert);

    if (ASN1_TIME_compare(X509_get0_notAfter(cert), last) <= 0)
        return 0;
    return X509_set1_notAfter(cert, last) ? 0 : -1;
}

int issue_leaf(struct pair *leaf, const struct pair *ca, const struct view *names, size_t count,
               int64_t now, int64_t life, struct buf *why)
{
    struct signer by = {NULL, NULL};
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = key && count > 0 ? new_cert(key, names[0], now, life) : NULL;
    int status;

    pair_init(leaf);
    if (cert && open_signer(&by, ca) == 0 && end_with_signer(cert, &by) == 0 &&
        add_names(cert, names, count) == 0 &&
        add_extension(cert, by.cert, NID_basic_constraints, "critical,CA:FALSE") == 0 &&
        add_extension(cert, by.cert, NID_key_usage, "critical,digitalSignature") == 0 &&
        add_extension(cert, by.cert, NID_ext_key_usage, "serverAuth") == 0 &&
        add_extension(cert, by.cert, NID_subject_key_identifier, "hash") == 0 &&
        sign(cert, &by) == 0)
        status = write_pair(leaf, cert, key, now, why);
    else
        status = fail(why);
    X509_free(cert);
    X509_free(by.cert);
    EVP_PKEY_free(key);
    EVP_PKEY_free(by.key);
    return status;
}
