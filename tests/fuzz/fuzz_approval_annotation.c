/* Reads the input as an approval; what can be read is written and read again as the same. */
#include "base/arena.h"
#include "policy/object/approval_annotation.h"

#include <stdint.h>
#include <stdlib.h>

#define YEAR_0     (-62167219200)
#define YEAR_10000 253402300800

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct approval_annotation grant, again;
    struct arena arena;
    struct view text;

    if (approval_annotation_parse((struct view){(const char *)data, size}, &grant) < 0)
        return 0;
    arena_init(&arena, 1024 * 1024);
    text = approval_annotation_print(&grant, &arena);
    /* "%.*s" ends at a NUL and at 64 KiB, which no user name has; an offset can lead out of the
     * years that can be written. */
    if (text.p && grant.until >= YEAR_0 && grant.until < YEAR_10000 &&
        view_find(grant.by, '\0') < 0 && grant.by.n < 65536 &&
        (approval_annotation_parse(text, &again) < 0 || !view_eq(again.hash, grant.hash) ||
         !view_eq(again.by, grant.by) || again.until != grant.until))
        abort();
    arena_release(&arena);
    return 0;
}
