#ifndef TG_BASE_TEXT_LETTERS_H
#define TG_BASE_TEXT_LETTERS_H

#include "base/view.h"

#include <stdbool.h>

/* True when the UTF-8 text holds a letter or digit that can be seen, so that it can say something:
 * of ASCII, letters and digits; beyond it, every character but blanks, controls, format and filler
 * characters, combining marks, and what Unicode assigns to nobody's script (private use, tags).
 * https://www.unicode.org/reports/tr44/#General_Category_Values. Bytes that are not UTF-8 are none.
 * Pure; any thread. */
bool letters_any(struct view text);

#endif
