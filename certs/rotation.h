#ifndef TG_CERTS_ROTATION_H
#define TG_CERTS_ROTATION_H

#include <stdbool.h>
#include <stdint.h>

/* When certificates of our own are renewed, and in which order, so that at each instant whoever
 * trusts a bundle of authorities that was in force a moment ago accepts what any replica serves:
 *   - a leaf is replaced when two thirds of its life are over;
 *   - so is an authority: the next one is made and given to who has to trust it; when it was there
 *     for a twelfth of its life it signs, and the old one signs no more;
 *   - an authority that signs no more leaves the bundle when the last leaf that was replaced has
 *     expired. */

/* From when to when a certificate is valid, in Unix seconds; ends is 0: there is no usable
 * certificate. */
struct rotation_span {
    int64_t issued, ends;
};

/* What is there. Whether times are over is for the rotation to say; all else makes "of use". */
struct rotation {
    struct rotation_span leaf; /* that is served: of use when the bundle accepts it */
    bool leaf_lacks_name;
    struct rotation_span ca;   /* that signs */
    struct rotation_span next; /* that is to sign */
    int64_t published;         /* when the bundle with the next one was seen everywhere; 0: not */
    bool is_published;         /* the bundle is everywhere now */
    bool has_retired;          /* the bundle holds authorities that sign no more */
    int64_t superseded_until;  /* when the last leaf that was replaced expires; 0: none was */
};

enum rotation_act {
    ROTATION_START,     /* make an authority and a leaf: nothing is of use */
    ROTATION_RENEW,     /* let the authority sign another leaf */
    ROTATION_MAKE_NEXT, /* make the next authority, and put it into the bundle */
    ROTATION_PUBLISHED, /* note that the bundle with the next authority is everywhere */
    ROTATION_PROMOTE,   /* let the next authority sign the leaf, from now on */
    ROTATION_RETIRE,    /* take what signs no more out of the bundle */
    ROTATION_ACTS
};

/* What is due first, and when; in the past or now: do it. */
struct rotation_step {
    enum rotation_act act;
    int64_t at;
};

struct rotation_step rotation_next(const struct rotation *r, int64_t now);

/* "renew", ... */
const char *rotation_name(enum rotation_act act);

#endif
