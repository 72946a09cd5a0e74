#ifndef TG_POLICY_EXPRESSIONS_WHEN_H
#define TG_POLICY_EXPRESSIONS_WHEN_H

#include "policy/rule/match_result.h"

#include <stdbool.h>

struct compile;
struct eval;

/* `when` of a rule, compiled by when_compile (policy/rule/check.h): whether it applies to the side
 * of e that is under evaluation. MATCH_UNKNOWN with *unknown, of e->arena, when it has no value. */
enum match_result when_ask(const void *when, struct eval *e, const char **unknown);

/* Whether it may read metadata.managedFields of an object. */
bool when_reads_managed_fields(const void *when);

/* Holds it against c->shapes, as struct check's check_paths. */
int when_check(const void *when, struct compile *c);

#endif
