#ifndef TG_SERVER_RULES_RULE_VERSIONS_H
#define TG_SERVER_RULES_RULE_VERSIONS_H

#include "base/view.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct policy_set;
struct shapes;
struct source;

/* What comes into force as a whole: one ConfigMap with rule files, or one object. */
struct rule_unit {
    struct view name, uid;
    const struct source *files; /* "configmap/NAME/KEY"; an absent text: the value is not text */
    size_t file_count;
    int64_t generation; /* of an object */
    struct view lost;   /* of an object that is gone though nobody deleted it, its last good version
                           in its place: the command that takes that out of force; else empty */
};

/* Rules of a directory and of ConfigMaps, of each of which two versions count: the newest, and the
 * last good one, which is the one in force. All zero: there are no ConfigMaps, and nothing is in
 * force. One thread at a time.
 *
 * New versions come into force together. Where there are errors, each ConfigMap that has one in a
 * new file falls back to its last good version, which for a new one is none, and the rest is
 * compiled again. Where no new file has one (two ConfigMaps name one Policy, or an Environment
 * that others need is gone), the new versions are tried one by one, by the names of the ConfigMaps,
 * and each stays out that does not go with those before it; more than LIMIT_RULES_ALONE are not
 * tried. What has errors without any new version, or needs too much memory, or has no rule left,
 * changes nothing. What can never find anything (base/diag.h) is an error as well, but for the
 * start, and for as long as it is the same. */
struct rule_versions {
    struct rule_map *maps; /* by name */
    size_t count;
    bool in_force;                   /* there is a set to fall back to */
    bool restored;                   /* the last good versions are those of rule_versions_restore */
    struct shapes *shapes;           /* as policy_set_load has it, for the next load */
    const struct policy_set *before; /* that one, the caller's, for the next load; or NULL */
};

void rule_versions_release(struct rule_versions *v);

/* These are all ConfigMaps now, in the order of their names; they are copied. Returns 0, or -1 when
 * memory runs out: then it is as before. */
int rule_versions_update(struct rule_versions *v, const struct rule_unit *maps, size_t count);

/* The last good versions are these, in the order of their names, whatever was in force; they are
 * copied. What is in force is then a function of both lists and the files alone: a start falls back
 * as a reload does, what can never find anything falls back where there is another good version,
 * and there may be no rule at all. Returns 0; or -1 when memory runs out: then the next call has to
 * succeed before anything is loaded. */
int rule_versions_restore(struct rule_versions *v, const struct rule_unit *good, size_t count);

/* Compiles the paths (NULL: none) and what of the ConfigMaps goes with it; `whole` is as
 * policy_set_load has it. Returns 0 with a set that could be put in force, the caller's, and in why
 * the errors of what is not in it, if any. Or -1 with *out NULL and every error in why: also
 * whenever there is an error and nothing in force yet. */
int rule_versions_load(struct rule_versions *v, const char *const *paths, const char *whole,
                       struct policy_set **out, struct buf *why);

/* Whether the set that was loaded has another version of some ConfigMap than what is in force;
 * after rule_versions_restore it is taken to have. */
bool rule_versions_is_news(const struct rule_versions *v);

/* The set that was loaded is in force: its versions are the last good ones from now on, but after
 * rule_versions_restore. */
void rule_versions_accept(struct rule_versions *v);

/* A unit after a load. */
struct rule_version {
    const struct rule_unit *newest, *good; /* NULL: it is gone; nothing of it was in force */
    const struct rule_unit *chosen;        /* one of these, or NULL */
    struct view problem; /* why the newest is not chosen, or is lost; empty: it is */
};

/* Hands each over, valid during the call. */
void rule_versions_each(const struct rule_versions *v,
                        void (*take)(void *ctx, const struct rule_version *version), void *ctx);

/* What there is to say of one ConfigMap after a load. */
struct rule_versions_state {
    struct view name, uid;
    struct view problem; /* why the newest version is not in force; empty: now it is */
    bool has_good;       /* the last good one is */
    bool is_news;        /* it was not reported before */
};

/* Tells of each ConfigMap whose newest version is not in force, and once of each that was so and is
 * no more. */
void rule_versions_tell(struct rule_versions *v,
                        void (*take)(void *ctx, const struct rule_versions_state *state),
                        void *ctx);

#endif
