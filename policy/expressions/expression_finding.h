#ifndef TG_POLICY_EXPRESSIONS_EXPRESSION_FINDING_H
#define TG_POLICY_EXPRESSIONS_EXPRESSION_FINDING_H

#include "base/view.h"

struct cel_run;
struct eval;
struct expression;
struct path;

/* Adds to e what makes an expression false that just was, in run: a finding for each part of it
 * (cel/reason.h), where it is and what it found there. With `path` (or NULL), what is there is the
 * one finding. Returns 0, or -1 after eval_fail(). */
int expression_find(const struct expression *x, struct cel_run *run, const struct path *path,
                    struct view needs, struct eval *e);

#endif
