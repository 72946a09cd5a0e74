#include "server/http/patience.h"

#include "base/sys/clock.h"
#include "server/limits.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>

static const int64_t first_time = LIMIT_FIRST_TIME * INT64_C(1000000000);

/* https://man7.org/linux/man-pages/man7/tcp.7.html */
static uint64_t received(int fd)
{
    struct tcp_info tcp = {0};
    socklen_t size = sizeof(tcp);

    return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &tcp, &size) == 0 ? tcp.tcpi_bytes_received : 0;
}

/* What came in time and was not read, for the threads are busy, is no fault of the caller. */
static bool is_unread(int fd)
{
    int n = 0;

    return ioctl(fd, FIONREAD, &n) == 0 && n > 0;
}

static void look_at(struct patience_link *link, int64_t now)
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

static void *run(void *arg)
{
    struct patience *p = arg;
    struct timespec at;

    clock_gettime(CLOCK_MONOTONIC, &at);
    pthread_mutex_lock(&p->lock);
    while (!p->stopping) {
        at.tv_sec++;
        while (!p->stopping &&
               pthread_cond_clockwait(&p->stops, &p->lock, CLOCK_MONOTONIC, &at) == 0)
            ;
        for (struct patience_link *link = p->first; link; link = link->next)
            look_at(link, clock_monotonic_ns());
    }
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

int patience_start(struct patience *p)
{
    *p = (struct patience){.first = NULL};
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->stops, NULL);
    if (pthread_create(&p->thread, NULL, run, p) == 0)
        return 0;
    pthread_cond_destroy(&p->stops);
    pthread_mutex_destroy(&p->lock);
    return -1;
}

void patience_stop(struct patience *p)
{
    pthread_mutex_lock(&p->lock);
    p->stopping = true;
    pthread_cond_signal(&p->stops);
    pthread_mutex_unlock(&p->lock);
    pthread_join(p->thread, NULL);
    pthread_cond_destroy(&p->stops);
    pthread_mutex_destroy(&p->lock);
}

void patience_add(struct patience *p, struct patience_link *link, int fd)
{
    *link =
        (struct patience_link){.fd = fd, .waits = true, .until = clock_monotonic_ns() + first_time};
    pthread_mutex_lock(&p->lock);
    link->next = p->first;
    if (p->first)
        p->first->prev = link;
    p->first = link;
    pthread_mutex_unlock(&p->lock);
}

void patience_remove(struct patience *p, struct patience_link *link)
{
    pthread_mutex_lock(&p->lock);
    if (link->prev)
        link->prev->next = link->next;
    else
        p->first = link->next;
    if (link->next)
        link->next->prev = link->prev;
    pthread_mutex_unlock(&p->lock);
}

void patience_met(struct patience *p, struct patience_link *link)
{
    pthread_mutex_lock(&p->lock);
    link->waits = false;
    pthread_mutex_unlock(&p->lock);
}

void patience_again(struct patience *p, struct patience_link *link)
{
    uint64_t so_far = received(link->fd);

    pthread_mutex_lock(&p->lock);
    link->waits = true;
    link->until = 0;
    link->received = so_far;
    pthread_mutex_unlock(&p->lock);
}
