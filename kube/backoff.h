#ifndef TG_KUBE_BACKOFF_H
#define TG_KUBE_BACKOFF_H

#include <stdint.h>

/* A number below n, at random; n is not 0. Any thread. */
unsigned backoff_draw(unsigned n);

/* How many milliseconds to wait before the next try after so many failures in a row (0: the first
 * one): ever longer up to LIMIT_KUBE_WAIT, between half of it and all of it so that many do not
 * come at once; and never shorter than the API server asked for (client_answer's retry_after). Any
 * thread. */
int64_t backoff_wait(unsigned failures, int64_t asked);

#endif
