/* Any bytes are the answer of Prometheus, and that of an application by the service proxy. The
 * first two say its status, and whether the limits are there. */
#include "policy/guard/guard_probes.h"
#include "rollout/judge/judge.h"
#include "rollout/judge/probe_result.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* One line of words, and one of three answers. */
static void check(const struct probe_answer *answer)
{
    if ((answer->ok && answer->no_data) || answer->message[0] == '\0')
        abort();
    for (const char *p = answer->message; *p; p++)
        if ((unsigned char)*p < ' ')
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct guard_query query = {.min = -1, .max = 0.05};
    struct guard_http http = {.timeout = 1};
    struct probe_answer answer = {0};
    struct view body;
    unsigned status;

    if (size < 2)
        return 0;
    status = 100 + data[0] * 2u;
    query.has_min = data[1] & 1;
    query.has_max = data[1] & 2;
    body = (struct view){(const char *)data + 2, size - 2};
    probe_judge_query(&query, status, body, &answer);
    check(&answer);
    probe_judge_http(&http, true, status, body, &answer);
    check(&answer);
    return 0;
}
