/* The first line is a regular expression, the rest a text. */
#include "base/arena.h"
#include "base/parse_error.h"
#include "base/text/pattern.h"
#include "policy/limits.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct pattern *pattern;
    struct view expression, text;
    struct arena arena;
    struct parse_error parse_error;

    arena_init(&arena, LIMIT_ARENA);
    view_cut((struct view){(const char *)data, size}, '\n', &expression, &text);
    pattern = pattern_compile(expression, &arena, &parse_error);
    if (pattern)
        pattern_match(pattern, text, NULL);
    else if (parse_error.at > expression.n)
        abort();
    arena_release(&arena);
    return 0;
}
