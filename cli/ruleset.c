#include "cli/ruleset.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/diag.h"
#include "base/limits.h"
#include "policy/set.h"

#include <stdio.h>

struct policy_set *ruleset_load(const char *directory)
{
    const struct policy_sources from = {.directory = directory};
    struct policy_set *set;
    struct diags diags;
    struct buf text;
    int status;

    diags_init(&diags, NULL);
    status = policy_set_load(&from, &diags, &set);
    if (!set) {
        fputs("tidegate: out of memory\n", stderr);
        return NULL;
    }
    buf_init(&text, LIMIT_RULES_MEMORY);
    diags_write(&diags, &text);
    if (text.n > 0)
        fwrite(buf_view(&text).p, 1, text.n, stderr);
    buf_release(&text);
    if (status == 0)
        return set;
    policy_set_release(set);
    return NULL;
}
