#ifndef TG_CEL_TEXT_SEMVER_H
#define TG_CEL_TEXT_SEMVER_H

#include "base/view.h"

#include <stdbool.h>
#include <stdint.h>

struct parse_error;

/* A version of Semantic Versioning 2.0 (https://semver.org), as github.com/blang/semver/v4 reads
 * it. All functions here are pure and may be called from any thread. */
struct semver {
    uint64_t major, minor, patch;
    struct view pre, build; /* of the text, without - and +; absent: there is none */
};

/* Reads the whole of text. With normalize, as Kubernetes' semver(text, true) does: a v before it,
 * leading zeros, and a minor or patch that is left out are taken. -1 with *error. */
int semver_parse(struct view text, bool normalize, struct semver *out, struct parse_error *error);

/* Less than, equal to or greater than 0 as a comes before, with or after b; what was built does not
 * count. */
int semver_cmp(const struct semver *a, const struct semver *b);

#endif
