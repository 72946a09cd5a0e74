#ifndef TG_BASE_QUANTITY_H
#define TG_BASE_QUANTITY_H

#include "base/view.h"

#include <stdbool.h>

struct flaw;

__extension__ typedef __int128 quantity_nano;

/* How a quantity was written, and so how it is printed. */
enum quantity_form {
    QUANTITY_DECIMAL,  /* 500m, 2, 3G */
    QUANTITY_BINARY,   /* 512Mi */
    QUANTITY_EXPONENT, /* 5e3 */
};

/* An amount as Kubernetes writes them, exact to 10^-9:
 * https://pkg.go.dev/k8s.io/apimachinery/pkg/api/resource#Quantity
 * All functions here are pure and may be called from any thread. */
struct quantity {
    quantity_nano nano; /* the amount in units of 10^-9; at most 2^63-1 whole units either way */
    enum quantity_form form;
};

/* Reads the whole of text, which has no blanks (JSON values may: trim them first). What is below
 * 10^-9 is rounded away from zero. Amounts beyond 2^63-1 count as 2^63-1: so Kubernetes documents
 * it, and does it where the suffix is binary; decimal amounts it keeps, and then cannot print.
 * Unlike Kubernetes, which takes "m" and "." for zero, it wants at least one digit, an exponent of
 * at most three, and LIMIT_QUANTITY bytes at most. Returns 0, or -1 with *flaw set and *out
 * untouched. */
int quantity_parse(struct view text, struct quantity *out, struct flaw *flaw);

/* Less than, equal to or greater than 0 as a is less than, equal to or greater than b. */
int quantity_cmp(struct quantity a, struct quantity b);

/* Whether limit <= ratio * request, exactly. */
bool quantity_within(struct quantity limit, struct quantity ratio, struct quantity request);

/* Room for any quantity in print. */
enum { QUANTITY_ROOM = 40 };

/* The canonical text that Kubernetes has for it: 1000m is 1, 1024Mi is 1Gi, 1.5 is 1500m. Equal
 * amounts of one form have one text; whoever wants one text for equal amounts of any form sets the
 * form first. The view is of room, and NUL-terminated. */
struct view quantity_print(struct quantity q, char room[QUANTITY_ROOM]);

#endif
