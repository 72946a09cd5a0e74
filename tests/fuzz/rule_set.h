#ifndef TG_TESTS_FUZZ_RULE_SET_H
#define TG_TESTS_FUZZ_RULE_SET_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/diag.h"
#include "policy/evaluate.h"
#include "policy/message.h"
#include "policy/set.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <yyjson.h>

/* Compiles bytes as the only file of a directory. NULL when it is not a rule set. */
static inline struct policy_set *compile_bytes(const void *data, size_t size)
{
    static char directory[] = "/tmp/tidegate-fuzz-XXXXXX", path[64];
    const struct policy_sources from = {.paths = (const char *const[]){directory, NULL}};
    struct policy_set *set = NULL;
    struct diags diags;
    struct buf text;
    FILE *file;
    int result;

    if (!path[0]) {
        if (!mkdtemp(directory))
            abort();
        snprintf(path, sizeof(path), "%s/rules.yaml", directory);
    }
    file = fopen(path, "w");
    if (!file || fwrite(data, 1, size, file) != size || fclose(file) != 0)
        abort();
    diags_init(&diags, NULL);
    result = policy_set_load(&from, &diags, &set);
    unlink(path);
    buf_init(&text, 1 << 20);
    diags_write(&diags, &text);
    buf_release(&text);
    if (result == 0)
        return set;
    policy_set_release(set);
    return NULL;
}

/* What the guard knows follows from the hash. */
static inline void any_rollout(void *ctx, const struct request *request, struct view hash,
                               struct arena *arena, struct cluster_view_rollout *out)
{
    unsigned n = hash.n > 0 ? (unsigned char)*hash.p : 0;

    (void)ctx;
    (void)request;
    (void)arena;
    *out = (struct cluster_view_rollout){.unknown = n % 8 == 0 ? "nothing is read yet" : NULL,
                                         .begun = 1699990000,
                                         .healthy_at = n % 2 ? 1699980000 : 0,
                                         .revision = n % 3,
                                         .quarantined = n % 5 == 0,
                                         .failed_at = 1699990000,
                                         .cause = VIEW("it ended")};
}

/* Evaluates a request and writes all that is said about it. */
static inline void evaluate_value(const struct policy_set *set, yyjson_val *value)
{
    struct cluster_view cluster_view = {.rollout = any_rollout};
    struct request request;
    struct verdict verdict;
    struct arena arena;
    const char *problem;
    struct view message;
    const struct view *warnings;
    size_t count;

    if (request_read(value, &request, &problem) < 0)
        return;
    arena_init(&arena, 64 * 1024 * 1024);
    if (evaluate(set, &request, &cluster_view, 1700000000, &arena, &verdict) == 0) {
        message = message_denial(&verdict, &request, &arena);
        if (!message.p || (message.n > 0) == verdict.allowed)
            abort();
        warnings = message_warnings(&verdict, &arena, &count);
        for (size_t i = 0; i < count; i++)
            if (warnings[i].n > 256 || view_find(warnings[i], '\n') >= 0)
                abort();
    }
    arena_release(&arena);
}

#endif
