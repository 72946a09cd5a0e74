#ifndef TG_ROLLOUT_WATCH_OBJECT_FACTS_H
#define TG_ROLLOUT_WATCH_OBJECT_FACTS_H

#include "base/buf.h"
#include "base/view.h"

#include <stddef.h>
#include <stdint.h>

struct arena;

/* What is kept of one object: one block of memory, a struct that begins with struct object_facts
 * and its texts behind it. It holds no pointers, so that it can be copied, and compared with
 * another, as bytes. All functions are pure; any thread. */

/* A text of the block, where it begins and how long it is; at 0: absent. */
struct span {
    uint32_t at, n;
};

struct object_facts {
    uint32_t size; /* of the block */
    struct span namespace_, name;
};

/* A block in the making. */
struct object_facts_draft {
    size_t head;     /* bytes of the struct */
    struct buf text; /* what is to stand behind it */
};

/* Begins one whose struct, with what belongs to it, takes head bytes. */
void object_facts_begin(struct object_facts_draft *draft, size_t head);

/* Adds a text, which must not be longer than 1 GiB. */
struct span object_facts_add(struct object_facts_draft *draft, struct view text);

/* The block in the arena: the struct, zeroed before it was filled in so that its gaps are too, and
 * the texts. NULL when memory runs out. The draft has ended. */
void *object_facts_end(struct object_facts_draft *draft, struct object_facts *head,
                       struct arena *arena);

/* A text of the block; as long as the block is. */
struct view object_facts_text(const struct object_facts *facts, struct span span);

/* A hash of bytes by which the same are told from others, not from a forger's. */
uint64_t object_facts_digest(struct view bytes);

#endif
