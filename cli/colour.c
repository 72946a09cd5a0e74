#include "cli/colour.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool colour_is_wanted(void)
{
    const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

    return (!no || !*no) && term && strcmp(term, "dumb") != 0 && isatty(STDOUT_FILENO);
}

void colour_print(bool wanted, enum colour colour, const char *word)
{
    if (wanted)
        printf("\033[%dm%s\033[0m", (int)colour, word);
    else
        fputs(word, stdout);
}
