#ifndef TG_SERVER_HTTP_HTTP_H
#define TG_SERVER_HTTP_HTTP_H

#include "base/buf.h"
#include "base/view.h"
#include "server/http/body.h"

#include <stdbool.h>
#include <stdint.h>

struct log;
struct tls;

/* One HTTP request and its answer, without a socket: what routes are written and tested against. */
struct http_request {
    struct view method, path;
    struct view content_type; /* absent when the caller gave none */
    struct view timeout;      /* the query parameter of that name; absent when there is none */
    bool verbose;             /* the query parameter of that name is there */
    bool refused_caller;      /* the caller's certificate is missing or bad: problem says why */
    struct view problem;
    size_t announced; /* Content-Length, 0 without one */
    char *body;       /* what came, with BODY_PADDING writable bytes after it; may be NULL */
    size_t body_size;
    int64_t arrived; /* monotonic nanoseconds: when the headers came, read or not */
};

struct http_response {
    unsigned status;
    const char *content_type; /* a constant */
    const char *allow;        /* a constant for the Allow header, or NULL */
    struct buf body;
};

/* What the server does with requests; called by several threads at once. */
struct http_handler {
    void *ctx;
    /* Looks at the headers. Returns true when the body is wanted; else *response is the answer and
     * the body is read past. */
    bool (*screen)(void *ctx, const struct http_request *request, struct http_response *response);
    /* Answers the whole request. */
    void (*answer)(void *ctx, const struct http_request *request, struct http_response *response);
    /* Called with every answer. */
    void (*answered)(void *ctx, const struct http_request *request, unsigned status);
};

struct http_options {
    int listener;     /* a listening socket; the server's from the start on */
    unsigned threads; /* at least 1 */
    struct tls *tls;  /* outlives the server */
    struct log *log;  /* for what the library reports; outlives the server */
    struct http_handler handler;
};

struct http_server;

/* Serves HTTPS on a pool of threads. NULL when it cannot; the listener is then closed. */
struct http_server *http_start(const struct http_options *options);

/* From now on every answer asks its caller to close the connection. Any thread. */
void http_say_goodbye(struct http_server *s);

/* Takes no further connection, lets requests that are underway finish (for at most
 * LIMIT_DRAIN_TIME), closes everything and gives the memory back. NULL is allowed. */
void http_stop(struct http_server *s);

/* Fills a response with one line of text; the newline is added. */
void http_text(struct http_response *r, unsigned status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
