#ifndef TG_POLICY_MESSAGE_H
#define TG_POLICY_MESSAGE_H

#include "base/view.h"
#include "policy/evaluate.h"

/* What people read of a verdict. Texts live in the arena; p == NULL when memory runs out. Values
 * that a requester wrote are shown with their control characters escaped and cut at a length. Any
 * thread. */

/* The denial: a first line that says it all, then each finding with where, what was found and what
 * is needed; cut after LIMIT_MESSAGE_FINDINGS with a count. Of an allowed verdict: empty. */
struct view message_denial(const struct verdict *v, const struct request *r, struct arena *arena);

/* Where a finding is, as a field path: what the requester wrote of it is escaped, and not cut. */
struct view message_field(const struct finding *f, struct arena *arena);

/* One line on one finding of a result, or (finding NULL) on why it could not be answered. */
struct view message_line(const struct rule_result *result, const struct finding *finding,
                         struct arena *arena);

/* The warnings for kubectl (policy/warnings.h). *count of them; NULL when memory runs out. */
const struct view *message_warnings(const struct verdict *v, struct arena *arena, size_t *count);

/* "Deployment shop/api", "Namespace shop": what the request is about. */
struct view message_subject(const struct request *r, struct arena *arena);

#endif
