#ifndef TG_POLICY_DNS_LABEL_H
#define TG_POLICY_DNS_LABEL_H

#include "base/view.h"

#include <stdbool.h>

/* True for small letters, digits and '-', which neither begins nor ends it, at most `most` of them
 * (63 in RFC 1123, 15 in the name of a port). Pure; any thread. */
bool dns_label_ok(struct view text, size_t most);

#endif
