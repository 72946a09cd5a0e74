#include "base/text/packed.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/deflate.h"
#include "base/text/base64.h"

void packed_add(struct view text, size_t limit, struct buf *out)
{
    struct buf packed;

    buf_init(&packed, limit);
    deflate_add(text, &packed);
    if (packed.failed)
        out->failed = true;
    else
        base64_encode(buf_view(&packed), out);
    buf_release(&packed);
}

struct view packed_text(struct view base64, size_t limit, struct arena *arena)
{
    struct view text = {NULL, 0};
    struct buf out;

    buf_init(&out, limit);
    deflate_undo(base64_decode(base64, arena), &out);
    if (!out.failed)
        text = arena_copy(arena, buf_view(&out));
    buf_release(&out);
    return text;
}
