#ifndef TG_POLICY_OBJECT_KINDS_H
#define TG_POLICY_OBJECT_KINDS_H

#include "base/view.h"

#include <stdbool.h>
#include <stddef.h>

/* A kind of Kubernetes' own, in a group that some cluster serves or served:
 * https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.35/ */
struct kind_row {
    const char *group; /* "" is the core group */
    const char *kind;
    const char *brief; /* what kubectl takes for it: "deploy"; NULL: nothing */
    unsigned flags;
};

enum kind_flag {
    KIND_CLUSTER = 1, /* its objects are in no namespace */
    KIND_SEGMENT = 2, /* its names are any path segment, and no DNS names */
    KIND_GONE = 4,    /* no cluster has it in this group any more */
};

/* The n-th row, or NULL past the last. Rows of one kind are ordered: the group of today first. */
const struct kind_row *kind_at(size_t n);

/* The first row of a kind; in that group, unless it is absent. NULL: there is none. */
const struct kind_row *kind_of(struct view group, struct view kind);

/* True for a group in which Kubernetes has a kind, and in which nobody else may have any. */
bool kind_group_known(struct view group);

/* The kind that a plural, a short name or another way to use capitals stands for, or NULL. */
const struct kind_row *kind_meant(struct view word);

#endif
