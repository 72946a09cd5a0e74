#ifndef TG_CLI_GUARD_WAIT_VERSION_H
#define TG_CLI_GUARD_WAIT_VERSION_H

#include "base/view.h"

#include <stdbool.h>
#include <stdint.h>

struct arena;
struct workload_command;
struct yyjson_val;

/* The version of a workload that `tidegate wait` asks about, as a person names it: by a manifest,
 * by an image, or by a revision's number; or none of them. */
struct wait_version {
    const char *file, *image;
    int64_t revision;
    struct view hash; /* of its template, as soon as it is known */
    struct view text; /* for people; absent: no version is named */
};

/* Finds out what a named file holds. Returns 0, or -1 after a message. */
int wait_version_open(struct wait_version *v, struct workload_command *s);

/* Whether the workload, as it was just read, has that version; a revision is looked up. Returns 1
 * or 0; -1 after a message when that cannot be known: there is no such revision. */
int wait_version_is(struct wait_version *v, struct workload_command *s, struct yyjson_val *workload,
                    struct view hash, struct arena *arena);

#endif
