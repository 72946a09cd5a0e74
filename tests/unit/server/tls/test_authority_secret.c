#include "server/tls/authority_secret.h"

#include "certs/authority.h"
#include "cmocka_all.h"

#include <jansson.h>

enum { NOW = 1795255200 };

static void fill(struct buf *b, const char *text)
{
    buf_reset(b);
    buf_add_str(b, text);
}

static const char *data(const json_t *secret, const char *key)
{
    return json_string_value(json_object_get(json_object_get(secret, "data"), key));
}

static json_t *annotations(const json_t *secret)
{
    return json_object_get(json_object_get(secret, "metadata"), "annotations");
}

static void what_is_written_is_read(void **state)
{
    struct authority a, b;
    json_t *secret = authority_secret_new("tidegate-tls");

    (void)state;
    authority_init(&a);
    fill(&a.leaf, "leaf");
    fill(&a.leaf_key, "key");
    fill(&a.bundle, "bundle");
    fill(&a.ca_key, "ca");
    fill(&a.next_key, "next");
    a.published = NOW;
    a.superseded_until = NOW + 1;
    assert_true(authority_secret_is_ours(secret));
    json_object_set_new(annotations(secret), "of/others", json_string("x"));
    assert_int_equal(authority_secret_write(secret, &a), 0);
    assert_string_equal(json_string_value(json_object_get(secret, "type")), "kubernetes.io/tls");
    assert_string_equal(data(secret, "tls.crt"), "bGVhZg==");
    assert_int_equal(authority_secret_read(secret, &b), 0);
    assert_string_equal(b.leaf.p, "leaf");
    assert_string_equal(b.leaf_key.p, "key");
    assert_string_equal(b.bundle.p, "bundle");
    assert_string_equal(b.ca_key.p, "ca");
    assert_string_equal(b.next_key.p, "next");
    assert_int_equal(b.published, NOW);
    assert_int_equal(b.superseded_until, NOW + 1);
    authority_release(&b);

    buf_reset(&a.next_key);
    a.published = 0;
    assert_int_equal(authority_secret_write(secret, &a), 0);
    assert_null(data(secret, "next-ca.key"));
    assert_int_equal(json_object_size(annotations(secret)), 3);
    authority_release(&a);
    json_decref(secret);
}

static void whose_it_is(void **state)
{
    static const struct {
        const char *secret;
        bool is_ours;
    } table[] = {
        {"{}", false},
        {"{\"metadata\": {\"annotations\": null}}", false},
        {"{\"metadata\": {\"annotations\": {\"tidegate.dev/certificates\": \"1\"}}}", true},
        {"{\"metadata\": {\"annotations\": {\"tidegate.dev/certificates\": \"2\"}}}", false},
        {"{\"metadata\": {\"annotations\": {\"tidegate.dev/certificates\": \"1\","
         " \"cert-manager.io/certificate-name\": \"x\"}}}",
         false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        json_t *secret = json_loads(table[i].secret, 0, NULL);

        assert_int_equal(authority_secret_is_ours(secret), table[i].is_ours);
        json_decref(secret);
    }
}

static void what_others_wrote(void **state)
{
    static const char text[] = "{\"data\": {\"tls.crt\": \"bGVhZg==\", \"tls.key\": \"%\","
                               " \"ca.crt\": 1, \"ca.key\": \"bGVhZg==\"}}";
    json_t *secret = json_loads(text, 0, NULL);
    struct authority a;

    (void)state;
    assert_int_equal(authority_secret_read(secret, &a), 0);
    assert_string_equal(a.leaf.p, "leaf");
    assert_int_equal(a.leaf_key.n, 0);
    assert_int_equal(a.bundle.n, 0);
    assert_int_equal(a.ca_key.n, 0);
    authority_release(&a);
    json_decref(secret);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(whose_it_is),
        cmocka_unit_test(what_others_wrote),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
