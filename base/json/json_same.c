#include "base/json/json_same.h"

#include "base/budget.h"
#include "base/json/json.h"
#include "base/json/json_keys.h"
#include "base/limits.h"

#include <yyjson.h>

struct comparison {
    struct arena *arena;
    struct budget *budget;
};

static int compare(struct comparison *c, yyjson_val *a, yyjson_val *b, unsigned depth);

static int compare_lists(struct comparison *c, yyjson_val *a, yyjson_val *b, unsigned depth)
{
    yyjson_arr_iter as = yyjson_arr_iter_with(a), bs = yyjson_arr_iter_with(b);
    yyjson_val *value;
    int same = yyjson_arr_size(a) == yyjson_arr_size(b);

    while (same == 1 && (value = yyjson_arr_iter_next(&as)))
        same = compare(c, value, yyjson_arr_iter_next(&bs), depth);
    return same;
}

static bool same_text(yyjson_val *a, yyjson_val *b)
{
    return view_eq(json_text_of(a), json_text_of(b));
}

/* Nearly all maps that are compared have their keys in one order. Returns 1, 0, or -1 when the
 * budget is over. */
static int keys_in_one_order(struct comparison *c, yyjson_val *a, yyjson_val *b)
{
    yyjson_obj_iter as = yyjson_obj_iter_with(a), bs = yyjson_obj_iter_with(b);
    yyjson_val *key;

    while ((key = yyjson_obj_iter_next(&as))) {
        if (!budget_take(c->budget, 1))
            return -1;
        if (!same_text(key, yyjson_obj_iter_next(&bs)))
            return 0;
    }
    return 1;
}

static int compare_in_step(struct comparison *c, yyjson_val *a, yyjson_val *b, unsigned depth)
{
    yyjson_obj_iter as = yyjson_obj_iter_with(a), bs = yyjson_obj_iter_with(b);
    yyjson_val *key;
    int same = 1;

    while (same == 1 && (key = yyjson_obj_iter_next(&as)))
        same = compare(c, yyjson_obj_iter_get_val(key),
                       yyjson_obj_iter_get_val(yyjson_obj_iter_next(&bs)), depth);
    return same;
}

static int compare_sorted(struct comparison *c, yyjson_val *a, yyjson_val *b, unsigned depth)
{
    struct json_key *as = json_keys_sort(a, c->arena), *bs = json_keys_sort(b, c->arena);
    size_t count = yyjson_obj_size(a);
    int same = as && bs ? 1 : -1;

    for (size_t i = 0; same == 1 && i < count; i++)
        same = same_text(as[i].key, bs[i].key) ? compare(c, yyjson_obj_iter_get_val(as[i].key),
                                                         yyjson_obj_iter_get_val(bs[i].key), depth)
                                               : 0;
    return same;
}

static int compare_maps(struct comparison *c, yyjson_val *a, yyjson_val *b, unsigned depth)
{
    int in_order;

    if (yyjson_obj_size(a) != yyjson_obj_size(b))
        return 0;
    in_order = keys_in_one_order(c, a, b);
    if (in_order < 0)
        return -1;
    return in_order ? compare_in_step(c, a, b, depth) : compare_sorted(c, a, b, depth);
}

/* The recursion ends at LIMIT_JSON_DEPTH. */
static int compare(struct comparison *c, yyjson_val *a, yyjson_val *b, unsigned depth)
{
    if (!budget_take(c->budget, 1) || depth > LIMIT_JSON_DEPTH)
        return -1;
    if (!a || !b)
        return a == b;
    if (yyjson_get_type(a) != yyjson_get_type(b))
        return 0;
    if (yyjson_is_arr(a))
        return compare_lists(c, a, b, depth + 1);
    if (yyjson_is_obj(a))
        return compare_maps(c, a, b, depth + 1);
    return yyjson_equals(a, b);
}

int json_same(yyjson_val *a, yyjson_val *b, struct arena *arena, struct budget *budget)
{
    struct comparison c = {arena, budget};

    return compare(&c, a, b, 0);
}
