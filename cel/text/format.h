#ifndef TG_CEL_TEXT_FORMAT_H
#define TG_CEL_TEXT_FORMAT_H

#include "base/view.h"

#include <stddef.h>

struct arena;

enum { FORMAT_FLAWS = 4 };

/* What is wrong with a text, in Kubernetes' words, which expressions can read. */
struct format_flaws {
    struct view all[FORMAT_FLAWS];
    size_t count;
};

/* A named format of texts:
 * https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-format-library */
struct format {
    const char *name;      /* by which it is found */
    const char *title;     /* two with the same are equal */
    unsigned pattern_size; /* what its cost is counted by */
    /* Adds what is wrong; some are of the arena. -1 when that is full. Any thread. */
    int (*validate)(struct view text, struct format_flaws *flaws, struct arena *arena);
};

extern const struct format format_table[];
extern const size_t format_count;

/* The format of a name, or NULL. */
const struct format *format_find(struct view name);

#endif
