#ifndef TG_BASE_TEXT_FLOAT_TEXT_H
#define TG_BASE_TEXT_FLOAT_TEXT_H

#include "base/view.h"

#include <stdbool.h>

struct buf;

enum { FLOAT_TEXT_ROOM = 48 };

/* Reads the whole of text, at most 400 bytes of [-+]?(.d+|d+(.d*)?)([eE][-+]?d+)?, as the nearest
 * double. False when it is anything else or too large for one. Pure; any thread. */
bool float_text_parse(struct view text, double *out);

/* The shortest decimal that reads back as the finite number v, in the form of Go's encoding/json:
 * an exponent only below 1e-6 and from 1e21 on. In out, or appended. */
struct view float_text_print(double v, char out[static FLOAT_TEXT_ROOM]);
void float_text_write(double v, struct buf *out);

/* Appends the shortest decimal that reads back as the same float (not double), an exponent below
 * 1e-4 and from 1e6 on, ".inf" for what is too large: the form that sigs.k8s.io/yaml gives a
 * number that is a key. */
void float_text_write_key(double v, struct buf *out);

#endif
