#ifndef TG_CERTS_AUTHORITY_H
#define TG_CERTS_AUTHORITY_H

#include "base/buf.h"
#include "base/view.h"
#include "certs/rotation.h"

#include <stddef.h>
#include <stdint.h>

/* Our own CA, with everything that replicas share, as PEM. The keys show which certificate of the
 * bundle signs now, which will sign next, and which signed before. One thread at a time. */
struct authority {
    struct buf leaf, leaf_key;   /* what is served */
    struct buf bundle;           /* whom to trust, the newest first */
    struct buf ca_key, next_key; /* of two certificates in the bundle; empty: there is none */
    int64_t published;           /* as struct rotation has them */
    int64_t superseded_until;
};

/* How long what it makes may last, and how long it does unless somebody says so: seconds. */
enum {
    AUTHORITY_LEAST_LIFE = 10,
    AUTHORITY_MOST_LIFE = 87600 * 60 * 60,
    AUTHORITY_CA_LIFE = 8760 * 60 * 60,
    AUTHORITY_LEAF_LIFE = 2160 * 60 * 60,
};

/* What it is to make. */
struct authority_wish {
    const struct view *names; /* of the leaf: the first is its subject, too */
    size_t name_count;
    int64_t ca_life, leaf_life; /* seconds */
};

void authority_init(struct authority *a);

/* Gives the memory back and wipes the keys; it can be used again. */
void authority_release(struct authority *a);

/* What is there, for rotation_next; is_published is left to the caller. Where the leaf is of no
 * use, one line on it goes to why (may be NULL). */
void authority_look(const struct authority *a, const struct authority_wish *wish, int64_t now,
                    struct rotation *out, struct buf *why);

/* Does what is due. A leaf that lacks names gets them added to those that it has; else it has those
 * wished for. Returns 0; or -1 with one line in why, and *a as it was. */
int authority_step(struct authority *a, enum rotation_act act, const struct authority_wish *wish,
                   int64_t now, struct buf *why);

/* When the authority that signed the leaf expires; 0: not known. */
int64_t authority_ends(const struct authority *a);

#endif
