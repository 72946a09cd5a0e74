/* A review as anybody may send it, from the bytes to the request that rules see. */
#include "base/arena.h"
#include "base/buf.h"
#include "policy/limits.h"
#include "policy/object/request.h"
#include "server/http/http.h"
#include "server/review.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *body = calloc(1, size + BODY_PADDING);
    const char *problem = NULL;
    struct request request;
    struct review review;
    struct arena arena;
    struct buf why;

    if (!body)
        return 0;
    memcpy(body, data, size);
    arena_init(&arena, LIMIT_ARENA);
    buf_init(&why, 1024);
    if (review_read(body, size, &arena, &review, &why) == 0) {
        /* Whatever came, its uid goes back. */
        if (review_write(review.uid, &(struct review_answer){.allowed = true}, &why) < 0)
            abort();
        if (request_read(review.request, &request, &problem) < 0 && !problem)
            abort();
    } else if (why.n == 0 || memchr(why.p, '\n', why.n)) {
        abort();
    }
    buf_release(&why);
    arena_release(&arena);
    free(body);
    return 0;
}
