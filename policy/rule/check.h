#ifndef TG_POLICY_RULE_CHECK_H
#define TG_POLICY_RULE_CHECK_H

#include "base/diag.h"
#include "base/view.h"
#include "policy/object/request.h"
#include "policy/schema/schema.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct cel_env;
struct environment;
struct expression_inputs;
struct parse_error;
struct match;
struct pattern;
struct shapes;
struct guard_status;
struct policy;
struct cluster_view;
struct zone;
struct zone_set;

/* --- compile time --------------------------------------------------------------------------- */

/* What a rule is compiled with. The arena is the policy set's and lives as long as the set. */
struct compile {
    struct arena *arena;
    struct diags *diags;
    const struct environment *const
        *environments; /* those the rule's policy may match; may be none */
    size_t environment_count;
    /* The policy is judged by itself: an environment that it names is taken as it should be, with a
     * warning when it is not one of these either. */
    bool alone;
    const struct environment *elsewhere;
    size_t elsewhere_count;
    struct zone_set *zones;
    int64_t now;          /* Unix seconds */
    bool any_environment; /* the policy also matches where no environment is known */
    bool unread; /* a document could not be read, or an environment was not found: that was reported
                    in another place */
    bool environments_wrong;                       /* there was an error in one of them */
    bool sound;                                    /* none was in what the two matches below say */
    struct shapes *shapes;                         /* what objects look like; NULL: nobody asks */
    const struct match *policy_match, *rule_match; /* of the rule; either may be NULL */
    const struct cel_env **functions; /* of CEL: ours, and those of an API server alone; each made
                                         when the first expression is compiled with it */
};

/* Compile the text of node, which may be NULL: then *out is left alone. Returns 0, or -1 after an
 * error in c->diags; *out of a zone is then UTC, to find with it what else is wrong. */
int compile_pattern(const struct node *node, struct compile *c, const struct pattern **out);
int compile_zone(const struct node *node, struct compile *c, const struct zone **out);

/* Compiles `when` of a rule (policy/expressions/when.h); NULL after an error, or without memory. */
const void *when_compile(const struct node *node, struct compile *c);

/* --- run time ------------------------------------------------------------------------------- */

/* A line below a finding: "opens  Tue 24 Nov 18:00 CET". The text may hold further lines. */
struct detail {
    const char *label;
    struct view text;
    struct detail *next;
};

enum { FINDING_VALUES = 4 };

/* One thing that breaks a rule. */
struct finding {
    struct view path;     /* of the field, containers by name; or absent, and then: */
    struct view headline; /* what stands in its place: "frozen Mon-Fri 08:00-18:00 Europe/Paris" */
    struct view found;    /* the value found; absent where there is none to show */
    struct view needs;    /* what would be accepted */
    /* The values that the finding depends on, of the side under evaluation; NULL for those that are
     * not there. Without `compared` an UPDATE is never exempt (policy/existing.h). */
    bool compared;
    struct yyjson_val *values[FINDING_VALUES];
    /* An element of a list without a name that the finding stands in, or NULL, and where its place
     * stands in the path: the very same element may have moved. */
    struct yyjson_val *element;
    size_t place;
    bool existing; /* an UPDATE left it as it was */
    struct detail *details;
    struct finding *next;
};

/* What a write does to the pod template. A deploy is a CREATE of a workload, an UPDATE that changes
 * its template, or one that starts a template which does not run yet, by a person or pipeline, and
 * not by a controller of Kubernetes. */
struct deploy {
    bool is;
    const char
        *starts; /* the field by which it starts one (policy/object/rollout_start.h); or NULL */
    struct view hash, old_hash; /* template hashes, made when eval_hashes() is first asked */
    const struct guard_status *guard_status; /* policy/guard/guard_status.h */
};

/* One evaluation of one check. On an UPDATE it may run a second time over the old object, to find
 * what was there before: checks read `object` and `workload` here and not in the request. */
struct eval {
    const struct request *request;
    const struct cluster_view *cluster_view;
    const struct environment *environment; /* the one that matched, or NULL */
    struct yyjson_val *object;             /* the side under evaluation; on DELETE the oldObject */
    const struct workload *workload;
    struct deploy *deploy; /* of the whole request, whichever object is evaluated */
    bool newly_matched;    /* an UPDATE brings the object under the rule, by its labels */
    int64_t now;           /* Unix seconds */
    struct arena *arena;
    struct expression_inputs *
        *inputs; /* what expressions share in a review (policy/expressions/) */
    struct finding *first, *last;
    bool firm;         /* that denies whatever the rule's mode */
    struct view error; /* why it could not be answered */
    struct view part;  /* why a part of it could not, beside what was found; absent: all was */
    struct view trace; /* something the decision log must hold even when the rule holds */
};

