#include "rollout/watch/object_facts.h"

#include "base/arena.h"
#include "kube/limits.h"

#include <string.h>

void object_facts_begin(struct object_facts_draft *draft, size_t head)
{
    draft->head = head;
    buf_init(&draft->text, LIMIT_KUBE_EVENT);
}

struct span object_facts_add(struct object_facts_draft *draft, struct view text)
{
    struct span span = {(uint32_t)(draft->head + draft->text.n), (uint32_t)text.n};

    if (!text.p)
        return (struct span){0, 0};
    buf_add(&draft->text, text);
    return span;
}

void *object_facts_end(struct object_facts_draft *draft, struct object_facts *head,
                       struct arena *arena)
{
    size_t size = draft->head + draft->text.n;
    char *block = draft->text.failed ? NULL : arena_alloc(arena, size);

    if (block) {
        head->size = (uint32_t)size;
        memcpy(block, head, draft->head);
        if (draft->text.n > 0)
            memcpy(block + draft->head, draft->text.p, draft->text.n);
    }
    buf_release(&draft->text);
    return block;
}

struct view object_facts_text(const struct object_facts *facts, struct span span)
{
    return span.at ? (struct view){(const char *)facts + span.at, span.n} : (struct view){NULL, 0};
}

uint64_t object_facts_digest(struct view bytes)
{
    uint64_t digest = 14695981039346656037u; /* FNV-1a */

    for (size_t i = 0; i < bytes.n; i++)
        digest = (digest ^ (unsigned char)bytes.p[i]) * 1099511628211u;
    return digest;
}
