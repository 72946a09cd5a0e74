#include "base/parse_error.h"
#include "base/view.h"
#include "policy/image/image_ref.h"
#include "tests/contract/oracle/answer/answer.h"

static void put(json_t *object, const char *key, struct view v)
{
    json_object_set_new(object, key, json_stringn(v.p ? v.p : "", v.n));
}

/* "nginx" -> {"repository", "domain", "path", "tag", "digest"}, or {"refused": true}. */
json_t *answer_image(const json_t *question, struct arena *arena)
{
    struct image_ref ref;
    struct parse_error parse_error;
    json_t *said;

    if (image_ref_parse(answer_text(question), arena, &ref, &parse_error) < 0)
        return json_pack("{s:b}", "refused", 1);
    said = json_object();
    put(said, "repository", ref.repository);
    put(said, "domain", ref.domain);
    put(said, "path", ref.path);
    put(said, "tag", ref.tag);
    put(said, "digest", ref.digest);
    return said;
}
