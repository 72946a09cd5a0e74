#ifndef TG_POLICY_SET_H
#define TG_POLICY_SET_H

#include "base/view.h"
#include "policy/rule/rule.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct diag;
struct diags;
struct rollout_guard;
struct shapes;
struct source;

/* A kind of document that rule files hold. */
struct document_kind {
    const char *name;
    const char *summary;                          /* one line */
    const char *singular, *resource, *short_name; /* of its objects: "policy", "policies" */
    const struct schema_field *fields;            /* of its spec */
};

/* All of them; a NULL name ends the table. */
extern const struct document_kind policy_set_kinds[];

/* Where the rule files are that a set is compiled of. */
struct policy_sources {
    const char *const *paths;   /* directories and files, ended by NULL; NULL: none */
    const struct source *texts; /* with names like "configmap/shop/rules.yaml" */
    size_t text_count;
    struct shapes *shapes; /* what objects look like; NULL: Kubernetes' own kinds */
    /* One object is judged by itself: an environment that is not among its texts is taken for one
     * of any namespaces, and missed in a warning when it is not in force, either. */
    bool alone;
    /* The texts are objects: there may be none, and what can never find anything is kept in them.
     */
    bool by_objects;
    bool starting; /* nothing is in force: what can never find anything is kept */
    const struct policy_set
        *before; /* what is in force, or NULL: so is what it already has of it */
    int64_t now; /* warnings about the past and the future use this instant; 0: that of the load */
    const char *whole; /* its name in an error that is of no one file; NULL: the first path */
};

/* All rule files of one place, compiled: const from then on, shared by threads, counted by
 * references. Reload builds a new one and swaps a pointer. */
struct policy_set {
    const struct environment *environments;
    size_t environment_count;
    const struct policy *policies;
    size_t policy_count;
    size_t rule_count;
    bool ignores_managed_fields;        /* no rule looks at metadata.managedFields of the object */
    const struct rollout_guard *guards; /* policy/guard/guard.h */
    size_t guard_count;
    const struct source *texts; /* copies of those that it was compiled of, in their order */
    size_t text_count;
    const struct diag *problems; /* what was reported about it */
    size_t vain;                 /* of them, what can never find anything and was kept */
    int64_t loaded;              /* Unix seconds */
};

/* Compiles the *.yaml, *.yml and *.json files of each directory, in the order of their names, and
 * the files that are named themselves, each file once, and then the texts in their order, each with
 * its documents in order. A text whose name ends otherwise, or that is absent, is an error: nobody
 * means a rule file that is not read. Returns 0, or -1 after an error: the set must then not be
 * used. Errors of diag_vain() count unless they are kept. diags holds all errors and warnings, and
 * its arena becomes the set's: in both cases *out (NULL only when memory runs out) has one
 * reference, to be released after the diags were written. Places of errors in texts are in the
 * set's own copies of them. */
int policy_set_load(const struct policy_sources *from, struct diags *diags,
                    struct policy_set **out);

/* Append what of the set can never find anything, and its warnings, as `tidegate check` prints
 * them. */
void policy_set_write_vain(const struct policy_set *set, struct buf *out);
void policy_set_write_warnings(const struct policy_set *set, struct buf *out);

/* One more reference; release drops one and frees with the last (NULL is a no-op). Any thread. */
struct policy_set *policy_set_acquire(struct policy_set *set);
void policy_set_release(struct policy_set *set);

/* Walks over the policies that may apply to an object of that namespace ("" for a cluster-scoped
 * one), in the order of the files; NULL after the last. This spares a review all policies whose
 * environments or namespaces name others. */
struct policy_cursor {
    const struct policy *policies;
    const uint32_t *named, *any; /* what is left: numbers of policies, both ascending */
    size_t named_left, any_left;
};

void policy_set_find(const struct policy_set *set, struct view namespace_,
                     struct policy_cursor *at);
const struct policy *policy_cursor_next(struct policy_cursor *at);

#endif
