#ifndef TG_CERTS_PAIR_H
#define TG_CERTS_PAIR_H

#include "base/buf.h"

#include <stdint.h>

/* A certificate with its chain, and its private key, as PEM. */
struct pair {
    struct buf cert; /* the leaf first, then what signed it */
    struct buf key;
    int64_t not_after; /* Unix seconds: when the first of the chain expires */
};

/* An empty pair. */
void pair_init(struct pair *p);

/* Gives the memory back and wipes the key; the pair can be used again. */
void pair_release(struct pair *p);

/* Appends a file of PEM text to an empty buffer. Returns 0, or -1 with one line in why. */
int pair_read(const char *file, struct buf *text, struct buf *why);

/* Reads both files and judges what is in them: both parse, the key belongs to the leaf, each
 * certificate is signed by the one after it, and at the instant now (Unix seconds) none of them has
 * expired or is yet to begin. Returns 0; or -1 with one line in why, and *p empty. */
int pair_load(struct pair *p, const char *cert_file, const char *key_file, int64_t now,
              struct buf *why);

/* The same judgement of PEM text that is already in p->cert and p->key; fills p->not_after. The
 * names are those that a message gives the two. */
int pair_judge(struct pair *p, const char *cert_name, const char *key_name, int64_t now,
               struct buf *why);

#endif
