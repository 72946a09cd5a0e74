#include "server/http/listen.h"

#include "base/buf.h"
#include "cmocka_all.h"
#include "server/limits.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void addresses(void **state)
{
    static const struct {
        const char *address, *begin, *why;
    } cases[] = {
        {"127.0.0.1:0", "127.0.0.1:", NULL},
        {"localhost:0", "127.0.0.1:", NULL},
        {":0", "0.0.0.0:", NULL},
        {"", NULL, "\"\" is not an address to listen on: write one like 127.0.0.1:8443"},
        {"127.0.0.1", NULL,
         "\"127.0.0.1\" is not an address to listen on: write one like 127.0.0.1:8443"},
        {"::1:0", NULL, "\"::1:0\" is not an address to listen on: write one like 127.0.0.1:8443"},
        {":65536", NULL,
         "\":65536\" is not an address to listen on: write one like 127.0.0.1:8443"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char where[LISTEN_ADDRESS] = "";
        struct buf why;
        int fd;

        buf_init(&why, 256);
        fd = listen_open(view_of(cases[i].address), where, &why);
        if (cases[i].why) {
            assert_int_equal(fd, -1);
            assert_string_equal(why.p, cases[i].why);
        } else {
            assert_true(fd >= 0);
            assert_true(view_starts(view_of(where), cases[i].begin));
            close(fd);
        }
        buf_release(&why);
    }
}

/* The most that the kernel lets a queue have. */
static unsigned kernel_limit(void)
{
    FILE *f = fopen("/proc/sys/net/core/somaxconn", "r");
    unsigned n = 0;

    assert_non_null(f);
    assert_int_equal(fscanf(f, "%u", &n), 1);
    fclose(f);
    return n;
}

/* Of a socket that listens, tcpi_sacked is the length of its queue. */
static void the_queue_has_a_limit(void **state)
{
    char where[LISTEN_ADDRESS];
    struct tcp_info info = {0};
    socklen_t size = sizeof(info);
    unsigned most = kernel_limit();
    struct buf why;
    int fd;

    (void)state;
    buf_init(&why, 256);
    fd = listen_open(VIEW("127.0.0.1:0"), where, &why);
    assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size), 0);
    assert_int_equal(info.tcpi_sacked, most < LIMIT_BACKLOG ? most : LIMIT_BACKLOG);
    close(fd);
    buf_release(&why);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses),
        cmocka_unit_test(the_queue_has_a_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
