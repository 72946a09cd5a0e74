#include "cel/text/url.h"

#include "tests/contract/oracle/answer/answer.h"

#include <string.h>

static json_t *parameters(const struct url *url, struct arena *arena)
{
    struct url_query query = url_query(url, arena);
    json_t *all = json_array();
    struct view name, value;

    while (url_query_next(&query, &name, &value))
        json_array_append_new(all, json_pack("[o, o]", answer_base64(name), answer_base64(value)));
    return all;
}

/* BASE64 -> what is wrong with it as a request's URL, and as one at all; or its parts. */
json_t *answer_url(const json_t *question, struct arena *arena)
{
    struct view text = answer_bytes(question, arena);
    const char *request = url_check(text, arena), *any;
    struct url url;

    any = url_parse(text, &url, arena);
    if (any)
        return json_pack("{s:s, s:s}", "request", request ? request : "", "error", any);
    return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "request", request ? request : "",
                     "scheme", answer_base64(url.scheme), "host", answer_base64(url.host),
                     "hostname", answer_base64(url_hostname(&url)), "port",
                     answer_base64(url_port(&url)), "path",
                     answer_base64(url_escaped_path(&url, arena)), "text",
                     answer_base64(url_text(&url, arena)), "query", parameters(&url, arena));
}
