#include "server/http/listen.h"

#include "base/buf.h"
#include "server/limits.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct parts {
    char host[64];
    char port[8];
};

static bool is_port(struct view v)
{
    unsigned n = 0;

    if (v.n == 0 || v.n > 5)
        return false;
    for (size_t i = 0; i < v.n; i++) {
        if (v.p[i] < '0' || v.p[i] > '9')
            return false;
        n = n * 10 + (unsigned)(v.p[i] - '0');
    }
    return n <= 65535;
}

static int split(struct view address, struct parts *out)
{
    ptrdiff_t colon = view_rfind(address, ':');
    struct view host = view_first(address, colon < 0 ? 0 : (size_t)colon);
    struct view port = colon < 0 ? (struct view){NULL, 0} : view_from(address, (size_t)colon + 1);

    if (view_starts(host, "[") && view_ends(host, "]"))
        host = view_first(view_from(host, 1), host.n - 2);
    else if (view_find(host, ':') >= 0)
        return -1;
    if (host.n == 0)
        host = VIEW("0.0.0.0");
    if (view_eq_str(host, "localhost"))
        host = VIEW("127.0.0.1");
    if (!is_port(port) || host.n >= sizeof(out->host))
        return -1;
    snprintf(out->host, sizeof(out->host), "%.*s", VIEW_ARGS(host));
    snprintf(out->port, sizeof(out->port), "%.*s", VIEW_ARGS(port));
    return 0;
}

static int open_socket(const struct addrinfo *info)
{
    int on = 1, saved;
    int fd = socket(info->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(fd, info->ai_addr, info->ai_addrlen) == 0 && listen(fd, LIMIT_BACKLOG) == 0)
        return fd;
    saved = errno;
    close(fd);
    errno = saved;
    return -1;
}

static void write_address(int fd, char where[LISTEN_ADDRESS])
{
    struct sockaddr_storage bound;
    socklen_t size = sizeof(bound);
    char host[64] = "?", port[8] = "?";

    getsockname(fd, (struct sockaddr *)&bound, &size);
    getnameinfo((struct sockaddr *)&bound, size, host, sizeof(host), port, sizeof(port),
                NI_NUMERICHOST | NI_NUMERICSERV);
    snprintf(where, LISTEN_ADDRESS, bound.ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
}

int listen_open(struct view address, char where[LISTEN_ADDRESS], struct buf *why)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC,
                             .ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE};
    struct addrinfo *info = NULL;
    struct parts parts;
    int fd;

    if (split(address, &parts) < 0 || getaddrinfo(parts.host, parts.port, &hints, &info) != 0) {
        buf_printf(why, "\"%.*s\" is not an address to listen on: write one like 127.0.0.1:8443",
                   VIEW_ARGS(address));
        return -1;
    }
    fd = open_socket(info);
    if (fd < 0)
        buf_printf(why, "cannot listen on %.*s: %s", VIEW_ARGS(address), strerror(errno));
    else
        write_address(fd, where);
    freeaddrinfo(info);
    return fd;
}
