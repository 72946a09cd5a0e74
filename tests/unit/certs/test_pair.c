#include "certs/pair.h"

#include "certs/limits.h"
#include "cmocka_all.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static void a_file_has_a_limit(void **state)
{
    char name[] = "/tmp/tidegate-test-XXXXXX";
    int fd = mkstemp(name);
    struct buf why;

    (void)state;
    buf_init(&why, 256);
    for (size_t n = LIMIT_PEM - 1; n <= LIMIT_PEM + 1; n++) {
        struct pair p;

        assert_int_equal(ftruncate(fd, (off_t)n), 0);
        pair_init(&p);
        assert_int_equal(pair_read(name, &p.cert, &why), n > LIMIT_PEM ? -1 : 0);
        if (n <= LIMIT_PEM)
            assert_int_equal(p.cert.n, n);
        pair_release(&p);
    }
    assert_true(view_ends(buf_view(&why), "\" is larger than 262144 bytes"));
    buf_release(&why);
    close(fd);
    unlink(name);
}

static void a_file_without_end_ends_there(void **state)
{
    struct pair p;
    struct buf why;

    (void)state;
    buf_init(&why, 256);
    pair_init(&p);
    assert_int_equal(pair_read("/dev/zero", &p.key, &why), -1);
    assert_string_equal(why.p, "\"/dev/zero\" is larger than 262144 bytes");
    pair_release(&p);
    buf_release(&why);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_has_a_limit),
        cmocka_unit_test(a_file_without_end_ends_there),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
