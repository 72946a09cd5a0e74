#ifndef TG_POLICY_SCHEMA_DNS_LABEL_H
#define TG_POLICY_SCHEMA_DNS_LABEL_H

#include "base/view.h"

#include <stdbool.h>

/* The longest of RFC 1123, such as the name of a namespace. */
enum { DNS_LABEL = 63 };

/* True for small letters, digits and '-', which neither begins nor ends it, at most `most` of them
 * (DNS_LABEL, or 15 in the name of a port). Pure; any thread. */
bool dns_label_ok(struct view text, size_t most);

#endif
