#ifndef TG_POLICY_IMAGE_IMAGE_GRAMMAR_H
#define TG_POLICY_IMAGE_IMAGE_GRAMMAR_H

#include "base/view.h"

#include <stdbool.h>

struct parse_error;

/* The parts of an image reference, by the grammar of
 * https://pkg.go.dev/github.com/distribution/reference. All functions here are pure; any thread. */

/* A host name, an IPv4 address or a bracketed IPv6 address, and maybe a port. */
bool image_is_domain(struct view text);

/* Whether the text before the first slash names a registry, and not a user of Docker Hub. */
bool image_is_registry(struct view first);

/* One segment of a repository's path. */
bool image_is_segment(struct view text);

bool image_is_tag(struct view text);

/* Returns 0, or -1 with *flaw set (offsets count from the digest's first byte). */
int image_check_digest(struct view text, struct parse_error *parse_error);

bool image_has_upper(struct view text);

#endif
