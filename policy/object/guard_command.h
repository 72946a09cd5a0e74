#ifndef TG_POLICY_OBJECT_GUARD_COMMAND_H
#define TG_POLICY_OBJECT_GUARD_COMMAND_H

#include "base/view.h"
#include "policy/limits.h"

#include <stdint.h>

struct arena;

/* Seconds by which the clock of whoever gives an order may differ from ours. */
enum { GUARD_COMMAND_TOLERANCE = LIMIT_CLOCK_SKEW };

#define GUARD_COMMAND_ROLLBACK "tidegate.dev/rollback"
#define GUARD_COMMAND_RELEASE  "tidegate.dev/release"

/* A person's word to the guard, as the annotation of a workload holds it:
 * `<template hash> by <user> at <RFC 3339 time>`, and for a rollback `: <reason>` after it. The
 * time keeps an old one, which kubectl rollout undo brings back, from counting again: a release
 * counts when it is later than the failure that it forgives, a rollback when it is later than the
 * first sight of the rollout that it ends; neither while it is more than GUARD_COMMAND_TOLERANCE
 * ahead. policy/guard/guard_command_rule.h admits by this, with room for clocks that differ, which
 * of them may be written. */
struct guard_command {
    struct view hash;
    struct view by;
    int64_t at;         /* Unix seconds */
    struct view reason; /* absent: none */
};

/* Reads the whole of text; the views are of it. Returns -1 when it is not an order. Any thread. */
int guard_command_parse(struct view text, struct guard_command *out);

/* The annotation's value. p == NULL when memory runs out. */
struct view guard_command_print(const struct guard_command *order, struct arena *arena);

#endif
