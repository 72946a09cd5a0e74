#include "base/quantity.h"

#include "base/parse_error.h"
#include "base/view.h"
#include "cel/text/amount.h"
#include "tests/contract/oracle/answer/answer.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

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

/* A double as its bits. */
static json_t *bits(double d)
{
    char text[24];
    uint64_t u;

    memcpy(&u, &d, sizeof(u));
    snprintf(text, sizeof(text), "%" PRIu64, u);
    return json_string(text);
}

/* ["1Gi", "1"] -> what CEL's functions say of the two, or null. */
json_t *answer_amount(const json_t *question, struct arena *arena)
{
    struct amount a, b, sum, difference;
    struct parse_error error;
    int64_t integer = 0, sums = 0;
    bool is, sum_is;

    (void)arena;
    if (amount_parse(answer_text(json_array_get(question, 0)), &a, &error) < 0 ||
        amount_parse(answer_text(json_array_get(question, 1)), &b, &error) < 0)
        return json_null();
    if (amount_add(&a, &b, false, &sum) < 0 || amount_add(&a, &b, true, &difference) < 0)
        return json_pack("{s:b}", "large", true);
    is = amount_integer(&a, &integer);
    sum_is = amount_integer(&sum, &sums);
    return json_pack("{s:b, s:I, s:b, s:I, s:o, s:o, s:o, s:i, s:i, s:i}", "is", is, "integer",
                     (json_int_t)integer, "sumIs", sum_is, "sum", (json_int_t)sums, "float",
                     bits(amount_float(&a)), "sumFloat", bits(amount_float(&sum)),
                     "differenceFloat", bits(amount_float(&difference)), "order",
                     amount_cmp(&a, &b), "sign", amount_sign(&a), "differenceSign",
                     amount_sign(&difference));
}
