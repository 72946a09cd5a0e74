#include "rollout/watch/object_facts.h"

#include "base/limits.h"
#include "base/mem.h"

#include <string.h>

void facts_begin(struct facts_draft *draft, size_t head)
{
    draft->head = head;
    buf_init(&draft->text, LIMIT_KUBE_EVENT);
}

struct span facts_add(struct facts_draft *draft, struct view text)
{
    struct span span = {(uint32_t)(draft->head + draft->text.n), (uint32_t)text.n};

    if (!text.p)
        return (struct span){0, 0};
    buf_add(&draft->text, text);
    return span;
}

void *facts_end(struct facts_draft *draft, struct facts *head)
{
    size_t size = draft->head + draft->text.n;
    char *block = draft->text.failed ? NULL : mem_alloc(size);

    if (block) {
        head->size = (uint32_t)size;
        memcpy(block, head, draft->head);
        if (draft->text.n > 0)
            memcpy(block + draft->head, draft->text.p, draft->text.n);
    }
    buf_release(&draft->text);
    return block;
}

struct view facts_text(const struct facts *facts, struct span span)
{
    return span.at ? (struct view){(const char *)facts + span.at, span.n} : (struct view){NULL, 0};
}

uint64_t facts_digest(struct view bytes)
{
    uint64_t digest = 14695981039346656037u; /* FNV-1a */

    for (size_t i = 0; i < bytes.n; i++)
        digest = (digest ^ (unsigned char)bytes.p[i]) * 1099511628211u;
    return digest;
}
