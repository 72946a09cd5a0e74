#ifndef TG_BASE_QUANTITY_H
#define TG_BASE_QUANTITY_H

#include "base/limits.h"
#include "base/view.h"

#include <stdbool.h>

struct parse_error;

/* How a quantity was written, and so how it is printed. */
enum quantity_form {
    QUANTITY_DECIMAL,  /* 500m, 2, 3G */
    QUANTITY_BINARY,   /* 512Mi */
    QUANTITY_EXPONENT, /* 5e3 */
};

/* The digits that an amount can have: those of its text, and what a binary suffix makes more. */
enum { QUANTITY_DIGITS = LIMIT_QUANTITY + 20 };

/* An amount as Kubernetes writes them, exactly, in decimal:
 * https://pkg.go.dev/k8s.io/apimachinery/pkg/api/resource#Quantity
 * All functions here are pure and may be called from any thread. */
struct quantity {
    enum quantity_form form;
    bool negative;
    int point;    /* how many digits stand before the decimal point; may lie outside of them */
    size_t count; /* of digits, neither the first nor the last of which is 0; none: it is zero */
    unsigned char digits[QUANTITY_DIGITS]; /* 0 to 9 */
};

/* Reads the whole of text, which has no blanks (JSON values may: trim them first). As Kubernetes
 * does it, what is below 10^-9 is rounded away from zero, and amounts with a binary suffix are
 * 2^63-1 at most. Unlike Kubernetes, which takes "m" and "." for zero, it wants at least one digit,
 * an exponent from -999 to 999, and LIMIT_QUANTITY bytes at most. Returns 0, or -1 with *flaw set
 * (with a hint where a suffix is nearly one) and *out untouched. */
int quantity_parse(struct view text, struct quantity *out, struct parse_error *parse_error);

/* The same without rounding and without an end: for what is not a quantity of Kubernetes. */
int quantity_parse_exact(struct view text, struct quantity *out, struct parse_error *parse_error);

/* Less than, equal to or greater than 0 as a is less than, equal to or greater than b. */
int quantity_cmp(const struct quantity *a, const struct quantity *b);

bool quantity_is_zero(const struct quantity *q);

/* Their exact sum, in the form of a. -1, with *sum untouched, when it has more than QUANTITY_DIGITS
 * digits. */
int quantity_add(const struct quantity *a, const struct quantity *b, struct quantity *sum);

/* Whether limit <= ratio * request, exactly. */
bool quantity_within(const struct quantity *limit, const struct quantity *ratio,
                     const struct quantity *request);

/* Room for any quantity in print. */
enum { QUANTITY_ROOM = QUANTITY_DIGITS + 12 };

/* The canonical text that Kubernetes has for it: 1000m is 1, 1024Mi is 1Gi, 1.5 is 1500m. Beyond E
 * (and below n), where Kubernetes prints another amount, it has an exponent: 1e21. Equal amounts of
 * one form have one text; whoever wants one text for equal amounts of any form sets the form to
 * QUANTITY_DECIMAL first. The view is of room, and NUL-terminated. */
struct view quantity_print(const struct quantity *q, char room[QUANTITY_ROOM]);

#endif
