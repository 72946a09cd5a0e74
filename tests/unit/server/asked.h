#ifndef TG_TESTS_UNIT_SERVER_ASKED_H
#define TG_TESTS_UNIT_SERVER_ASKED_H

#include "policy/limits.h"
#include "server/decision_log.h"
#include "server/http/http.h"
#include "server/server_state.h"
#include "unit/policy/rules_fixture.h"

#include <fcntl.h>
#include <jansson.h>

/* What is answered to one review. */
struct asked {
    int null;
    struct decision_log *decisions;
    struct server_state server;
    struct http_response response;
    json_t *answer;
};

/* Asks one, with the request's keys behind its uid, under these rules; NULL: none are in force. */
static inline void asked_open(struct asked *a, const char *rules,
                              void (*admits)(struct server_state *server,
                                             const struct http_request *request,
                                             struct http_response *response),
                              const char *request)
{
    struct buf body;

    a->null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    a->decisions = decision_log_create(a->null, 1);
    server_state_init(&a->server, NULL, a->decisions);
    a->server.review_cpu = INT64_MAX / 2; /* a sanitizer takes more than a review has */
    if (rules)
        assert_int_equal(server_state_use_rules(&a->server, fixture_compile(rules, NULL)), 0);
    buf_init(&a->response.body, LIMIT_ANSWER);
    buf_init(&body, LIMIT_BODY);
    buf_printf(&body,
               "{\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":\"AdmissionReview\",\"request\":{"
               "\"uid\":\"u\",\"userInfo\":{\"username\":\"alice\"},%s}}",
               request);
    assert_false(body.failed);
    admits(&a->server,
           &(struct http_request){.body = body.p, .body_size = body.n, .arrived = INT64_MAX / 2},
           &a->response);
    buf_release(&body);
    a->answer = json_loadb(a->response.body.p, a->response.body.n, 0, NULL);
}

static inline void asked_close(struct asked *a)
{
    json_decref(a->answer);
    buf_release(&a->response.body);
    server_state_release(&a->server);
    decision_log_free(a->decisions);
    close(a->null);
}

#endif
