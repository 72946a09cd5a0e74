#ifndef TG_POLICY_IMAGE_IMAGE_REF_H
#define TG_POLICY_IMAGE_IMAGE_REF_H

#include "base/view.h"

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct parse_error;

/* An image reference, normalised as the distribution project does (and so containerd and Docker):
 * https://pkg.go.dev/github.com/distribution/reference#ParseNormalizedNamed
 * All functions here are pure but for the arena; any thread. */
struct image_ref {
    struct view repository; /* domain/path: docker.io/library/nginx */
    struct view domain;     /* docker.io, with the port where one is written */
    struct view path;       /* library/nginx */
    struct view tag;        /* "latest" where neither tag nor digest is written; absent where only
                               a digest is */
    struct view digest;     /* sha256:..., or absent */
};

/* Reads the whole of text; the views are of it, of constants, or of the arena. Stricter than
 * upstream in one point: a registry that is not a host name ("a_b.c/d", where upstream sees a name
 * without a registry) is refused. Returns 0, or -1 with *flaw set. */
int image_ref_parse(struct view text, struct arena *arena, struct image_ref *out,
                    struct parse_error *parse_error);

/* The same image with its registry named as the network understands it: in lower case, without the
 * port 443, Docker Hub's other host names as docker.io. What must not be dodged by another spelling
 * is held against both. Returns 0, or -1 at the arena's ceiling. */
int image_ref_resolve(const struct image_ref *ref, struct arena *arena, struct image_ref *out);

/* Which images a rule means: a repository, normalised as references are, of whole segments in which
 * `*` and `?` stand for bytes of that segment; `**` is any number of segments. A tag, with `*` and
 * `?`, or a digest may follow: ghcr.io/acme/api:v1.*. The registry may begin with "*.". */
struct image_pattern {
    struct view text; /* as written */
    const struct view *segments;
    size_t count;
    struct view tag;    /* absent: any, or none */
    struct view digest; /* absent: any, or none */
};

/* Reads the whole of text into *out, which lives as long as the arena and text do. A pattern that
 * can match nothing, or reads as something else than was meant, is refused. Returns 0, or -1 with
 * *flaw set. */
int image_pattern_compile(struct view text, struct arena *arena, struct image_pattern *out,
                          struct parse_error *parse_error);

/* True for a pattern that no image fits, with *flaw set: a deny that denies nothing. */
bool image_pattern_is_vain(const struct image_pattern *pattern, struct parse_error *parse_error);

bool image_pattern_match(const struct image_pattern *pattern, const struct image_ref *ref);

#endif
