#include "cel/text/semver.h"

#include "base/parse_error.h"
#include "tests/contract/oracle/answer/answer.h"

#include <inttypes.h>
#include <stdio.h>

/* Numbers as text: JSON's end at 2^63. */
static json_t *say(struct view text, bool normalize)
{
    char numbers[3 * 20 + 3];
    struct semver v;
    struct parse_error error;

    if (semver_parse(text, normalize, &v, &error) < 0)
        return json_null();
    snprintf(numbers, sizeof(numbers), "%" PRIu64 ".%" PRIu64 ".%" PRIu64, v.major, v.minor,
             v.patch);
    return json_pack("{s:s, s:s%, s:s%}", "numbers", numbers, "pre", v.pre.p ? v.pre.p : "",
                     v.pre.n, "build", v.build.p ? v.build.p : "", v.build.n);
}

/* ["1.2.3-rc.1", "v1.2"] -> both, as they are and normalized, and their order when both are
 * versions. */
json_t *answer_semver(const json_t *question, struct arena *arena)
{
    struct view a = answer_text(json_array_get(question, 0));
    struct view b = answer_text(json_array_get(question, 1));
    struct semver x, y;
    struct parse_error error;
    json_t *order = json_null();

    (void)arena;
    if (semver_parse(a, true, &x, &error) == 0 && semver_parse(b, true, &y, &error) == 0) {
        int o = semver_cmp(&x, &y);

        order = json_integer((o > 0) - (o < 0));
    }
    return json_pack("{s:o, s:o, s:o}", "strict", say(a, false), "normalized", say(a, true),
                     "order", order);
}
