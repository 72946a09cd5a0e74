/* A reference that is read is the same when its normal form is read. */
#include "base/arena.h"
#include "base/parse_error.h"
#include "policy/image/image_ref.h"
#include "policy/limits.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct view normal_form(const struct image_ref *ref, struct arena *arena)
{
    return arena_printf(arena, "%.*s%s%.*s%s%.*s", VIEW_ARGS(ref->repository),
                        ref->tag.p ? ":" : "", VIEW_ARGS(ref->tag), ref->digest.p ? "@" : "",
                        VIEW_ARGS(ref->digest));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct view text = {(const char *)data, size};
    struct image_ref ref, again;
    struct arena arena;
    struct parse_error parse_error;

    arena_init(&arena, LIMIT_ARENA);
    if (image_ref_parse(text, &arena, &ref, &parse_error) == 0) {
        if (image_ref_parse(normal_form(&ref, &arena), &arena, &again, &parse_error) < 0 ||
            !view_eq(ref.repository, again.repository) || !view_eq(ref.domain, again.domain) ||
            !view_eq(ref.path, again.path) || !view_eq(ref.tag, again.tag) ||
            !view_eq(ref.digest, again.digest) || image_ref_resolve(&ref, &arena, &again) < 0)
            abort();
    } else if (parse_error.at > size) {
        abort();
    }
    arena_release(&arena);
    return 0;
}
