#ifndef TG_SERVER_ADMIT_H
#define TG_SERVER_ADMIT_H

#include "base/budget.h"
#include "base/view.h"

#include <stdbool.h>
#include <stdint.h>

struct arena;
struct http_request;
struct http_response;
struct request;
struct review;
struct review_answer;
struct server_state;
struct verdict;

/* Reads the `timeout` parameter of a request, which an API server always gives: a Go duration of at
 * most LIMIT_REVIEW_TIME seconds; absent means 10 s. Returns 0 with the nanoseconds that the review
 * may take, the caller's timeout less a margin for the way back; or -1. */
int admit_time(struct view timeout, int64_t *allowed);

/* Answers one review: reads it, asks the rules, writes the answer, a line in the decision log and
 * the counters. Any thread. */
void admit(struct server_state *g, const struct http_request *request,
           struct http_response *response);

/* What each kind of review does: takes its time; reads the body, with its
 * managedFields or (not whole) without, or fills the response and returns
 * -1; writes the answer, without causes and notes where memory is short; counts and logs the
 * verdict, also when the answer could not be written. Any thread. */
struct budget admit_budget(const struct server_state *g, const struct http_request *request);
int admit_read(const struct http_request *http, bool whole, struct arena *arena,
               struct review *review, struct request *request, struct http_response *response);
void admit_answer(struct view uid, struct review_answer *answer, struct http_response *response);
void admit_record(struct server_state *g, const struct request *request,
                  const struct verdict *verdict, int64_t arrived);

#endif
