#ifndef TG_POLICY_GUARD_GUARD_H
#define TG_POLICY_GUARD_GUARD_H

#include "base/diag.h"
#include "policy/guard/guard_signals.h"
#include "policy/rule/match.h"
#include "policy/rule/rule.h"
#include "policy/rule/subjects.h"

/* What is done to a rollout that failed. */
enum guard_act {
    GUARD_ROLLBACK, /* back to the version that was last seen healthy */
    GUARD_PAUSE,    /* spec.paused, where the kind has it */
    GUARD_NOTIFY,   /* reported, nothing else */
};

/* How many rollbacks stop further ones, and in which time. */
struct guard_brake {
    int64_t in_namespace, in_all;
    int64_t within; /* seconds */
};

/* A document of kind RolloutGuard, compiled: const, in the arena of its set; any thread. */
struct rollout_guard {
    struct view name;
    struct place place;
    struct match match;            /* its labels stand apart */
    const struct selector *labels; /* of the workload; or NULL */
    const struct node *written;    /* `match` as it stands in the file; or NULL */
    bool audit;                    /* says what it would do, and does and quarantines nothing */
    int64_t deadline;              /* seconds from the first sight of a new template */
    int64_t soak;                  /* seconds; may be 0 */
    struct guard_signals fail;
    enum guard_act act;
    bool quarantine;           /* only with GUARD_ROLLBACK */
    struct subjects release;   /* release.text.n == 0: whoever may write the workload */
    struct guard_brake brake;  /* of GUARD_ROLLBACK */
    enum on_error on_error;    /* of admission, while it is not known what is in quarantine */
    const struct view *notify; /* names of notifiers */
    size_t notify_count;
};

extern const struct schema_field guard_spec_fields[];

/* Compiles the spec of a RolloutGuard, held against guard_spec_fields before, into *out, whose name
 * and place are set. Environments are looked up in c->environments. Returns 0, or -1 after an error
 * in c->diags or when memory runs out. */
int guard_compile(const struct node *spec, struct compile *c, struct rollout_guard *out);

/* Warns of each guard whose match is word by word that of one before it: it is never asked. */
void guard_warn_of_twins(const struct rollout_guard *guards, size_t count, struct diags *diags);

/* A workload as a guard matches it, of one of the kinds of policy/object/guarded_kind.h (any other
 * is not guarded). */
struct guard_subject {
    struct view group, kind, namespace_, name;
    struct yyjson_val *labels; /* of its metadata, a JSON map; NULL: none */
    struct budget *budget;     /* that the look through them takes; NULL: no end */
};

/* The guard of a workload: the first that matches, in the order of the files. NULL when there is
 * none, and always in kube-system and the cluster view's own namespace. NULL with *unknown set to
 * the reason (else it is set to NULL) when it is not known now. Never allocates. */
const struct rollout_guard *guard_of(const struct rollout_guard *guards, size_t count,
                                     const struct guard_subject *of,
                                     const struct cluster_view *cluster_view, const char **unknown);

#endif
