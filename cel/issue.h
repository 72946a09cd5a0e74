#ifndef TG_CEL_ISSUE_H
#define TG_CEL_ISSUE_H

#include "base/view.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

/* What is wrong with an expression, and where in its text. */
struct cel_issue {
    uint32_t at; /* the byte */
    struct view message;
    struct view hint; /* what to write instead; absent when there is nothing to say */
    bool no_field;    /* it is that a type has not a field of that name */
    struct cel_issue *next;
};

/* All mistakes of one expression, in the order in which they were found; beyond LIMIT_CEL_ISSUES
 * they are only counted. One thread at a time. */
struct cel_issues {
    struct arena *arena; /* owns the messages */
    struct cel_issue *first, *last;
    size_t count;
};

/* An empty list, whose messages live as long as the arena. */
void cel_issues_init(struct cel_issues *issues, struct arena *arena);

/* Adds one; lower case, no full stop, the subject in double quotes. Counts when memory runs out,
 * too.
 */
void cel_issue(struct cel_issues *issues, uint32_t at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Says of the newest one that it is about a field. */
void cel_issue_no_field(struct cel_issues *issues);

/* Gives the newest one its hint. */
void cel_issue_hint(struct cel_issues *issues, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
