/* The first line is a pattern, the second a reference. A pattern without wildcards that is the
 * reference's own repository matches it. */
#include "base/arena.h"
#include "base/parse_error.h"
#include "policy/image/image_ref.h"
#include "policy/limits.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct view first, second;
    struct image_pattern pattern;
    struct image_ref ref;
    struct arena arena;
    struct parse_error parse_error;

    arena_init(&arena, LIMIT_ARENA);
    view_cut((struct view){(const char *)data, size}, '\n', &first, &second);
    if (image_ref_parse(second, &arena, &ref, &parse_error) < 0)
        ref = (struct image_ref){.repository = VIEW("docker.io/library/nginx")};
    if (image_pattern_compile(first, &arena, &pattern, &parse_error) == 0)
        image_pattern_match(&pattern, &ref);
    else if (parse_error.at > first.n)
        abort();
    if (image_pattern_compile(ref.repository, &arena, &pattern, &parse_error) == 0 &&
        !image_pattern_match(&pattern, &ref))
        abort();
    arena_release(&arena);
    return 0;
}
