#include "base/deflate.h"

#include "base/buf.h"

#include <stdbool.h>
#include <stdint.h>
#include <zlib.h>

enum { PIECE = 4096 };

/* Pumps the input through deflate or inflate until its stream ends. */
static bool pump(z_stream *stream, int (*step)(z_stream *stream, int flush), int flush,
                 struct buf *out)
{
    unsigned char piece[PIECE];
    int status;

    do {
        stream->next_out = piece;
        stream->avail_out = PIECE;
        status = step(stream, flush);
        buf_add(out, (struct view){(const char *)piece, PIECE - stream->avail_out});
    } while (status == Z_OK && !out->failed);
    return status == Z_STREAM_END;
}

/* zlib counts its input in 32 bits; no text of ours is as long. */
static void set_input(z_stream *stream, struct view v)
{
    stream->next_in = (Bytef *)(uintptr_t)v.p;
    stream->avail_in = (uInt)v.n;
}

void deflate_add(struct view text, struct buf *out)
{
    z_stream stream = {0};

    if ((uInt)text.n != text.n || deflateInit(&stream, Z_BEST_COMPRESSION) != Z_OK) {
        out->failed = true;
        return;
    }
    set_input(&stream, text);
    if (!pump(&stream, deflate, Z_FINISH, out))
        out->failed = true;
    deflateEnd(&stream);
}

void deflate_undo(struct view bytes, struct buf *out)
{
    z_stream stream = {0};

    if ((uInt)bytes.n != bytes.n || inflateInit(&stream) != Z_OK) {
        out->failed = true;
        return;
    }
    set_input(&stream, bytes);
    if (!pump(&stream, inflate, Z_NO_FLUSH, out))
        out->failed = true;
    inflateEnd(&stream);
}
