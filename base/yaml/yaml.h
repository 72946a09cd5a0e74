#ifndef TG_BASE_YAML_YAML_H
#define TG_BASE_YAML_YAML_H

#include "base/yaml/yaml_scalar.h"

#include <stddef.h>

struct arena;
struct diags;
struct node;
struct source;

/* Reads a source, UTF-8 with or without byte order mark, into its documents, in order, without
 * those that are empty or null. Aliases and merge keys ("<<") are expanded: a node that is aliased
 * is in the tree once for each alias and keeps the place where it is written.
 *
 * The documents live in arena and point to source; both outlive them. Problems go to diags.
 * Returns 0, or -1 after an error; *docs and *count then still hold what could be read: of a rule
 * file all that a checker can go on with, for reading goes on at the next --- behind a document
 * that is not YAML, and what is wrong in another is a NODE_WRONG; of a manifest a NODE_NULL for a
 * document with an error. Limits: LIMIT_YAML_DEPTH, LIMIT_YAML_NODES, LIMIT_YAML_ANCHORS.
 * Reentrant. */
int yaml_parse(const struct source *source, enum yaml_mode mode, struct arena *arena,
               struct diags *diags, const struct node ***docs, size_t *count);

#endif
