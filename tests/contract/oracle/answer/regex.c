#include "cel/regex/regex.h"

#include "base/arena.h"
#include "policy/limits.h"
#include "tests/contract/oracle/answer/answer.h"

static json_t *matches(const struct regex *regex, struct view text, struct regex_room *room)
{
    struct regex_walk walk = {.regex = regex, .text = text};
    json_t *all = json_array();
    struct view found;

    while (regex_next(&walk, room, &found) == REGEX_MATCH) {
        json_int_t from = found.p - text.p;

        json_array_append_new(all, json_pack("[I, I]", from, from + (json_int_t)found.n));
    }
    return all;
}

/* {"pattern": BASE64, "texts": [BASE64, ...]} -> {"error": BASE64}, or for each text whether it
 * matches, by both ways of compiling, and all matches in it. */
json_t *answer_regex(const json_t *question, struct arena *arena)
{
    struct view pattern = answer_bytes(json_object_get(question, "pattern"), arena), error;
    const struct regex *once = regex_compile(pattern, REGEX_ONCE, arena, NULL, &error);
    const struct regex *often = regex_compile(pattern, REGEX_OFTEN, arena, NULL, &error);
    struct regex_room room = {.arena = arena};
    json_t *texts = json_array();
    size_t i;
    const json_t *one;

    json_array_foreach((json_t *)(size_t)json_object_get(question, "texts"), i, one)
    {
        struct view text = answer_bytes(one, arena);

        if (!often)
            break;
        json_array_append_new(texts,
                              json_pack("{s:b, s:b, s:o}", "once",
                                        regex_match(once, text, &room) == REGEX_MATCH, "often",
                                        regex_match(often, text, &room) == REGEX_MATCH, "all",
                                        matches(often, text, &room)));
    }
    return json_pack("{s:o, s:o}", "error", answer_base64(error), "texts", texts);
}
