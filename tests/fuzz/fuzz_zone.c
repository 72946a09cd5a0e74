/* Any bytes are a zone file, or (not beginning with "T") a POSIX rule, or are refused; what was
 * accepted has one stretch for each instant. */
#include "base/arena.h"
#include "base/time/tzif.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct view bytes = {(const char *)data, size};
    struct arena arena;
    struct tz_span span;
    struct tzif tz = {.has_rule = true};
    bool read;

    arena_init(&arena, 1 << 20);
    if (view_starts(bytes, "T"))
        read = !tzif_parse(bytes, &arena, &tz);
    else
        read = tzrule_parse(bytes, &tz.rule) == 0;
    for (int64_t t = -62000000000; read && t < 253000000000; t += 987654321) {
        tzif_span(&tz, t, &span);
        if (t >= span.to || span.type->offset < -93600 || span.type->offset > 93600)
            abort();
    }
    arena_release(&arena);
    return 0;
}
