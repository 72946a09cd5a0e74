#include "server/rules/last_good.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/json/json.h"
#include "base/text/packed.h"
#include "base/text/quote.h"
#include "policy/limits.h"
#include "server/limits.h"

#include <string.h>
#include <yyjson.h>

enum { LONGEST_NAME = 253, HASH = 16 };

struct view last_good_name(struct view object, struct arena *arena)
{
    unsigned char digest[DIGEST_BYTES];
    struct view kind, name, whole;
    char hash[DIGEST_TEXT];

    view_cut(object, '/', &kind, &name);
    whole = arena_printf(arena, "tidegate-rules.%.*s.%.*s", VIEW_ARGS(kind), VIEW_ARGS(name));
    if (whole.n <= LONGEST_NAME)
        return whole;
    if (digest_of(object, digest) < 0)
        return (struct view){NULL, 0};
    digest_hex(digest, HASH / 2, hash);
    whole.n = LONGEST_NAME - HASH - 1;
    while (whole.p[whole.n - 1] == '.' || whole.p[whole.n - 1] == '-')
        whole.n--; /* a label ends with a letter or a digit */
    return arena_printf(arena, "%.*s.%s", VIEW_ARGS(whole), hash);
}

int last_good_write(const struct last_good *good, struct buf *out)
{
    struct arena arena;
    struct view name;
    int status;

    arena_init(&arena, LIMIT_MESSAGE);
    name = last_good_name(good->object, &arena);
    buf_printf(out,
               "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"%.*s\","
               "\"labels\":{\"" LAST_GOOD_LABEL "\":\"true\","
               "\"app.kubernetes.io/managed-by\":\"tidegate\"}},\"data\":{\"object\":",
               VIEW_ARGS(name));
    quote_json(out, good->object);
    buf_add_str(out, ",\"definition\":");
    quote_json(out, good->definition);
    buf_add_str(out, "},\"binaryData\":{\"text\":\"");
    packed_add(good->text, LIMIT_LAST_GOOD, out);
    buf_add_str(out, "\"}}");
    status = name.p && !out->failed ? 0 : -1;
    arena_release(&arena);
    return status < 0 || out->n > LIMIT_LAST_GOOD ? -1 : 0;
}

int last_good_read(yyjson_val *map, struct arena *arena, struct last_good *out)
{
    yyjson_val *data = yyjson_obj_get(map, "data");
    struct view text = json_text(yyjson_obj_get(map, "binaryData"), "text");

    *out = (struct last_good){.object = json_text(data, "object"),
                              .definition = json_text(data, "definition")};
    if (text.n > 0)
        out->text = packed_text(text, LIMIT_RULE_OBJECT, arena);
    return view_find(out->object, '/') > 0 && out->definition.p && out->text.p ? 0 : -1;
}
