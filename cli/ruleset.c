#include "cli/ruleset.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/diag.h"
#include "cli/command.h"
#include "cli/limits.h"
#include "policy/limits.h"
#include "policy/set.h"
#include "policy/shapes/shapes.h"

#include <stdio.h>
#include <string.h>

static void print(const struct diags *diags)
{
    struct buf text;

    buf_init(&text, LIMIT_RULES_MEMORY);
    diags_write(diags, &text);
    if (text.n > 0)
        fwrite(buf_view(&text).p, 1, text.n, stderr);
    buf_release(&text);
}

struct shapes *ruleset_shapes(const char *schemas)
{
    struct shapes *shapes = shapes_create();
    struct arena arena;
    struct diags diags;

    if (!shapes)
        fputs("tidegate: out of memory\n", stderr);
    if (!shapes || !schemas)
        return shapes;
    arena_init(&arena, LIMIT_RULES_MEMORY);
    diags_init(&diags, &arena);
    if (shapes_load(shapes, schemas, &diags) < 0) {
        print(&diags);
        shapes_free(shapes);
        shapes = NULL;
    }
    arena_release(&arena);
    return shapes;
}

int ruleset_add(struct ruleset_paths *paths, const struct command *command, const char *path)
{
    size_t n = strlen(paths->text);

    if (paths->count == LIMIT_RULES_PATHS)
        return command_misused(command, "\"--rules\" is given more than %d times",
                               LIMIT_RULES_PATHS);
    snprintf(paths->text + n, sizeof(paths->text) - n, "%s%s", n > 0 ? " and " : "", path);
    paths->paths[paths->count++] = path;
    return 0;
}

struct policy_set *ruleset_load(const struct ruleset_paths *paths, struct shapes *shapes,
                                int64_t now)
{
    const struct policy_sources from = {
        .paths = paths->paths, .whole = paths->text, .shapes = shapes, .now = now};
    struct policy_set *set;
    struct diags diags;
    int status;

    diags_init(&diags, NULL);
    status = policy_set_load(&from, &diags, &set);
    if (!set) {
        fputs("tidegate: out of memory\n", stderr);
        return NULL;
    }
    print(&diags);
    if (status == 0)
        return set;
    policy_set_release(set);
    return NULL;
}
