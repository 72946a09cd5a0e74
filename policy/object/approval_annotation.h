#ifndef TG_POLICY_OBJECT_APPROVAL_ANNOTATION_H
#define TG_POLICY_OBJECT_APPROVAL_ANNOTATION_H

#include "base/view.h"

#include <stdint.h>

struct arena;

#define APPROVAL_ANNOTATION_ANNOTATION "tidegate.dev/approve"

/* An approval as its annotation holds it: `<template hash> by <user> until <RFC 3339 time>`. */
struct approval_annotation {
    struct view hash;
    struct view by;
    int64_t until; /* Unix seconds; the first instant at which it no longer holds */
};

/* Reads the whole of text; the views are of it. Returns -1 when it is not an approval. Any thread.
 */
int approval_annotation_parse(struct view text, struct approval_annotation *out);

/* The annotation's value for a grant; `by` may be a shell expression. p == NULL when memory runs
 * out.
 */
struct view approval_annotation_print(const struct approval_annotation *grant, struct arena *arena);

#endif
