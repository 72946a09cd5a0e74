#ifndef TG_TESTS_UNIT_ROLLOUT_LOOPBACK_H
#define TG_TESTS_UNIT_ROLLOUT_LOOPBACK_H

#include "base/buf.h"
#include "base/view.h"
#include "certs/pair.h"

#include <arpa/inet.h>
#include <errno.h>
#include <gnutls/gnutls.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* A server on loopback that says what a test has it say, one connection after another. */

/* What is sent to one request: the head and body as they are (or nothing), then `filler` bytes; and
 * then it may hold the connection until the caller hangs up. */
struct loopback_reply {
    const char *text;
    size_t filler;
    bool hold;
};

struct loopback {
    const struct loopback_reply *replies; /* one a request; the last one is sent to the rest */
    size_t count;
    gnutls_certificate_credentials_t tls; /* or NULL */
    int fd;
    unsigned port;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct buf heard; /* guarded by lock, as the next: all requests */
    size_t requests;
};

/* Of the server of a leaf. */
static inline gnutls_certificate_credentials_t loopback_credentials(const struct pair *leaf)
{
    gnutls_datum_t cert = {(unsigned char *)leaf->cert.p, (unsigned)leaf->cert.n};
    gnutls_datum_t key = {(unsigned char *)leaf->key.p, (unsigned)leaf->key.n};
    gnutls_certificate_credentials_t c;

    gnutls_certificate_allocate_credentials(&c);
    assert_int_equal(gnutls_certificate_set_x509_key_mem(c, &cert, &key, GNUTLS_X509_FMT_PEM), 0);
    return c;
}

struct loopback_peer {
    int fd;
    gnutls_session_t tls;
};

static inline ssize_t loopback_receive(struct loopback_peer *peer, char *p, size_t n)
{
    return peer->tls ? gnutls_record_recv(peer->tls, p, n) : recv(peer->fd, p, n, 0);
}

static inline bool loopback_send(struct loopback_peer *peer, const char *p, size_t n)
{
    while (n > 0) {
        ssize_t sent =
            peer->tls ? gnutls_record_send(peer->tls, p, n) : send(peer->fd, p, n, MSG_NOSIGNAL);

        if (sent <= 0)
            return false;
        p += sent;
        n -= (size_t)sent;
    }
    return true;
}

/* The bytes of the body that the head promises. */
static inline size_t loopback_promised(const char *head)
{
    const char *length = strcasestr(head, "\r\ncontent-length:");

    return length ? strtoul(length + 17, NULL, 10) : 0;
}

static inline bool loopback_hear(struct loopback_peer *peer, struct buf *request)
{
    char piece[4096];
    ssize_t n;

    while ((n = loopback_receive(peer, piece, sizeof(piece))) > 0) {
        const char *end;

        buf_add(request, (struct view){piece, (size_t)n});
        end = strstr(request->p, "\r\n\r\n");
        if (end && request->n >= (size_t)(end + 4 - request->p) + loopback_promised(request->p))
            return true;
    }
    return false;
}

static inline void loopback_say(struct loopback_peer *peer, const struct loopback_reply *reply)
{
    char filler[16384];
    char last;
    size_t left = reply->filler;

    memset(filler, 'x', sizeof(filler));
    if (reply->text && !loopback_send(peer, reply->text, strlen(reply->text)))
        return;
    while (left > 0) {
        size_t n = left < sizeof(filler) ? left : sizeof(filler);

        if (!loopback_send(peer, filler, n))
            return;
        left -= n;
    }
    while (reply->hold && loopback_receive(peer, &last, 1) > 0)
        ;
}

static inline bool loopback_greet(struct loopback *l, struct loopback_peer *peer)
{
    int result;

    if (!l->tls)
        return true;
    gnutls_init(&peer->tls, GNUTLS_SERVER | GNUTLS_NO_SIGNAL);
    gnutls_set_default_priority(peer->tls);
    gnutls_credentials_set(peer->tls, GNUTLS_CRD_CERTIFICATE, l->tls);
    gnutls_transport_set_int(peer->tls, peer->fd);
    do
        result = gnutls_handshake(peer->tls);
    while (result < 0 && !gnutls_error_is_fatal(result));
    return result == 0;
}

static inline void loopback_serve(struct loopback *l, struct loopback_peer *peer)
{
    const struct loopback_reply *reply = NULL;
    struct buf request;

    buf_init(&request, 1 << 24);
    if (loopback_greet(l, peer) && loopback_hear(peer, &request)) {
        pthread_mutex_lock(&l->lock);
        reply = &l->replies[l->requests < l->count ? l->requests : l->count - 1];
        buf_add(&l->heard, buf_view(&request));
        l->requests++;
        pthread_cond_broadcast(&l->changed);
        pthread_mutex_unlock(&l->lock);
        loopback_say(peer, reply);
    }
    if (peer->tls)
        gnutls_deinit(peer->tls);
    shutdown(peer->fd, SHUT_WR);
    buf_release(&request);
    close(peer->fd);
}

static inline void *loopback_run(void *arg)
{
    struct loopback *l = arg;
    struct loopback_peer peer = {0};

    while ((peer.fd = accept(l->fd, NULL, NULL)) >= 0 || errno == EINTR) {
        if (peer.fd >= 0)
            loopback_serve(l, &peer);
        peer = (struct loopback_peer){0};
    }
    return NULL;
}

/* The replies and, where it speaks TLS, the credentials are set; the rest is zero. */
static inline void loopback_start(struct loopback *l)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);

    l->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(l->fd, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(l->fd, 64), 0);
    getsockname(l->fd, (struct sockaddr *)&address, &size);
    l->port = ntohs(address.sin_port);
    pthread_mutex_init(&l->lock, NULL);
    pthread_cond_init(&l->changed, NULL);
    buf_init(&l->heard, 1 << 24);
    assert_int_equal(pthread_create(&l->thread, NULL, loopback_run, l), 0);
}

/* Who asks it has hung up. */
static inline void loopback_stop(struct loopback *l)
{
    shutdown(l->fd, SHUT_RDWR);
    pthread_join(l->thread, NULL);
    close(l->fd);
    pthread_mutex_destroy(&l->lock);
    pthread_cond_destroy(&l->changed);
    buf_release(&l->heard);
}

/* Until so many requests were heard; what was heard can then be read, unless more come. */
static inline void loopback_await(struct loopback *l, size_t requests)
{
    pthread_mutex_lock(&l->lock);
    while (l->requests < requests)
        pthread_cond_wait(&l->changed, &l->lock);
    pthread_mutex_unlock(&l->lock);
}

#endif
