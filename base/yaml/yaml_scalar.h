#ifndef TG_BASE_YAML_YAML_SCALAR_H
#define TG_BASE_YAML_YAML_SCALAR_H

#include "base/view.h"
#include "base/yaml/node.h"

#include <stdbool.h>
#include <stdint.h>

/* How unquoted scalars are read.
 * YAML_MANIFEST: as kubectl does, which is sigs.k8s.io/yaml: YAML 1.1 booleans (yes, y, on), Go's
 * integer forms (0644, 0o17, 0x1F, 0b11, 1_000, +5), no sexagesimals and no dates. The last of
 * duplicate keys counts, with a warning. A key that is a number or a boolean becomes its text.
 * YAML_RULES: strict. What readers of YAML could take for something else than text or a plain
 * number is an error, and so are a duplicate key, a tag, and a key that is not text. Dates are
 * text. */
enum yaml_mode { YAML_RULES, YAML_MANIFEST };

/* What a plain (unquoted, untagged) scalar stands for. */
struct yaml_scalar {
    enum node_kind kind; /* never a list or a map */
    bool truth;
    int64_t integer;
    double real;
    uint64_t large; /* a NODE_FLOAT that is an integer above INT64_MAX, else 0 */
};

/* As sigs.k8s.io/yaml reads it, which is YAML 1.1 with Go's numbers. Infinities and "not a number"
 * are NODE_FLOAT too. Pure; any thread. */
struct yaml_scalar yaml_scalar_loose(struct view text);

/* True when a reader of YAML 1.1, of YAML 1.2 or a person could take the text for another value
 * than its plain form says: "yes", "0644", "1:30". *other is then the value that is not text.
 * Pure; any thread. */
bool yaml_scalar_ambiguous(struct view text, struct yaml_scalar *other);

/* True when the text can stand without quotes in a rule file and is text to every reader: neither
 * "3", "true" nor "". Pure; any thread. */
bool yaml_scalar_is_text(struct view text);

#endif
