#ifndef TG_POLICY_OBJECT_ANNOTATION_TEXT_H
#define TG_POLICY_OBJECT_ANNOTATION_TEXT_H

#include "base/view.h"

#include <stdint.h>

/* What an approval (policy/object/approval_annotation.h) and an order
 * (policy/object/guard_command.h) have in common:
 * `<template hash> by <user> until|at <RFC 3339 time>`, and what may follow that. */
struct annotation_text {
    struct view hash; /* 64 hex digits of lower case */
    struct view by;   /* not empty */
    int64_t time;     /* Unix seconds */
    struct view rest; /* all that follows the time */
};

/* Reads text, whose time follows the first `word` (" at ") after which a time stands, up to the end
 * or a `: `: a user's name may hold anything, blanks too. The views are of text. Returns -1 when it
 * is not a statement. Any thread. */
int annotation_text_parse(struct view text, const char *word, struct annotation_text *out);

#endif
