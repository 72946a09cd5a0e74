#include "cel/list.h"

#include "base/arena.h"
#include "base/budget.h"
#include "base/siphash.h"
#include "cel/map.h"
#include "cel/run.h"

/* --- counting --------------------------------------------------------------------------------- */

static size_t list_count(struct cel_value v)
{
    switch ((enum cel_form)v.form) {
    case CEL_FORM_ARRAY: return v.list->count;
    case CEL_FORM_JSON: return yyjson_arr_size(v.json);
    case CEL_FORM_JOIN: return v.join->count;
    }
    return 0;
}

size_t cel_count(struct cel_value v)
{
    if (v.kind == CEL_LIST)
        return list_count(v);
    if (v.kind != CEL_MAP)
        return 0;
    return v.form == CEL_FORM_JSON ? yyjson_obj_size(v.json) : v.map->count;
}

/* --- long lists and maps of a document -------------------------------------------------------- */

/* So many elements or keys of a document are looked at one by one; where there are more, they are
 * found by an index, which is made when one is first asked for. */
enum { LONG = 32 };

struct cel_index {
    yyjson_val *of;
    size_t slot_count;   /* of an object; a power of two */
    yyjson_val *items[]; /* the elements of an array, or the keys of an object by their hash */
};

/* All of them, by what they are of: a document may hold many. */
struct cel_indexes {
    struct cel_index **slots;
    size_t count, room; /* a power of two */
};

static size_t index_slot(const struct cel_indexes *all, const yyjson_val *of)
{
    size_t slot = siphash_secret((struct view){(const char *)&of, sizeof(of)}) & (all->room - 1);

    while (all->slots[slot] && all->slots[slot]->of != of)
        slot = (slot + 1) & (all->room - 1);
    return slot;
}

/* Half of the slots stay free. Returns 0, or -1 when memory runs out. */
static int grow_indexes(struct cel_run *run, struct cel_indexes *all)
{
    struct cel_indexes grown = {.count = all->count, .room = all->room ? 2 * all->room : LONG};

    grown.slots = arena_array(run->arena, grown.room, sizeof(struct cel_index *));
    if (!grown.slots || !cel_step(run, grown.room))
        return -1;
    for (size_t i = 0; i < all->room; i++)
        if (all->slots[i])
            grown.slots[index_slot(&grown, all->slots[i]->of)] = all->slots[i];
    *all = grown;
    return 0;
}

/* Those of the run, with room for one more; NULL with the run halted. */
static struct cel_indexes *indexes_of(struct cel_run *run)
{
    if (!run->indexes)
        run->indexes = arena_alloc(run->arena, sizeof(*run->indexes));
    if (run->indexes &&
        (2 * run->indexes->count < run->indexes->room || grow_indexes(run, run->indexes) == 0))
        return run->indexes;
    cel_no_memory(run);
    return NULL;
}

static size_t object_slot(const struct cel_index *index, struct view name)
{
    size_t slot = siphash_secret(name) & (index->slot_count - 1);
    yyjson_val *key;

    while ((key = index->items[slot]) && !yyjson_equals_strn(key, name.p, name.n))
        slot = (slot + 1) & (index->slot_count - 1);
    return slot;
}

static void index_object(struct cel_index *index, yyjson_val *object)
{
    yyjson_obj_iter iter = yyjson_obj_iter_with(object);
    yyjson_val *key;

    while ((key = yyjson_obj_iter_next(&iter))) {
        struct view name = {yyjson_get_str(key), yyjson_get_len(key)};

        index->items[object_slot(index, name)] = key;
    }
}

static void index_array(struct cel_index *index, yyjson_val *array)
{
    yyjson_arr_iter iter = yyjson_arr_iter_with(array);
    yyjson_val *item;
    size_t i = 0;

    while ((item = yyjson_arr_iter_next(&iter)))
        index->items[i++] = item;
}

/* The index of a list or map of a document; NULL with the run halted when it cannot be made. */
static const struct cel_index *index_of(struct cel_run *run, yyjson_val *of)
{
    struct cel_indexes *all = indexes_of(run);
    size_t count = yyjson_get_len(of), room = count;
    struct cel_index **slot, *index;

    if (!all)
        return NULL;
    slot = &all->slots[index_slot(all, of)];
    if (*slot)
        return *slot;
    if (!cel_step(run, count))
        return NULL;
    if (yyjson_is_obj(of))
        for (room = 4 * LONG; room < 2 * count;)
            room *= 2;
    index = arena_alloc(run->arena, sizeof(*index) + room * sizeof(index->items[0]));
    if (!index) {
        cel_no_memory(run);
        return NULL;
    }
    *index = (struct cel_index){of, yyjson_is_obj(of) ? room : 0};
    if (yyjson_is_obj(of))
        index_object(index, of);
    else
        index_array(index, of);
    *slot = index;
    all->count++;
    return index;
}

