#include "server/tls/tls.h"

#include "certs/issue.h"
#include "certs/pair.h"
#include "cmocka_all.h"
#include "server/limits.h"

#include <string.h>

enum { NOW = 1795255200 };

static void a_chain_has_a_limit(void **state)
{
    struct pair ca, leaf;
    struct buf why;

    (void)state;
    buf_init(&why, 256);
    assert_int_equal(issue_ca(&ca, "a test CA", NOW, 10 * 86400, &why), 0);
    assert_int_equal(issue_leaf(&leaf, &ca, &(struct view){"a", 1}, 1, NOW, 5 * 86400, &why), 0);
    for (int n = 2; n <= LIMIT_CHAIN + 1; n++) {
        struct tls *tls;

        buf_add(&leaf.cert, buf_view(&ca.cert));
        tls = tls_create(&leaf, (struct view){NULL, 0}, &why);
        assert_int_equal(tls == NULL, n > LIMIT_CHAIN);
        tls_free(tls);
    }
    assert_string_equal(why.p, "the chain is longer than 10 certificates");
    pair_release(&leaf);
    pair_release(&ca);
    buf_release(&why);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_chain_has_a_limit)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
