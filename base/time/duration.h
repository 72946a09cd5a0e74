#ifndef TG_BASE_TIME_DURATION_H
#define TG_BASE_TIME_DURATION_H

#include "base/view.h"

#include <stdint.h>

struct parse_error;

enum { DURATION_ROOM = 32 };

/* Reads the whole of text as Go's time.ParseDuration does ("10h", "1h30m", "1.5h", "90s"; units h,
 * m, s, ms, us, ns) into whole seconds between min and max. Returns -1 with *flaw filled, *seconds
 * untouched, on anything else: a sign, a unit of days or weeks, a fraction of a second left over.
 * Any thread. */
int duration_parse(struct view text, int64_t min, int64_t max, int64_t *seconds,
                   struct parse_error *parse_error);

/* As a person says it, in at most two units and rounded up, so that who waits that long has waited
 * long enough: "45 s", "14 min", "2 h 14 min", "3 d 4 h". Writes into out and returns it. */
const char *duration_text(int64_t seconds, char out[static DURATION_ROOM]);

/* The age of something as kubectl's columns show it: "45s", "7m3s", "3h12m", "5d". Writes into out
 * and returns it. https://pkg.go.dev/k8s.io/apimachinery/pkg/util/duration#HumanDuration */
const char *duration_age(int64_t seconds, char out[static DURATION_ROOM]);

/* As a rule file has it: "10h", "1h30m", "90s" is "1m30s". Writes into out and returns it. */
const char *duration_go(int64_t seconds, char out[static DURATION_ROOM]);

#endif