/* Adds a finding; NULL when memory runs out, for it or before for its path, which the caller may
 * ignore: eval_find has noted it and the rule counts as unanswered. path, found and needs must
 * outlive the review. */
struct finding *eval_find(struct eval *e, struct view path, struct view found, struct view needs);

/* The same, of a value; NULL where there is none. An UPDATE that leaves path and value as they were
 * passes; `found` only shows them. A second value goes into the finding's values[1]. */
struct finding *eval_find_value(struct eval *e, struct view path, struct yyjson_val *value,
                                struct view found, struct view needs);

/* Adds a finding without a field: its headline is formatted. */
struct finding *eval_headline(struct eval *e, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Adds a line to a finding (which may be NULL). label is a constant of at most 7 letters. */
void eval_detail(struct eval *e, struct finding *f, const char *label, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Adds why a value is not what it should be, "it is not a quantity: " and the flaw, to a finding
 * (which may be NULL). */
void eval_flaw(struct eval *e, struct finding *f, const char *what,
               const struct parse_error *parse_error);

/* Adds why the request is a deploy, where it changes no template. f may be NULL. */
void eval_tell_start(struct eval *e, struct finding *f);

/* "-n shop deployment/api": the arguments of kubectl for the object, for a command in a detail. */
struct view eval_target(const struct eval *e);

/* Notes why the rule cannot be answered. Always returns -1, for `return eval_fail(...)`. */
int eval_fail(struct eval *e, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Makes the hashes of e->deploy there (policy/object/template_hash.h): of the object, and on an
 * UPDATE of the oldObject. Returns 0, or -1 after eval_fail(). */
int eval_hashes(struct eval *e);

/* True once the budget of the review is used up: its deadline, or its processor time. Every loop
 * over what a caller sends asks at each step, and ends with eval_late(). The second takes n steps
 * at once (base/budget.h), for what grows with the length of a text. */
bool eval_expired(struct eval *e);
bool eval_expired_by(struct eval *e, size_t n);
int eval_late(struct eval *e);

/* Why a match of a pattern is undecided: the budget is used up, or "WHAT reached its match limit".
 * Always returns -1. */
int eval_undecided(struct eval *e, struct view what);

/* container_next() over e->workload that asks: false past the last, and after eval_late(), so that
 * whoever walks containers looks at e->error in the end. */
bool eval_next_container(struct eval *e, struct container *at);

/* --- the table ------------------------------------------------------------------------------ */

enum check_scope {
    CHECK_OBJECTS,   /* asked of every object that the rule matches, Scales included */
    CHECK_WORKLOADS, /* asked of workloads; not held against what an UPDATE leaves as it was */
    CHECK_DEPLOYS,   /* asked of deploys by people and pipelines */
    CHECK_REQUESTS,  /* asked of every request, whatever it writes */
    CHECK_GRANTS,    /* as CHECK_DEPLOYS, and of every other write of a workload's annotations */
};

/* Everything known about a kind of check, in one row. */
struct check {
    const char *name;    /* the key in a rule */
    const char *summary; /* one line */
    enum check_scope scope;
    const struct schema_field *args; /* of its map; NULL where the argument is a list of `items` */
    const struct schema_field *items;
    const char *example; /* YAML of a rule that uses it, compiled by a test */

    /* Turns the argument, already held against `args` or `items`, into a const struct in c->arena.
     * NULL when there was an error (it is in c->diags) or memory runs out. One thread. */
    const void *(*compile)(const struct node *node, struct compile *c);

    /* Holds the paths of a compiled struct against c->shapes once more, when these know more kinds
     * than it was compiled with. Returns -1 when memory runs out. NULL: it has no paths. */
    int (*check_paths)(const void *compiled, struct compile *c);

    /* metadata.managedFields of the object and the oldObject is parsed for rules that may look at
     * it. A check that never does says so; another answers for a rule; NULL: it may. */
    bool ignores_managed_fields;
    bool (*reads_managed_fields)(const void *compiled);

    /* Adds what breaks the rule to e. Returns 0, or -1 after eval_fail() when it cannot be
     * answered. Called by many threads at once with the same compiled struct. */
    int (*eval)(const void *compiled, struct eval *e);
};

/* The rows in the order of the reference; NULL ends them. */
extern const struct check *const checks[];

extern const struct check check_pod_security, check_resources, check_images, check_freeze,
    check_approval, check_fields, check_cel;

#endif
