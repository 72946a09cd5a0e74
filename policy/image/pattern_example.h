#ifndef TG_POLICY_IMAGE_PATTERN_EXAMPLE_H
#define TG_POLICY_IMAGE_PATTERN_EXAMPLE_H

#include "base/view.h"

#include <stdbool.h>

struct buf;
struct pattern;

/* Appends a text that the pattern matches, for people who read no regular expressions: v1.2.3 for
 * ^v\d+\.\d+\.\d+$. `text` is what the pattern was compiled from; anchors, letters, escapes,
 * digits, classes of characters and counts are understood. Returns false, with nothing appended,
 * for anything else (groups, alternatives) and when the pattern does not match what was made. Any
 * thread. */
bool pattern_example(const struct pattern *pattern, struct view text, struct buf *out);

#endif
