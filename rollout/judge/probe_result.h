#ifndef TG_ROLLOUT_JUDGE_PROBE_RESULT_H
#define TG_ROLLOUT_JUDGE_PROBE_RESULT_H

#include "base/view.h"

#include <stdbool.h>

struct guard_http;
struct guard_query;
struct probe_answer;

/* What the answer to a smoke request or a query comes to: a message for people in one line, cut
 * where they are too long; `at` is left alone. What tells nothing about the application (the API
 * server or Prometheus cannot be asked, refuses, or has no number) is neither ok nor a failure:
 * no_data. Pure; any thread. */

/* body is what was kept of it. An answer that came by the API server's service proxy may be the API
 * server's own, a Status: that nothing is there to take a connection is a failure, anything else
 * that it says tells nothing. */
void probe_judge_http(const struct guard_http *http, bool proxied, unsigned status,
                      struct view body, struct probe_answer *out);

/* The answer of /api/v1/query. Each series of a vector counts; one outside the limits fails.
 * https://prometheus.io/docs/prometheus/latest/querying/api/ */
void probe_judge_query(const struct guard_query *query, unsigned status, struct view body,
                       struct probe_answer *out);

/* No answer came. */
void probe_fail(struct probe_answer *out, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void probe_tell_nothing(struct probe_answer *out, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