/* --- elements --------------------------------------------------------------------------------- */

static struct cel_value json_at(struct cel_run *run, yyjson_val *array, size_t i)
{
    const struct cel_index *index;

    if (yyjson_arr_size(array) <= LONG)
        return cel_of_json(yyjson_arr_get(array, i));
    index = index_of(run, array);
    return index ? cel_of_json(index->items[i]) : cel_null();
}

struct cel_value cel_list_at(struct cel_run *run, struct cel_value list, size_t i)
{
    while (list.form == CEL_FORM_JOIN) {
        size_t first = list_count(list.join->first);

        list = i < first ? list.join->first : list.join->second;
        i -= i < first ? 0 : first;
    }
    return list.form == CEL_FORM_ARRAY ? list.list->items[i] : json_at(run, list.json, i);
}

/* --- iterators -------------------------------------------------------------------------------- */

/* Begins with the part of the whole in which its element `index` is. */
static void enter_leaf(struct cel_iter *iter)
{
    size_t i = iter->index;

    iter->leaf = iter->of;
    while (iter->leaf.kind == CEL_LIST && iter->leaf.form == CEL_FORM_JOIN) {
        const struct cel_join *join = iter->leaf.join;
        size_t first = list_count(join->first);

        iter->leaf = i < first ? join->first : join->second;
        i -= i < first ? 0 : first;
    }
    iter->i = i;
    iter->count = cel_count(iter->leaf);
    if (iter->leaf.form == CEL_FORM_JSON && iter->count > 0)
        iter->next = unsafe_yyjson_get_first(iter->leaf.json);
}

struct cel_iter cel_iter(struct cel_value v)
{
    struct cel_iter iter = {.of = v};

    enter_leaf(&iter);
    return iter;
}

static void take_json(struct cel_iter *iter)
{
    yyjson_val *value = iter->next;

    if (iter->leaf.kind == CEL_MAP) {
        iter->key = cel_string((struct view){yyjson_get_str(value), yyjson_get_len(value)});
        value++;
    }
    iter->value = cel_of_json(value);
    iter->json = value;
    iter->next = unsafe_yyjson_get_next(value);
}

bool cel_iter_next(struct cel_iter *iter)
{
    if (iter->i == iter->count && iter->of.form == CEL_FORM_JOIN &&
        iter->index < cel_count(iter->of))
        enter_leaf(iter);
    if (iter->i == iter->count)
        return false;
    iter->json = NULL;
    if (iter->leaf.kind == CEL_LIST)
        iter->key = cel_int((int64_t)iter->index);
    if (iter->leaf.form == CEL_FORM_JSON) {
        take_json(iter);
    } else if (iter->leaf.kind == CEL_LIST) {
        iter->value = iter->leaf.list->items[iter->i];
    } else {
        iter->key = iter->leaf.map->entries[iter->i].key;
        iter->value = iter->leaf.map->entries[iter->i].value;
    }
    iter->i++;
    iter->index++;
    return true;
}

/* --- maps ------------------------------------------------------------------------------------- */

static yyjson_val *field_of(yyjson_val *object, struct view name)
{
    yyjson_val *key = unsafe_yyjson_get_first(object);

    for (size_t left = unsafe_yyjson_get_len(object); left > 0; left--) {
        if (unsafe_yyjson_get_len(key) == name.n &&
            memcmp(unsafe_yyjson_get_str(key), name.p, name.n) == 0)
            return key + 1;
        key = unsafe_yyjson_get_next(key + 1);
    }
    return NULL;
}

static yyjson_val *json_field(struct cel_run *run, yyjson_val *object, struct view name)
{
    const struct cel_index *index;
    yyjson_val *key;

    if (yyjson_obj_size(object) <= LONG)
        return field_of(object, name);
    index = index_of(run, object);
    key = index ? index->items[object_slot(index, name)] : NULL;
    return key ? key + 1 : NULL;
}

bool cel_map_field(struct cel_run *run, struct cel_value map, struct view name,
                   struct cel_value *value)
{
    const struct cel_entry *entry;

    if (map.form == CEL_FORM_JSON) {
        yyjson_val *json = json_field(run, map.json, name);

        if (json)
            *value = cel_of_json(json);
        return json != NULL;
    }
    entry = cel_map_find(map.map, cel_string(name), true);
    if (entry)
        *value = entry->value;
    return entry != NULL;
}

bool cel_map_get(struct cel_run *run, struct cel_value map, struct cel_value key,
                 struct cel_value *value)
{
    const struct cel_entry *entry;

    if (key.kind == CEL_STRING)
        return cel_map_field(run, map, cel_text(key), value);
    if (map.form == CEL_FORM_JSON)
        return false;
    entry = cel_map_find(map.map, key, false);
    if (entry)
        *value = entry->value;
    return entry != NULL;
}
