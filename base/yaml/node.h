#ifndef TG_BASE_YAML_NODE_H
#define TG_BASE_YAML_NODE_H

#include "base/diag.h"
#include "base/view.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct parse_error;

/* A YAML document as a read-only tree in which every node knows its place. Built by
 * base/yaml/yaml.h. NODE_WRONG stands where an error was reported. Its place has PLACE_TOLD, and
 * everything read from it is NODE_WRONG too, so that the same error is not reported again. */
enum node_kind {
    NODE_NULL,
    NODE_BOOL,
    NODE_INT,
    NODE_FLOAT,
    NODE_STRING,
    NODE_LIST,
    NODE_MAP,
    NODE_WRONG,
};

struct node {
    enum node_kind kind;
    struct place place;
    struct view text;          /* a scalar as written, unquoted and unfolded; NUL-terminated */
    bool truth;                /* NODE_BOOL */
    int64_t integer;           /* NODE_INT */
    double real;               /* NODE_FLOAT */
    size_t count;              /* elements of a list, entries of a map */
    const struct node **items; /* NODE_LIST */
    const struct node_entry *entries; /* NODE_MAP, in the order of the text */
};

struct node_entry {
    const struct node *key; /* always a scalar */
    const struct node *value;
};

/* Stands for something that is missing or wrong, and was reported. */
extern const struct node node_wrong;

/* The value of a map's key, or NULL when node is NULL, no map, or has no such key; of a NODE_WRONG
 * itself. */
const struct node *node_get(const struct node *node, const char *key);

/* "a string", "a list", ...: what an error calls a node of this kind. */
const char *node_kind_name(enum node_kind kind);

/* Where the flaw of a scalar's text is in its source: the very byte when the source has the text as
 * it is, quoted or not, or in a block; the beginning of the scalar when it was escaped or folded.
 */
struct place node_error_place(const struct node *node, const struct parse_error *parse_error);

#endif
