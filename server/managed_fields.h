#ifndef TG_SERVER_MANAGED_FIELDS_H
#define TG_SERVER_MANAGED_FIELDS_H

#include "base/view.h"

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct yyjson_val;

/* The bytes of a review without metadata.managedFields of its object and oldObject, which are two
 * fifths of what an API server sends, and which hardly a rule reads:
 * https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management
 * They are found by their name before anything is parsed. Whoever parses what is left asks
 * afterwards whether they stood in that place. */
struct managed_fields {
    char *text; /* in the arena, with BODY_PADDING zero bytes after its n; NULL: nothing is cut */
    size_t n;
    size_t count;
    const char *cut[2]; /* where in text an empty string stands for one */
};

enum { MANAGED_FIELDS_BODY = 5000 }; /* in a review of fewer bytes they are short, and stay */

/* Leaves a copy without them in out. There is no copy where the review has none, is small, or is so
 * large that the copy costs as much; where one of them is not as an API server writes it, which
 * each byte is held against; and where memory is out. The body stays as it is; it has a NUL behind
 * its end. Any thread. */
void managed_fields_cut(struct view body, struct arena *arena, struct managed_fields *out);

/* True when each of the empty strings is the managedFields of the metadata of the object or the
 * oldObject of the review, which was parsed in text itself. */
bool managed_fields_are_cut(const struct managed_fields *cut, struct yyjson_val *review);

#endif
