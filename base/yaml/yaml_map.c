#include "base/yaml/yaml_map.h"

#include "base/diag.h"
#include "base/yaml/node.h"

#include <stdlib.h>

static int by_order(const void *a, const void *b)
{
    const struct yaml_slot *x = a, *y = b;

    return (x->order > y->order) - (x->order < y->order);
}

static int by_key(const void *a, const void *b)
{
    const struct yaml_slot *x = a, *y = b;
    int order = view_cmp(x->key->text, y->key->text);

    return order != 0 ? order : by_order(a, b);
}

static void report(const struct yaml_slot *slot, const struct yaml_slot *earlier,
                   enum yaml_mode mode, struct diags *diags)
{
    const struct node *key = slot->key, *other = earlier->key;

    if (mode == YAML_MANIFEST) {
        diag_warning(diags, key->place, "key \"%.*s\" is here again; the last one counts",
                     VIEW_ARGS(key->text));
        diag_hint(diags, "the one before it is in line %u, column %u", other->place.line,
                  other->place.column);
        return;
    }
    diag_error(diags, key->place, "key \"%.*s\" is here again", VIEW_ARGS(key->text));
    diag_hint(diags, "the first is in line %u, column %u", other->place.line, other->place.column);
}

/* Of children with one key, in order: marks all but the one that counts. */
static void settle_same(struct yaml_slot *same, size_t count, enum yaml_mode mode,
                        struct diags *diags)
{
    struct yaml_slot *written = NULL, *counts = &same[count - 1];

    for (size_t i = 0; i < count; i++) {
        if (same[i].merged)
            continue;
        if (written)
            report(&same[i], written, mode, diags);
        if (!written || mode == YAML_MANIFEST)
            written = &same[i];
    }
    if (mode == YAML_RULES && written)
        counts = written;
    for (size_t i = 0; i < count; i++)
        same[i].replaced = &same[i] != counts;
}

size_t yaml_map_settle(struct yaml_slot *slots, size_t count, enum yaml_mode mode,
                       struct diags *diags)
{
    size_t keys = 0;

    if (count < 2)
        return count;
    qsort(slots, count, sizeof(*slots), by_key);
    for (size_t i = 0, next; i < count; i = next) {
        for (next = i + 1; next < count; next++)
            if (!view_eq(slots[i].key->text, slots[next].key->text))
                break;
        settle_same(slots + i, next - i, mode, diags);
        keys++;
    }
    qsort(slots, count, sizeof(*slots), by_order);
    return keys;
}
