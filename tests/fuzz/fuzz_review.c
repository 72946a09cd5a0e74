/* A review as anybody may send it, from the bytes to the request that rules see. */
#include "base/arena.h"
#include "base/buf.h"
#include "policy/limits.h"
#include "policy/object/request.h"
#include "server/http/body.h"
#include "server/managed_fields.h"
#include "server/review.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int read_one(const uint8_t *data, size_t size, bool whole)
{
    char *body = calloc(1, size + MANAGED_FIELDS_BODY + BODY_PADDING);
    const char *problem = NULL;
    struct request request;
    struct review review;
    struct arena arena;
    struct buf why;
    int status;

    if (!body)
        return 0;
    memcpy(body, data, size);
    if (size > 0)
        memset(body + size, ' ', MANAGED_FIELDS_BODY); /* so that it is large enough to be cut */
    size += size > 0 ? MANAGED_FIELDS_BODY : 0;
    arena_init(&arena, LIMIT_ARENA);
    buf_init(&why, 1024);
    status = review_read(body, size, whole, &arena, &review, &why);
    if (status == 0) {
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
    return status;
}

/* What is a review without managedFields is one with them. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (read_one(data, size, false) != read_one(data, size, true))
        abort();
    return 0;
}
