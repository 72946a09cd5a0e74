#include "base/quantity.h"

#include "base/flaw.h"
#include "base/view.h"
#include "tests/oracle/answer/answer.h"

#include <stdint.h>

/* "1.5Gi" -> {"text": "1536Mi", "units": 1610612736, "nano": 0}, or {"error": ...}. */
json_t *answer_quantity(const json_t *question, struct arena *arena)
{
    char room[QUANTITY_ROOM];
    struct quantity q;
    struct flaw flaw;

    (void)arena;
    if (quantity_parse(answer_text(question), &q, &flaw) < 0)
        return json_pack("{s:s}", "error", flaw.why);
    return json_pack("{s:s, s:I, s:I}", "text", quantity_print(q, room).p, "units",
                     (json_int_t)(q.nano / 1000000000), "nano", (json_int_t)(q.nano % 1000000000));
}

/* ["2", "1.5", "1"] -> whether 2 <= 1.5 * 1. */
json_t *answer_ratio(const json_t *question, struct arena *arena)
{
    struct quantity q[3];
    struct flaw flaw;

    (void)arena;
    for (size_t i = 0; i < 3; i++)
        if (quantity_parse(answer_text(json_array_get(question, i)), &q[i], &flaw) < 0)
            return json_null();
    return json_boolean(quantity_within(q[0], q[1], q[2]));
}
