/* The first line is a regular expression, the rest a text. Both ways of matching agree, and matches
 * do not overlap. */
#include "base/arena.h"
#include "cel/regex/regex.h"
#include "policy/limits.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* How many matches there are, or -1 when that could not be told. */
static long count(const struct regex *regex, struct view text, struct regex_room *room)
{
    struct regex_walk walk = {.regex = regex, .text = text};
    const char *end = text.p;
    struct view found;
    long n = 0;

    for (;;) {
        enum regex_result result = regex_next(&walk, room, &found);

        if (result != REGEX_MATCH)
            return result == REGEX_UNDECIDED ? -1 : n;
        if (found.p < end || found.p + found.n > text.p + text.n)
            abort();
        end = found.p + found.n;
        n++;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct regex *once, *often;
    struct view expression, text, error;
    struct arena arena;
    struct regex_room room = {.arena = &arena};

    arena_init(&arena, LIMIT_ARENA);
    view_cut((struct view){(const char *)data, size}, '\n', &expression, &text);
    if (!text.p)
        text = VIEW("");
    often = regex_compile(expression, REGEX_OFTEN, &arena, NULL, &error);
    once = regex_compile(expression, REGEX_ONCE, &arena, NULL, &error);
    if (often && once && size < 4096) {
        enum regex_result result = regex_match(once, text, &room);
        long matches = count(often, text, &room);

        if (matches >= 0 && result != REGEX_UNDECIDED &&
            (regex_match(often, text, &room) != result || (matches > 0) != (result == REGEX_MATCH)))
            abort();
    }
    arena_release(&arena);
    return 0;
}
