#include "certs/issue.h"
#include "certs/pair.h"
#include "cmocka_all.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

enum { NOW = 1795255200 };

static X509 *read_cert(const struct pair *p)
{
    BIO *in = BIO_new_mem_buf(p->cert.p, (int)p->cert.n);
    X509 *cert = PEM_read_bio_X509(in, NULL, NULL, NULL);

    BIO_free(in);
    return cert;
}

struct made {
    struct pair ca, leaf;
    struct buf why;
};

static int setup(void **state)
{
    const struct view names[] = {VIEW("gate.example.svc"), VIEW("127.0.0.1"), VIEW("::1")};
    struct made *m = calloc(1, sizeof(*m));

    buf_init(&m->why, 4096);
    assert_int_equal(issue_ca(&m->ca, "a test CA", NOW, 10 * 86400, &m->why), 0);
    assert_int_equal(issue_leaf(&m->leaf, &m->ca, names, 3, NOW, 5 * 86400, &m->why), 0);
    *state = m;
    return 0;
}

static int teardown(void **state)
{
    struct made *m = *state;

    pair_release(&m->ca);
    pair_release(&m->leaf);
    buf_release(&m->why);
    free(m);
    return 0;
}

static void a_client_accepts_the_leaf_for_each_of_its_names(void **state)
{
    struct made *m = *state;
    X509 *leaf = read_cert(&m->leaf), *ca = read_cert(&m->ca);
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();

    X509_STORE_add_cert(store, ca);
    X509_STORE_CTX_init(ctx, store, leaf, NULL);
    X509_STORE_CTX_set_purpose(ctx, X509_PURPOSE_SSL_SERVER);
    X509_VERIFY_PARAM_set_time(X509_STORE_CTX_get0_param(ctx), NOW);
    assert_int_equal(X509_verify_cert(ctx), 1);
    assert_int_equal(X509_check_host(leaf, "gate.example.svc", 0, 0, NULL), 1);
    assert_int_equal(X509_check_host(leaf, "other.example.svc", 0, 0, NULL), 0);
    assert_int_equal(X509_check_ip_asc(leaf, "127.0.0.1", 0), 1);
    assert_int_equal(X509_check_ip_asc(leaf, "::1", 0), 1);
    X509_STORE_CTX_free(ctx);
    X509_STORE_free(store);
    X509_free(leaf);
    X509_free(ca);
}

static void times_have_the_tolerance_and_the_leaf_ends_with_its_ca(void **state)
{
    struct made *m = *state;
    struct pair late;

    assert_int_equal(m->leaf.not_after, NOW + 5 * 86400);
    assert_int_equal(
        issue_leaf(&late, &m->ca, &(struct view){"x", 1}, 1, NOW, 400 * 86400, &m->why), 0);
    assert_int_equal(late.not_after, m->ca.not_after);
    pair_release(&late);
    assert_int_equal(pair_judge(&m->leaf, "c", "k", NOW - ISSUE_CLOCK_TOLERANCE, &m->why), 0);
    assert_int_equal(pair_judge(&m->leaf, "c", "k", NOW - ISSUE_CLOCK_TOLERANCE - 1, &m->why), -1);
    assert_string_equal(m->why.p,
                        "a certificate of \"c\" is not valid before 2026-11-21T09:55:00Z");
}

static void serial_numbers_are_random_and_positive(void **state)
{
    struct made *m = *state;
    X509 *leaf = read_cert(&m->leaf), *ca = read_cert(&m->ca);
    const ASN1_INTEGER *serial = X509_get0_serialNumber(leaf);

    assert_int_not_equal(ASN1_INTEGER_cmp(serial, X509_get0_serialNumber(ca)), 0);
    assert_int_equal(ASN1_STRING_type(serial), V_ASN1_INTEGER);
    assert_true(ASN1_STRING_length(serial) >= 19);
    X509_free(leaf);
    X509_free(ca);
}

static void broken_pairs_are_told_apart(void **state)
{
    struct made *m = *state;
    struct pair other = {0};
    struct buf why;
    struct view leaf = buf_view(&m->leaf.cert), ca = buf_view(&m->ca.cert);
    struct view leaf_key = buf_view(&m->leaf.key), ca_key = buf_view(&m->ca.key);
    const struct {
        const char *name;
        struct view cert, chain, key;
        int64_t now;
        const char *why;
    } cases[] = {
        {"the leaf with its authority", leaf, ca, leaf_key, NOW, ""},
        {"the key of another",
         leaf,
         {0},
         ca_key,
         NOW,
         "the key \"k\" does not belong to the certificate \"c\""},
        {"expired",
         leaf,
         {0},
         leaf_key,
         NOW + 6 * 86400,
         "a certificate of \"c\" expired 2026-11-26T10:00:00Z"},
        {"a chain in the wrong order", ca, leaf, ca_key, NOW,
         "a certificate of \"c\" is not signed by the one that follows it"},
        {"no certificate", leaf_key, {0}, leaf_key, NOW, "\"c\" holds no certificate in PEM form"},
        {"an empty file", {0}, {0}, leaf_key, NOW, "\"c\" holds no certificate in PEM form"},
        {"a truncated certificate",
         {leaf.p, leaf.n / 2},
         {0},
         leaf_key,
         NOW,
         "\"c\" holds no certificate in PEM form"},
        {"a good certificate and a broken one",
         leaf,
         {ca.p, ca.n / 2},
         leaf_key,
         NOW,
         "\"c\" holds no certificate in PEM form"},
        {"no key", leaf, {0}, leaf, NOW, "\"k\" holds no unencrypted private key in PEM form"},
    };

    buf_init(&why, 4096);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        pair_init(&other);
        buf_add(&other.cert, cases[i].cert);
        buf_add(&other.cert, cases[i].chain);
        buf_add(&other.key, cases[i].key);
        buf_reset(&why);
        assert_int_equal(pair_judge(&other, "c", "k", cases[i].now, &why),
                         cases[i].why[0] ? -1 : 0);
        assert_string_equal(buf_view(&why).p, cases[i].why);
        pair_release(&other);
    }
    buf_release(&why);
}

static void a_missing_file_is_named(void **state)
{
    struct made *m = *state;
    struct pair p;

    assert_int_equal(pair_load(&p, "/nowhere/tls.crt", "/nowhere/tls.key", NOW, &m->why), -1);
    assert_string_equal(m->why.p, "cannot open \"/nowhere/tls.crt\": No such file or directory");
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_client_accepts_the_leaf_for_each_of_its_names),
        CASE(times_have_the_tolerance_and_the_leaf_ends_with_its_ca),
        CASE(serial_numbers_are_random_and_positive),
        CASE(broken_pairs_are_told_apart),
        CASE(a_missing_file_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
