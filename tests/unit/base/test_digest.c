#include "base/digest.h"

#include "cmocka_all.h"
#include "unit/failing.h"

#include <string.h>

/* The example of FIPS 180-4. */
static void a_text_has_a_digest(void **state)
{
    unsigned char digest[DIGEST_BYTES];
    char hex[DIGEST_TEXT];

    (void)state;
    assert_int_equal(digest_of(VIEW("abc"), digest), 0);
    digest_hex(digest, sizeof(digest), hex);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    digest_hex(digest, 2, hex);
    assert_string_equal(hex, "ba78");
    assert_int_equal(digest_of((struct view){NULL, 0}, digest), 0);
}

/* It is told, and what is told is never the digest of something else. */
static void memory_runs_out(void **state)
{
    unsigned char right[DIGEST_BYTES], digest[DIGEST_BYTES];
    size_t n = 1, made;

    (void)state;
    failing_mark();
    assert_int_equal(digest_of(VIEW("abc"), right), 0);
    do {
        int status;

        memset(digest, 0, sizeof(digest));
        failing_begin(FAILING_MARKED, n, false);
        status = digest_of(VIEW("abc"), digest);
        made = failing_end();
        if (status == 0)
            assert_memory_equal(digest, right, sizeof(right));
        assert_true(status == 0 || digest[0] == 0);
    } while (n++ <= made);
    assert_true(n > 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_text_has_a_digest),
                                       cmocka_unit_test(memory_runs_out)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
