#ifndef TG_BASE_YAML_YAML_H
#define TG_BASE_YAML_YAML_H

#include <stddef.h>

struct arena;
struct diags;
struct node;
struct source;

/* How unquoted scalars are read.
 * YAML_MANIFEST: as kubectl does, which is sigs.k8s.io/yaml: YAML 1.1 booleans (yes, y, on), Go's
 * integer forms (0644, 0o17, 0x1F, 0b11, 1_000, +5), no sexagesimals and no dates. The last of
 * duplicate keys counts, with a warning. A key that is a number or a boolean becomes its text.
 * YAML_RULES: strict. What readers of YAML could take for something else than text or a plain
 * number is an error, and so are a duplicate key, a tag, and a key that is not text. Dates are
 * text. */
enum yaml_mode { YAML_RULES, YAML_MANIFEST };

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
