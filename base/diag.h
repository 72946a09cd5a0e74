#ifndef TG_BASE_DIAG_H
#define TG_BASE_DIAG_H

#include "base/view.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct arena;
struct buf;

/* A text that was read from somewhere: the name is a path, or "-" for standard input. */
struct source {
    struct view name;
    struct view text;
    /* Appends how a place in it is said, or nothing for all of it; NULL: by line and column. */
    void (*write_place)(struct view text, unsigned line, unsigned column, struct buf *out);
};

/* Where in a source: line and column are 1-based, columns count bytes; line 0 means the source as
 * a whole. With PLACE_TOLD in its column what stands there was found wrong before: a problem there
 * would only be the same one again, and is dropped. */
#define PLACE_TOLD (1u << 31)

struct place {
    const struct source *source;
    unsigned line;
    unsigned column;
};

enum diag_level { DIAG_ERROR, DIAG_WARNING };

struct diag {
    enum diag_level level;
    struct place place;
    struct view message;
    struct view hint; /* what to write instead; absent when there is none */
    bool vain;        /* by diag_vain() */
    struct diag *next;
};

/* All problems of one run, in the order in which they were found. Past LIMIT_DIAGS errors, or as
 * many warnings, they are only counted: warnings crowd out no error. Not thread-safe. */
struct diags {
    struct arena *arena; /* owns the messages */
    struct diag *first, *last;
    size_t errors;
    size_t vain; /* of the errors */
    size_t warnings;
    bool dropped; /* the newest problem is not in the list, so that its hint goes too */
};

/* An empty list whose messages live in arena (which outlives it). */
void diags_init(struct diags *d, struct arena *arena);

/* Adds a problem; the message is lower case, has no full stop and names its subject in double
 * quotes. Always counts, also when memory runs out, but not at PLACE_TOLD. */
void diag_error(struct diags *d, struct place place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void diag_warning(struct diags *d, struct place place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* An error about a rule that can never find anything. The file still compiles, with that rule as it
 * is: a change of the file is refused, but a server that starts keeps it. */
void diag_vain(struct diags *d, struct place place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Gives the newest problem its hint ("did you mean ...", "write ..."). */
void diag_hint(struct diags *d, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Replaces the hint of the problem at that place, once more is known about it. Does nothing when
 * there is no problem there. */
void diag_rehint(struct diags *d, struct place place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Appends one problem as
 *     file:line:column: error: message
 *       | the line
 *       |     ^
 *       = hint
 * to out. */
void diag_write(const struct diag *diag, struct buf *out);

/* Appends all of them, then a count. */
void diags_write(const struct diags *d, struct buf *out);

#endif
