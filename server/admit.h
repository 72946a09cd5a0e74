#ifndef TG_SERVER_ADMIT_H
#define TG_SERVER_ADMIT_H

#include "base/view.h"

#include <stdint.h>

struct server_state;
struct http_request;
struct http_response;

/* Reads the `timeout` parameter of a request, which an API server always gives: a Go duration of at
 * most LIMIT_REVIEW_TIME seconds; absent means 10 s. Returns 0 with the nanoseconds that the review
 * may take, the caller's timeout less a margin for the way back; or -1. */
int admit_time(struct view timeout, int64_t *allowed);

/* Answers one review: reads it, asks the rules, writes the answer, a line in the decision log and
 * the counters. Any thread. */
void admit(struct server_state *g, const struct http_request *request,
           struct http_response *response);

#endif
