#ifndef TG_POLICY_SHAPE_H
#define TG_POLICY_SHAPE_H

#include "base/view.h"

struct arena;
struct eval;

/* Adds a finding to e for the first thing in the object of a write that has another type than the
 * API has there: no object at all, `containers` that is a map, a container that is a number. The
 * API server refuses such an object, and a rule would find nothing in it. Only fields that rules
 * read are checked. Returns 0, or -1 after eval_fail(). Of a workload; any thread. */
int shape_ask(struct eval *e);

#endif
