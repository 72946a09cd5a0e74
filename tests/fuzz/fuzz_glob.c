/* The first line is a pattern, the rest a text; held against the obvious recursive matcher. */
#include "base/text/glob.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool slow_match(struct view pattern, struct view text)
{
    if (pattern.n == 0)
        return text.n == 0;
    if (pattern.p[0] == '*')
        return slow_match(view_from(pattern, 1), text) ||
               (text.n > 0 && slow_match(pattern, view_from(text, 1)));
    return text.n > 0 && (pattern.p[0] == '?' || pattern.p[0] == text.p[0]) &&
           slow_match(view_from(pattern, 1), view_from(text, 1));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct view pattern, text;

    view_cut((struct view){(const char *)data, size}, '\n', &pattern, &text);
    if (pattern.n <= 10 && text.n <= 12) {
        if (glob_match(pattern, text) != slow_match(pattern, text))
            abort();
    } else {
        glob_match(pattern, text);
    }
    return 0;
}
