#ifndef TG_CLI_EVAL_DOCUMENTS_H
#define TG_CLI_EVAL_DOCUMENTS_H

#include "base/view.h"

#include <jansson.h>
#include <stddef.h>

struct arena;

/* One thing to be evaluated, or what could not be used. */
struct document {
    const char *file;
    size_t number;      /* within the file, from 1; the items of a List share theirs */
    unsigned line;      /* where it begins; 0 where that is not known */
    json_t *object;     /* a manifest, or an AdmissionReview; NULL with an error */
    struct view review; /* the AdmissionReview as it was written; absent for manifests */
    const char *error;  /* why it cannot be used, or NULL */
    json_t *warnings;   /* strings; or NULL */
};

/* Documents of all files in their order. */
struct documents {
    struct arena *arena; /* owns texts and the table */
    struct document *items;
    size_t count, room;
};

void documents_init(struct documents *d, struct arena *arena);
void documents_release(struct documents *d);

/* Appends the documents of a file, of a directory's files, or of standard input ("-"); Lists are
 * their items. What cannot be read becomes a document with an error, and is also printed to
 * standard error. Returns 0, or -1 when memory runs out. */
int documents_read(struct documents *d, const char *path);

/* Prints "FILE:LINE: error: PROBLEM" to standard error. */
void documents_complain(const struct document *document, const char *problem);

#endif
