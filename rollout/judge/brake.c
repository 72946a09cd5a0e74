#include "rollout/judge/brake.h"
#include "rollout/limits.h"

#include <string.h>

void brake_init(struct brake *b)
{
    b->count = 0;
}

/* A place for one of that instant: a free one, or that of the oldest; NULL when it is older. */
static struct brake_entry *make_room(struct brake *b, int64_t at)
{
    struct brake_entry *oldest = &b->entries[0];

    if (b->count < LIMIT_BRAKE)
        return &b->entries[b->count++];
    for (size_t i = 1; i < b->count; i++)
        if (b->entries[i].at < oldest->at)
            oldest = &b->entries[i];
    return oldest->at < at ? oldest : NULL;
}

void brake_add(struct brake *b, struct view namespace_, int64_t at)
{
    struct view name = view_first(namespace_, BRAKE_NAMESPACE - 1);
    struct brake_entry *entry = make_room(b, at);

    if (!entry)
        return;
    *entry = (struct brake_entry){.at = at};
    if (name.n > 0)
        memcpy(entry->namespace_, name.p, name.n);
}

struct brake_count brake_count(const struct brake *b, struct view namespace_, int64_t within,
                               int64_t now)
{
    struct brake_count count = {0, 0};

    for (size_t i = 0; i < b->count; i++) {
        if (b->entries[i].at <= now - within)
            continue;
        count.all++;
        count.namespace_ += view_eq_str(namespace_, b->entries[i].namespace_);
    }
    return count;
}
