#include "base/quantity.h"

#include "base/parse_error.h"
#include "base/view.h"
#include "tests/oracle/answer/answer.h"

#include <stdbool.h>

/* "1.5Gi" -> {"text": "1536Mi", "error": ""}, or {"text": "", "error": ...}. */
json_t *answer_quantity(const json_t *question, struct arena *arena)
{
    char room[QUANTITY_ROOM];
    struct quantity q;
    struct parse_error parse_error;

    (void)arena;
    if (quantity_parse(answer_text(question), &q, &parse_error) < 0)
        return json_pack("{s:s, s:s}", "text", "", "error", parse_error.why);
    return json_pack("{s:s, s:s}", "text", quantity_print(&q, room).p, "error", "");
}

/* Fills q with the quantities of a list. False when one is none. */
static bool parse_all(const json_t *texts, struct quantity *q)
{
    struct parse_error parse_error;

    for (size_t i = 0; i < json_array_size(texts); i++)
        if (quantity_parse(answer_text(json_array_get(texts, i)), &q[i], &parse_error) < 0)
            return false;
    return true;
}

/* ["100E", "10E"] -> 1. */
json_t *answer_order(const json_t *question, struct arena *arena)
{
    struct quantity q[2];
    int order;

    (void)arena;
    if (!parse_all(question, q))
        return json_null();
    order = quantity_cmp(&q[0], &q[1]);
    return json_integer((order > 0) - (order < 0));
}

/* ["2", "1.5", "1"] -> whether 2 <= 1.5 * 1. */
json_t *answer_ratio(const json_t *question, struct arena *arena)
{
    struct quantity q[3];

    (void)arena;
    return parse_all(question, q) ? json_boolean(quantity_within(&q[0], &q[1], &q[2]))
                                  : json_null();
}
