#ifndef TG_POLICY_SCHEMA_SELECTOR_H
#define TG_POLICY_SCHEMA_SELECTOR_H

#include "base/view.h"

#include <stdbool.h>

struct arena;
struct buf;
struct diags;
struct node;
struct yyjson_val;

/* A Kubernetes LabelSelector:
 * https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/ Immutable once
 * compiled; any thread. */
struct selector;

/* Compiles a map of labels (short for matchLabels) or a LabelSelector with matchLabels and
 * matchExpressions (In, NotIn, Exists, DoesNotExist). NULL after an error in diags. */
const struct selector *selector_compile(const struct node *node, struct arena *arena,
                                        struct diags *diags);

/* True when the JSON map of labels (or NULL: no labels) is selected. */
bool selector_matches(const struct selector *s, struct yyjson_val *labels);

/* True when both (or neither, NULL) are the same requirements in the same order. */
bool selector_equal(const struct selector *a, const struct selector *b);

/* Appends it as kubectl's -l has it: "env=prod,tier in (gold,silver),!legacy". */
void selector_text(const struct selector *s, struct buf *out);

/* False when no namespace whose name fits the glob is selected by its labels. */
bool selector_may_name(const struct selector *s, struct view glob);

#endif
