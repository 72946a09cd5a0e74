/* Any objects, told in any order by any list, are kept and seen without harm, and once all are gone
 * nothing is left. Each line is one: a character from `0` on for the list (6 further: it is gone),
 * then JSON. */
#include "base/arena.h"
#include "kube/cache.h"
#include "policy/limits.h"
#include "rollout/watch/snapshot.h"
#include "rollout/watch/store.h"

#include <stdint.h>
#include <stdlib.h>
#include <yyjson.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void tell(struct cache *s, struct view line, int64_t now)
{
    unsigned what = line.n > 0 ? (unsigned)(unsigned char)line.p[0] - '0' : 99;
    yyjson_doc *doc;

    if (what >= 2 * STORE_LISTS)
        return;
    doc = yyjson_read(line.p + 1, line.n - 1, 0);
    if (doc && what < STORE_LISTS)
        cache_put(s, (enum store_list)what, yyjson_doc_get_root(doc), now);
    else if (doc)
        cache_drop(s, (enum store_list)(what - STORE_LISTS), yyjson_doc_get_root(doc));
    yyjson_doc_free(doc);
}

static void look(struct cache *s)
{
    struct arena arena;
    struct view uid;

    arena_init(&arena, LIMIT_ARENA);
    while (cache_dequeue(s, &arena, &uid)) {
        struct snapshot snapshot;

        store_snapshot(s, uid, &arena, &snapshot);
    }
    arena_release(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct view rest = {(const char *)data, size}, line;
    struct cache *s = store_create(1 << 20);
    size_t left = 0;

    for (int64_t now = 1; rest.n > 0; now++) {
        view_cut(rest, '\n', &line, &rest);
        tell(s, line, now);
        if (now % 3 == 0)
            look(s);
    }
    for (unsigned list = 0; list < STORE_LISTS; list++) {
        cache_list_begin(s, (enum store_list)list);
        cache_list_end(s, (enum store_list)list, 0);
        left += cache_count_of(s, (enum store_list)list);
    }
    look(s);
    if (left > 0 || cache_held(s) % 512 != 0)
        abort();
    cache_free(s);
    return 0;
}
