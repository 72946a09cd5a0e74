#ifndef TG_SERVER_REVIEW_H
#define TG_SERVER_REVIEW_H

#include "base/view.h"

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct buf;
struct yyjson_val;

/* An AdmissionReview (admission.k8s.io/v1) as it came: what the API server wraps a request in.
 * https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#request
 */
struct review {
    struct yyjson_val *request; /* an object; lives as long as the arena and the body */
    struct view uid;
};

/* Reads the JSON of a review: one parse, in the body's own memory, which it changes and which has
 * BODY_PADDING writable bytes after its n. Returns 0; or the HTTP status of the answer, 400
 * for what is not a review and 413 for one that needs more memory than a review may have, with one
 * line in why. Unless `whole`, metadata.managedFields of the object and the oldObject may be
 * another value than was sent: an empty string (server/managed_fields.h). Any thread. */
int review_read(char *body, size_t n, bool whole, struct arena *arena, struct review *out,
                struct buf *why);

struct review_cause {
    struct view field, message;
};

struct review_note {
    struct view key, value;
};

/* What is answered to one request. */
struct review_answer {
    bool allowed;
    struct view message; /* of a denial */
    const struct review_cause *causes;
    size_t cause_count;
    const struct view *warnings;
    size_t warning_count;
    const struct review_note *notes; /* auditAnnotations */
    size_t note_count;
};

/* Appends the answer to the review with that uid as JSON. Returns 0, or -1 when memory runs out.
 * Any thread. */
int review_write(struct view uid, const struct review_answer *answer, struct buf *out);

#endif
