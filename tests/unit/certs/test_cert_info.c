#include "certs/cert_info.h"

#include "certs/issue.h"
#include "certs/pair.h"
#include "cmocka_all.h"

enum { NOW = 1795255200 };

static void see(void *ctx, const struct cert_info *facts)
{
    struct buf *out = ctx;

    assert_true(facts->serial.n == 40);
    buf_printf(out, "%s by %s, %s, %d to %d, %.*s", facts->subject.p, facts->issuer.p,
               facts->is_ca ? "a CA" : "no CA", (int)(facts->from - NOW), (int)(facts->to - NOW),
               VIEW_ARGS(buf_view(&facts->names)));
}

static void what_is_told(void **state)
{
    const struct view names[] = {VIEW("gate.svc"), VIEW("192.0.2.7")};
    struct pair ca, leaf;
    struct buf text;

    (void)state;
    buf_init(&text, 4096);
    assert_int_equal(issue_ca(&ca, "a, CA", NOW, 1000, &text), 0);
    assert_int_equal(issue_leaf(&leaf, &ca, names, 2, NOW, 500, &text), 0);
    assert_int_equal(cert_info_each(buf_view(&leaf.cert), see, &text), 1);
    assert_string_equal(text.p,
                        "CN=gate.svc by CN=a\\, CA, no CA, -300 to 500, gate.svc\n192.0.2.7\n");
    buf_reset(&text);
    assert_int_equal(cert_info_each(buf_view(&ca.cert), see, &text), 1);
    assert_string_equal(text.p, "CN=a\\, CA by CN=a\\, CA, a CA, -300 to 1000, ");
    assert_int_equal(cert_info_each(VIEW("x"), see, &text), 0);
    pair_release(&ca);
    pair_release(&leaf);
    buf_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
