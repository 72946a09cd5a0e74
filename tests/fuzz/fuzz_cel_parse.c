/* An expression, parsed. */
#include "base/arena.h"
#include "cel/env.h"
#include "cel/issue.h"
#include "cel/syntax/parse.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ARENA = 64 * 1024 * 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct view text = {(const char *)data, size};
    struct cel_issues issues;
    struct arena arena;

    arena_init(&arena, ARENA);
    cel_issues_init(&issues, &arena);
    if (!cel_parse(text, CEL_NEWEST, &arena, &issues) && issues.count == 0)
        abort();
    for (const struct cel_issue *i = issues.first; i; i = i->next)
        if (i->at > size)
            abort();
    arena_release(&arena);
    return 0;
}
