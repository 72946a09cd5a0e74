#ifndef TG_CEL_NUMBER_H
#define TG_CEL_NUMBER_H

#include "base/view.h"

#include <stdbool.h>
#include <stdint.h>

/* Numbers as Go reads and writes them. Pure; any thread. */

enum { CEL_NUMBER_ROOM = 400 };

/* The shortest text that reads back as the double, as Go's "%g" has it: 1e+06, 0.5, NaN, +Inf. */
struct view cel_double_text(double d, char out[static CEL_NUMBER_ROOM]);

/* The same without an exponent, of a finite double: strconv.FormatFloat(d, 'f', -1, 64). */
struct view cel_double_plain(double d, char out[static CEL_NUMBER_ROOM]);

/* strconv.ParseInt(text, 10, 64) and ParseUint: false when text is none or out of range. */
bool cel_int_parse(struct view text, int64_t *out);
bool cel_uint_parse(struct view text, uint64_t *out);

/* strconv.ParseFloat(text, 64): decimal, hexadecimal with an exponent of two, with single
 * underscores in none of them; "inf", "infinity" and "nan" in any case. False when text is none, or
 * too large. */
bool cel_double_parse(struct view text, double *out);

#endif
