#ifndef TG_KUBE_KUBE_H
#define TG_KUBE_KUBE_H

#include "base/view.h"

struct calls;
struct config;
struct log;

/* One cluster as this process sees it: what all that talk with its API server share. Whoever is
 * given one keeps the pointer: it outlives them, and so does what it points to. */
struct kube {
    const struct config *config;
    struct calls *calls;  /* each call is counted there */
    struct log *log;      /* NULL: nothing is logged */
    struct view identity; /* of this process alone, 1 to LIMIT_IDENTITY bytes; absent: it neither
                             leads nor writes Events */
};

#endif
