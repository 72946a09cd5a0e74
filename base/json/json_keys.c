#include "base/json/json_keys.h"

#include "base/arena.h"
#include "base/json/json.h"

#include <stdlib.h>

/* How many bytes all keys begin with: "app.example.com/" of a thousand annotations. */
static size_t common_length(const struct json_key *keys, size_t count)
{
    struct view first = json_text_of(keys[0].key);
    size_t common = first.n;

    for (size_t i = 1; i < count && common > 0; i++) {
        struct view text = json_text_of(keys[i].key);
        size_t n = 0;

        if (text.n < common)
            common = text.n;
        while (n < common && text.p[n] == first.p[n])
            n++;
        common = n;
    }
    return common;
}

/* The eight bytes after those that all have, in an order that numbers have too: nearly all
 * comparisons are settled by them, without a look at the text. */
static uint64_t head_of(struct view text, size_t common)
{
    uint64_t head = 0;

    for (size_t i = common; i < common + 8; i++)
        head = head << 8 | (i < text.n ? (unsigned char)text.p[i] : 0);
    return head;
}

static int by_text(const void *a, const void *b)
{
    const struct json_key *x = a, *y = b;

    if (x->head != y->head)
        return x->head < y->head ? -1 : 1;
    return view_cmp(json_text_of(x->key), json_text_of(y->key));
}

void json_keys_order(struct json_key *keys, size_t count)
{
    size_t common = count > 1 ? common_length(keys, count) : 0;

    for (size_t i = 0; i < count; i++)
        keys[i].head = head_of(json_text_of(keys[i].key), common);
    if (count > 1)
        qsort(keys, count, sizeof(*keys), by_text);
}

struct json_key *json_keys_sort(yyjson_val *map, struct arena *arena)
{
    size_t count = yyjson_obj_size(map);
    struct json_key *keys = arena_array(arena, count, sizeof(*keys));
    yyjson_obj_iter iter = yyjson_obj_iter_with(map);

    if (!keys)
        return NULL;
    for (size_t i = 0; i < count; i++)
        keys[i].key = yyjson_obj_iter_next(&iter);
    json_keys_order(keys, count);
    return keys;
}
