#ifndef TG_CEL_AUTHORIZER_H
#define TG_CEL_AUTHORIZER_H

#include "cel/value.h"

/* What the variable `authorizer` of Kubernetes is, and its type: to ask it halts the evaluation.
 * Pure; any thread. */
struct cel_value cel_authorizer(void);
const struct cel_type *cel_authorizer_type(void);

#endif
