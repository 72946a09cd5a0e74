#ifndef TG_CLI_COLOUR_H
#define TG_CLI_COLOUR_H

#include <stdbool.h>

/* ECMA-48, 8.3.117 */
enum colour { COLOUR_NONE = 0, COLOUR_RED = 31, COLOUR_GREEN = 32, COLOUR_YELLOW = 33 };

/* True when standard output is a terminal that can, and NO_COLOR (https://no-color.org) is not set
 * to anything. */
bool colour_is_wanted(void);

/* Prints a word to standard output, in a colour when that is wanted. */
void colour_print(bool wanted, enum colour colour, const char *word);

#endif
