#ifndef TG_SERVER_ADMIT_RULE_H
#define TG_SERVER_ADMIT_RULE_H

struct http_request;
struct http_response;
struct server_state;

/* Answers a review of an object that is a rule itself: a Policy, an Environment, a RolloutGuard. A
 * mistake in it is denied in the words of `tidegate check`, with field paths; a reference to what
 * is not there yet is a warning. It answers also while no rules are in force. Writes a line in the
 * decision log and the counters. Any thread. */
void admit_rule(struct server_state *g, const struct http_request *request,
                struct http_response *response);

#endif
