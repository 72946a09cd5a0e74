#include "certs/verify.h"

#include "certs/issue.h"
#include "certs/limits.h"
#include "certs/pair.h"
#include "cmocka_all.h"

enum { NOW = 1795255200 };

static void what_an_api_server_accepts(void **state)
{
    const struct view names[] = {VIEW("gate.example.svc"), VIEW("*.example.org"), VIEW("192.0.2.7"),
                                 VIEW("2001:db8::7")};
    struct pair ca, other, leaf;
    struct buf why, both;

    (void)state;
    buf_init(&why, 1024);
    buf_init(&both, LIMIT_PEM);
    assert_int_equal(issue_ca(&ca, "Tidegate CA", NOW, 1000, &why), 0);
    assert_int_equal(issue_ca(&other, "Tidegate CA", NOW, 1000, &why), 0);
    assert_int_equal(issue_leaf(&leaf, &ca, names, 4, NOW, 500, &why), 0);
    buf_add(&both, buf_view(&other.cert));
    buf_add(&both, buf_view(&ca.cert));
    {
        const struct view chain = buf_view(&leaf.cert), bundle = buf_view(&ca.cert);
        const struct {
            struct view chain, bundle;
            const char *name;
            int64_t now;
            int is;
            const char *why;
        } cases[] = {
            {chain, bundle, "gate.example.svc", NOW, 1, ""},
            {chain, bundle, NULL, NOW, 1, ""},
            {chain, buf_view(&both), "gate.example.svc", NOW, 1, ""},
            {chain, bundle, "a.example.org", NOW, 1, ""},
            {chain, bundle, "192.0.2.7", NOW, 1, ""},
            {chain, bundle, "2001:db8:0::7", NOW, 1, ""},
            {chain, bundle, "gate.example.svc", NOW + 499, 1, ""},
            {chain, bundle, "gate.example.svc", NOW - ISSUE_CLOCK_TOLERANCE, 1, ""},
            {chain, bundle, "192.0.2.8", NOW, 0, "it is not for the name \"192.0.2.8\""},
            {chain, bundle, "", NOW, 0, "it is not for the name \"\""},
            {chain, bundle, "b.a.example.org", NOW, 0,
             "it is not for the name \"b.a.example.org\""},
            {chain, bundle, NULL, NOW + 500, 0,
             "it is not accepted by the bundle: certificate has expired"},
            {chain, bundle, NULL, NOW - ISSUE_CLOCK_TOLERANCE - 1, 0,
             "it is not accepted by the bundle: certificate is not yet valid"},
            {chain, buf_view(&other.cert), NULL, NOW, 0,
             "it is not accepted by the bundle: unable to get local issuer certificate"},
            {VIEW("x"), bundle, NULL, NOW, -1, "there is no certificate in PEM form"},
            {chain, VIEW(""), NULL, NOW, -1, "the bundle holds no certificate in PEM form"},
        };

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
            buf_reset(&why);
            print_message("%s, %s\n", cases[i].name ? cases[i].name : "any name", cases[i].why);
            assert_int_equal(verify_server(cases[i].chain, cases[i].bundle, view_of(cases[i].name),
                                           cases[i].now, &why),
                             cases[i].is);
            assert_string_equal(why.n > 0 ? why.p : "", cases[i].why);
        }
        assert_true(verify_name(chain, names[1]) || verify_name(chain, VIEW("x.example.org")));
        assert_false(verify_name(VIEW(""), names[0]));
    }
    pair_release(&ca);
    pair_release(&other);
    pair_release(&leaf);
    buf_release(&why);
    buf_release(&both);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_an_api_server_accepts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
