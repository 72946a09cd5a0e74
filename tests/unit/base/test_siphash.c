#include "base/siphash.h"

#include "cmocka_all.h"

#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdlib.h>

/* The key of the paper's test: 00 01 02 ... 0f. */
static const uint64_t key[2] = {0x0706050403020100, 0x0f0e0d0c0b0a0908};

static uint64_t by_openssl(struct view text)
{
    static const unsigned char bytes[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "SIPHASH", NULL);
    EVP_MAC_CTX *ctx = EVP_MAC_CTX_new(mac);
    unsigned size = 8;
    OSSL_PARAM params[] = {OSSL_PARAM_construct_uint("size", &size), OSSL_PARAM_construct_end()};
    unsigned char out[8];
    uint64_t hash = 0;
    size_t n;

    assert_int_equal(EVP_MAC_init(ctx, bytes, sizeof(bytes), params), 1);
    assert_int_equal(EVP_MAC_update(ctx, (const unsigned char *)text.p, text.n), 1);
    assert_int_equal(EVP_MAC_final(ctx, out, &n, sizeof(out)), 1);
    assert_int_equal(n, sizeof(out));
    for (size_t i = 0; i < sizeof(out); i++)
        hash |= (uint64_t)out[i] << 8 * i;
    EVP_MAC_CTX_free(ctx);
    EVP_MAC_free(mac);
    return hash;
}

/* Appendix A of the paper. */
static void of_the_paper(void **state)
{
    (void)state;
    assert_int_equal(siphash(key, VIEW("\0\1\2\3\4\5\6\7\10\11\12\13\14\15\16")),
                     0xa129ca6149be45e5);
}

static void as_openssl_has_it(void **state)
{
    char text[100];

    (void)state;
    srandom(1);
    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = (char)random();
    for (size_t n = 0; n <= sizeof(text); n++) {
        struct view v = {text, n};

        assert_true(siphash(key, v) == by_openssl(v));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_the_paper),
        cmocka_unit_test(as_openssl_has_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
