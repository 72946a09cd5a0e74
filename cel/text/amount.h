#ifndef TG_CEL_TEXT_AMOUNT_H
#define TG_CEL_TEXT_AMOUNT_H

#include "base/quantity.h"

#include <stdint.h>

/* A quantity as Kubernetes' functions of CEL have it. What it is worth is exact; isInteger and
 * asApproximateFloat also go by how Kubernetes keeps it: 1.5Gi and 1000m are not integers.
 * https://pkg.go.dev/k8s.io/apimachinery/pkg/api/resource#Quantity. All functions here are pure and
 * may be called from any thread. */
struct amount {
    struct quantity worth;
    bool small; /* it is kept as value * 10^-scale */
    int64_t value;
    int scale; /* of what is not small: of the decimal number that it is kept as */
};

/* Reads the whole of text, as quantity_parse does, and also what has no digits ("m" is 0). -1 with
 * *error. */
int amount_parse(struct view text, struct amount *out, struct parse_error *error);

struct amount amount_of_int(int64_t value);

/* a + b, or a - b. -1 when the sum has more than QUANTITY_DIGITS digits. */
int amount_add(const struct amount *a, const struct amount *b, bool subtract, struct amount *out);

/* -1, 0 or 1. */
int amount_cmp(const struct amount *a, const struct amount *b);
int amount_sign(const struct amount *a);

/* False when Kubernetes has no integer for it. */
bool amount_integer(const struct amount *a, int64_t *out);

double amount_float(const struct amount *a);

#endif
