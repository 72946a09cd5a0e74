#include "certs/pair.h"

#include "certs/limits.h"
#include "certs/pem.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

void pair_init(struct pair *p)
{
    buf_init(&p->cert, LIMIT_PEM);
    buf_init(&p->key, LIMIT_PEM);
    p->not_after = 0;
}

void pair_release(struct pair *p)
{
    if (p->key.p)
        OPENSSL_cleanse(p->key.p, p->key.n);
    buf_release(&p->cert);
    buf_release(&p->key);
    p->not_after = 0;
}

static int read_all(int fd, struct buf *text)
{
    char block[4096];
    ssize_t n;

    while (!text->failed && (n = read(fd, block, sizeof(block))) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        buf_add(text, (struct view){block, (size_t)n});
    }
    OPENSSL_cleanse(block, sizeof(block));
    return 0;
}

int pair_read(const char *file, struct buf *text, struct buf *why)
{
    int fd = open(file, O_RDONLY | O_CLOEXEC), status;

    if (fd < 0) {
        buf_printf(why, "cannot open \"%s\": %s", file, strerror(errno));
        return -1;
    }
    status = read_all(fd, text);
    if (status < 0)
        buf_printf(why, "cannot read \"%s\": %s", file, strerror(errno));
    close(fd);
    if (status == 0 && text->failed) {
        buf_printf(why, "\"%s\" is larger than %d bytes", file, LIMIT_PEM);
        return -1;
    }
    return status;
}

static void write_date(int64_t seconds, struct buf *out)
{
    time_t t = (time_t)seconds;
    struct tm tm;
    char text[32];

    gmtime_r(&t, &tm);
    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
    buf_add_str(out, text);
}

static int judge_times(X509 *cert, const char *name, int64_t now, int64_t *not_after,
                       struct buf *why)
{
    int64_t from = pem_seconds(X509_get0_notBefore(cert));
    int64_t to = pem_seconds(X509_get0_notAfter(cert));

    if (now > to) {
        buf_printf(why, "a certificate of \"%s\" expired ", name);
        write_date(to, why);
        return -1;
    }
    if (now < from) {
        buf_printf(why, "a certificate of \"%s\" is not valid before ", name);
        write_date(from, why);
        return -1;
    }
    if (*not_after == 0 || to < *not_after)
        *not_after = to;
    return 0;
}

static int judge_signature(X509 *cert, X509 *signer, const char *name, struct buf *why)
{
    EVP_PKEY *key = X509_get0_pubkey(signer);
    int good = key ? X509_verify(cert, key) : 0;

    ERR_clear_error();
    if (good == 1)
        return 0;
    buf_printf(why, "a certificate of \"%s\" is not signed by the one that follows it", name);
    return -1;
}

static int judge_chain(STACK_OF(X509) * chain, const char *name, int64_t now, int64_t *not_after,
                       struct buf *why)
{
    int count = sk_X509_num(chain);

    *not_after = 0;
    for (int i = 0; i < count; i++)
        if (judge_times(sk_X509_value(chain, i), name, now, not_after, why) < 0)
            return -1;
    for (int i = 0; i + 1 < count; i++)
        if (judge_signature(sk_X509_value(chain, i), sk_X509_value(chain, i + 1), name, why) < 0)
            return -1;
    return 0;
}

int pair_judge(struct pair *p, const char *cert_name, const char *key_name, int64_t now,
               struct buf *why)
{
    STACK_OF(X509) *chain = pem_read_chain(buf_view(&p->cert));
    EVP_PKEY *key = pem_read_key(buf_view(&p->key));
    int status = -1;

    if (sk_X509_num(chain) <= 0)
        buf_printf(why, "\"%s\" holds no certificate in PEM form", cert_name);
    else if (!key)
        buf_printf(why, "\"%s\" holds no unencrypted private key in PEM form", key_name);
    else if (X509_check_private_key(sk_X509_value(chain, 0), key) != 1)
        buf_printf(why, "the key \"%s\" does not belong to the certificate \"%s\"", key_name,
                   cert_name);
    else
        status = judge_chain(chain, cert_name, now, &p->not_after, why);
    ERR_clear_error();
    EVP_PKEY_free(key);
    pem_free_chain(chain);
    return status;
}

int pair_load(struct pair *p, const char *cert_file, const char *key_file, int64_t now,
              struct buf *why)
{
    pair_init(p);
    if (pair_read(cert_file, &p->cert, why) == 0 && pair_read(key_file, &p->key, why) == 0 &&
        pair_judge(p, cert_file, key_file, now, why) == 0)
        return 0;
    pair_release(p);
    return -1;
}
