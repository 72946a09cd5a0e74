#include "certs/pem.h"

#include "certs/issue.h"
#include "certs/limits.h"
#include "certs/pair.h"
#include "cmocka_all.h"

enum { NOW = 1795255200 };

static void what_is_made_is_read(void **state)
{
    const struct view names[] = {VIEW("gate.example.svc"), VIEW("192.0.2.7"), VIEW("2001:db8::7")};
    STACK_OF(X509) * chain;
    struct pair ca, leaf;
    struct buf text;
    EVP_PKEY *key;

    (void)state;
    buf_init(&text, LIMIT_PEM);
    assert_int_equal(issue_ca(&ca, "a test CA", NOW, 1000, &text), 0);
    assert_int_equal(issue_leaf(&leaf, &ca, names, 3, NOW, 500, &text), 0);
    buf_add(&text, buf_view(&leaf.cert));
    buf_add(&text, buf_view(&ca.cert));
    chain = pem_read_chain(buf_view(&text));
    assert_int_equal(sk_X509_num(chain), 2);
    assert_int_equal(pem_seconds(X509_get0_notAfter(sk_X509_value(chain, 0))), NOW + 500);
    buf_reset(&text);
    pem_names(sk_X509_value(chain, 0), &text);
    pem_names(sk_X509_value(chain, 1), &text);
    assert_string_equal(text.p, "gate.example.svc\n192.0.2.7\n2001:db8::7\n");
    buf_reset(&text);
    assert_int_equal(pem_add_cert(&text, sk_X509_value(chain, 1)), 0);
    assert_true(view_eq(buf_view(&text), buf_view(&ca.cert)));
    pem_free_chain(chain);
    key = pem_read_key(buf_view(&leaf.key));
    assert_non_null(key);
    EVP_PKEY_free(key);
    assert_null(pem_read_key(buf_view(&leaf.cert)));
    chain = pem_read_chain(VIEW(""));
    assert_int_equal(sk_X509_num(chain), 0);
    pem_free_chain(chain);
    pair_release(&ca);
    pair_release(&leaf);
    buf_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_made_is_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
