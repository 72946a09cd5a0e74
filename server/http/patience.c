#include "server/http/patience.h"

#include "base/clock.h"
#include "server/limits.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

static const int64_t first_time = LIMIT_FIRST_TIME * INT64_C(1000000000);

/* https://man7.org/linux/man-pages/man7/tcp.7.html */
static uint64_t received(int fd)
{
    struct tcp_info tcp = {0};
    socklen_t size = sizeof(tcp);

    return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &tcp, &size) == 0 ? tcp.tcpi_bytes_received : 0;
}

/* A request that arrived in time, and was not read because the threads were busy, is not the
 * caller's fault. */
static bool is_unread(int fd)
{
    int n = 0;

    return ioctl(fd, FIONREAD, &n) == 0 && n > 0;
}

static void end_if_idle(struct patience_link *link, int64_t now)
{
    if (!link->waits)
        return;
    if (link->until == 0 && received(link->fd) != link->received)
        link->until = now + first_time;
    if (link->until == 0 || now < link->until || is_unread(link->fd))
        return;
    link->waits = false;
    shutdown(link->fd, SHUT_RDWR);
}

static void *run_patience(void *arg)
{
    struct patience *p = arg;
    int64_t at = clock_monotonic_ns();

    worker_lock(&p->worker);
    while (!p->worker.stopping) {
        at += INT64_C(1000000000);
        while (!p->worker.stopping && worker_wait(&p->worker, at))
            ;
        for (struct patience_link *link = p->first; link; link = link->next)
            end_if_idle(link, clock_monotonic_ns());
    }
    worker_unlock(&p->worker);
    return NULL;
}

int patience_start(struct patience *p)
{
    *p = (struct patience){.first = NULL};
    worker_init(&p->worker);
    if (worker_start(&p->worker, run_patience, p) == 0)
        return 0;
    worker_release(&p->worker);
    return -1;
}

void patience_stop(struct patience *p)
{
    worker_release(&p->worker);
}

void patience_add(struct patience *p, struct patience_link *link, int fd)
{
    *link =
        (struct patience_link){.fd = fd, .waits = true, .until = clock_monotonic_ns() + first_time};
    worker_lock(&p->worker);
    link->next = p->first;
    if (p->first)
        p->first->prev = link;
    p->first = link;
    worker_unlock(&p->worker);
}

void patience_remove(struct patience *p, struct patience_link *link)
{
    worker_lock(&p->worker);
    if (link->prev)
        link->prev->next = link->next;
    else
        p->first = link->next;
    if (link->next)
        link->next->prev = link->prev;
    worker_unlock(&p->worker);
}

void patience_met(struct patience *p, struct patience_link *link)
{
    worker_lock(&p->worker);
    link->waits = false;
    worker_unlock(&p->worker);
}

void patience_again(struct patience *p, struct patience_link *link)
{
    uint64_t so_far = received(link->fd);

    worker_lock(&p->worker);
    link->waits = true;
    link->until = 0;
    link->received = so_far;
    worker_unlock(&p->worker);
}
