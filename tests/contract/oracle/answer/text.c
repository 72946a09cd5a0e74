#include "cel/text/text.h"

#include "base/arena.h"
#include "base/buf.h"
#include "policy/limits.h"
#include "tests/contract/oracle/answer/answer.h"

static json_t *say(struct view v)
{
    return json_stringn(v.p ? v.p : "", v.n);
}

static json_t *parts(struct view text, struct view by, int64_t n)
{
    struct text_split split = {.rest = text, .by = by, .left = n};
    json_t *list = json_array();
    struct view part;

    while (text_split_next(&split, &part))
        json_array_append_new(list, say(part));
    return list;
}

static json_t *quoted(struct view text)
{
    struct buf out;
    json_t *said;

    buf_init(&out, LIMIT_BODY);
    text_quote(text, &out);
    said = say(buf_view(&out));
    buf_release(&out);
    return said;
}

/* {"text", "other", "by", "from", "to"} -> what each function makes of them. */
json_t *answer_text_functions(const json_t *question, struct arena *arena)
{
    struct view text = answer_text(json_object_get(question, "text"));
    struct view other = answer_text(json_object_get(question, "other"));
    struct view by = answer_text(json_object_get(question, "by")), part;
    json_int_t from = json_integer_value(json_object_get(question, "from"));
    json_int_t to = json_integer_value(json_object_get(question, "to"));
    json_t *said = json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "lower", say(text_lower(text, arena)), "upper",
        say(text_upper(text, arena)), "trim", say(text_trim(text)), "quote", quoted(text),
        "goQuote", say(text_quoted(text, arena)), "replace",
        say(text_replace(text, other, by, from, arena, NULL)), "split", parts(text, other, from));

    if (text_part(text, from, to, &part))
        json_object_set_new(said, "part", say(part));
    if (other.n > 0 && from >= 0) {
        json_object_set_new(said, "find", json_integer(text_find(text, other, from, NULL)));
        json_object_set_new(said, "last", json_integer(text_find_last(text, other, from, NULL)));
    }
    return said;
}
