/* Answers one review over and over inside the process, from the bytes of the body to those of the
 * answer, decision line and metrics included: usage: review RULES REVIEW TIMES. Prints microseconds
 * a review, the least of several rounds; under callgrind it is what the instructions are counted
 * of. */
#include "base/buf.h"
#include "base/clock.h"
#include "base/limits.h"
#include "policy/limits.h"
#include "policy/set.h"
#include "server/decision_log.h"
#include "server/http/body.h"
#include "server/http/http.h"
#include "server/routes.h"
#include "server/server_state.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ROUNDS = 5 };

static size_t read_body(const char *path, char **body)
{
    FILE *f = fopen(path, "rb");
    size_t n;

    *body = malloc(LIMIT_BODY);
    if (!f || !*body)
        exit(2);
    n = fread(*body, 1, LIMIT_BODY, f);
    fclose(f);
    return n;
}

static struct policy_set *load(const char *directory)
{
    const struct policy_sources from = {.paths = (const char *const[]){directory, NULL}};
    struct policy_set *set = NULL;
    struct diags diags;
    struct buf text;

    diags_init(&diags, NULL);
    if (policy_set_load(&from, &diags, &set) == 0)
        return set;
    buf_init(&text, LIMIT_FILE);
    diags_write(&diags, &text);
    fprintf(stderr, "%.*s", VIEW_ARGS(buf_view(&text)));
    exit(2);
}

/* One review, what callgrind collects by. The parse changes the body. */
__attribute__((noinline)) static void answer_one(const struct http_handler *handler, char *body,
                                                 size_t n)
{
    struct http_request request = {.method = VIEW("POST"),
                                   .path = VIEW("/validate"),
                                   .content_type = VIEW("application/json"),
                                   .timeout = VIEW("10s"),
                                   .announced = n,
                                   .body = body,
                                   .body_size = n,
                                   .arrived = clock_monotonic_ns()};
    struct http_response response = {0};

    buf_init(&response.body, LIMIT_ANSWER);
    if (!handler->screen(handler->ctx, &request, &response))
        exit(2);
    handler->answer(handler->ctx, &request, &response);
    if (response.status != 200)
        exit(2);
    buf_release(&response.body);
}

int main(int argc, char **argv)
{
    struct decision_log *decisions = decision_log_create(open("/dev/null", O_WRONLY), 1);
    struct http_handler handler;
    struct server_state server;
    char *body, *copy;
    double best = 0;
    size_t n;
    int times;

    if (argc != 4 || !decisions)
        return 2;
    n = read_body(argv[2], &body);
    copy = malloc(n + BODY_PADDING);
    times = atoi(argv[3]);
    server_state_init(&server, NULL, decisions);
    if (!copy || server_state_use_rules(&server, load(argv[1])) < 0)
        return 2;
    handler = routes_handler(&server);
    for (int round = 0; round < ROUNDS; round++) {
        int64_t start = clock_monotonic_ns();
        double each;

        for (int i = 0; i < times; i++) {
            memcpy(copy, body, n);
            memset(copy + n, 0, BODY_PADDING);
            answer_one(&handler, copy, n);
        }
        each = (double)(clock_monotonic_ns() - start) / times / 1000;
        if (round == 0 || each < best)
            best = each;
    }
    printf("%.2f\n", best);
    server_state_release(&server);
    decision_log_free(decisions);
    free(copy);
    free(body);
    return 0;
}
