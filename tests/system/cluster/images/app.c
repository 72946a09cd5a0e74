/* The program of the trials' pods: an HTTP server that misbehaves as its environment says.
 *
 *   VERSION=v1       GET / answers with it; the image's tag unless the pod says otherwise
 *   PORT=8080
 *   STATUS=200       of GET /
 *   HEALTH=200       of GET /health, or of what HEALTH_PATH names
 *   READY=200        of GET /ready, or of what READY_PATH names
 *   FLAP=0           seconds after which /ready turns to 503, and back, over and over
 *   ERROR_PERCENT=0  share of the requests that http_errors_total counts, whatever their answer
 *   HANG=0           1: never listens
 *   EXIT_AFTER=      seconds until it ends, with EXIT_CODE (1) and, if that is not 0, last words
 *   EAT_AFTER=       seconds until it takes memory for as long as it is let
 *   LINGER=3         seconds after SIGTERM in which it still answers, as a preStop hook gives them:
 *                    an endpoint needs that long to go from everywhere
 *
 * GET /metrics has http_requests_total and http_errors_total, in which every request counts.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t asked_to_end;

static const char *version;
static int status, health, ready, flap, error_percent;
static unsigned long requests, errors;
static double started;

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static const char *text(const char *name, const char *otherwise)
{
    const char *value = getenv(name);

    return value && *value ? value : otherwise;
}

static int number(const char *name, int otherwise)
{
    const char *value = text(name, NULL);

    return value ? atoi(value) : otherwise;
}

static void on_signal(int signal)
{
    (void)signal;
    asked_to_end = 1;
}

static void last_words(int code)
{
    fprintf(stderr,
            "panic: cannot connect to \"postgres://db:5432\": connection refused\n"
            "\tat open_pool (db.c:112)\n"
            "\tat main (app.c:34)\n"
            "app %s ends with code %d\n",
            version, code);
}

static void eat(void)
{
    const size_t bite = 4 << 20;

    for (;;) {
        char *bytes = malloc(bite);

        if (bytes)
            memset(bytes, 1, bite);
        usleep(10000);
    }
}

static int readiness(void)
{
    if (flap > 0 && (long)(now() - started) / flap % 2 == 1)
        return 503;
    return ready;
}

/* Writes what GET path is answered with into body, and returns the status. */
static int answer(const char *path, char *body, size_t size)
{
    snprintf(body, size, "%s\n", version);
    if (strcmp(path, "/") == 0)
        return status;
    if (strcmp(path, text("HEALTH_PATH", "/health")) == 0)
        return health;
    if (strcmp(path, text("READY_PATH", "/ready")) == 0)
        return readiness();
    if (strcmp(path, "/metrics") != 0)
        return 404;
    snprintf(body, size,
             "# TYPE http_requests_total counter\n"
             "http_requests_total{version=\"%s\"} %lu\n"
             "# TYPE http_errors_total counter\n"
             "http_errors_total{version=\"%s\"} %lu\n",
             version, requests, version, errors);
    return 200;
}

static void count(void)
{
    requests++;
    errors = requests * (unsigned long)error_percent / 100;
}

/* One request a connection, in one read: those who ask are probes and tests. */
static void serve(int fd)
{
    const struct timeval patience = {.tv_sec = 10};
    char request[4096], path[256] = "", body[1024], head[256];
    ssize_t length;
    int code, head_length;

    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    length = read(fd, request, sizeof(request) - 1);
    if (length <= 0)
        return;
    request[length] = '\0';
    sscanf(request, "%*s %255[^ ?]", path);
    code = answer(path, body, sizeof(body));
    head_length = snprintf(head, sizeof(head),
                           "HTTP/1.1 %d %s\r\nContent-Type: text/plain; version=0.0.4\r\n"
                           "Content-Length: %zu\r\nConnection: close\r\n\r\n",
                           code, code == 200 ? "OK" : "Not OK", strlen(body));
    if (write(fd, head, (size_t)head_length) > 0 && write(fd, body, strlen(body)) > 0)
        shutdown(fd, SHUT_WR);
}

static int listen_on(int port)
{
    const struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    const int on = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, 128) < 0) {
        fprintf(stderr, "cannot listen on port %d: %s\n", port, strerror(errno));
        exit(1);
    }
    return fd;
}

/* A process a connection: on a busy machine a client may connect a second before it asks, and
 * neither it nor a probe behind it may be sent away for that. */
static void serve_apart(int listener, int peer)
{
    pid_t child = fork();

    if (child > 0)
        return;
    if (child == 0)
        close(listener);
    serve(peer);
    if (child == 0)
        _exit(0);
}

/* Answers all who ask until the instant given; with fd -1 nobody. A signal to end ends it sooner.
 */
static void serve_until(int fd, double instant, int ended_by_signal)
{
    struct pollfd listener = {.fd = fd, .events = POLLIN};

    while (now() < instant && !(ended_by_signal && asked_to_end)) {
        int peer;

        poll(&listener, 1, 20);
        if (fd >= 0 && (peer = accept(fd, NULL, NULL)) >= 0) {
            count();
            serve_apart(fd, peer);
            close(peer);
        }
    }
}

int main(void)
{
    const double forever = 1e9;
    const int exit_after = number("EXIT_AFTER", -1), eat_after = number("EAT_AFTER", -1);
    const int exit_code = number("EXIT_CODE", 1), linger = number("LINGER", 3);
    int fd;

    started = now();
    version = text("VERSION", "v0");
    status = number("STATUS", 200);
    health = number("HEALTH", 200);
    ready = number("READY", 200);
    flap = number("FLAP", 0);
    error_percent = number("ERROR_PERCENT", 0);
    signal(SIGTERM, on_signal);
    signal(SIGINT, on_signal);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGCHLD, SIG_IGN);
    fprintf(stderr, "app %s starts\n", version);

    fd = number("HANG", 0) ? -1 : listen_on(number("PORT", 8080));
    serve_until(fd,
                started + (exit_after >= 0  ? exit_after
                           : eat_after >= 0 ? eat_after
                                            : forever),
                1);
    if (asked_to_end) {
        serve_until(fd, now() + linger, 0);
        return 0;
    }
    if (exit_after < 0)
        eat();
    if (exit_code != 0)
        last_words(exit_code);
    return exit_code;
}
