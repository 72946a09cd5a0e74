#ifndef TG_POLICY_CONTROLS_CONTROL_H
#define TG_POLICY_CONTROLS_CONTROL_H

#include "base/view.h"
#include "policy/object/workload.h"
#include "policy/schema/schema_field.h"

#include <stddef.h>

struct eval;
struct yyjson_val;

/* The controls of the Pod Security Standards, by upstream's names: one row each, in a file of its
 * own. Versions are minor versions of Kubernetes 1. All is const; any thread.
 * https://kubernetes.io/docs/concepts/security/pod-security-standards/ */

/* The newest version that the rows are of: `latest`. tests/contract/oracle holds it against the
 * release of k8s.io/pod-security-admission that it compares with. */
enum { CONTROL_NEWEST = 37 };

/* Each level asks the controls of those before it, too. */
enum control_level { CONTROL_BASELINE, CONTROL_RESTRICTED, CONTROL_LEVELS };

/* The pod, or one of its containers, that a control is asked of. */
struct control_subject {
    struct eval *e;
    const struct control *control;     /* that is asked */
    unsigned minor;                    /* in this version */
    bool named;                        /* findings say which control they are of */
    const struct container *container; /* NULL: the pod */
    struct yyjson_val *context;        /* its own securityContext; NULL: none */
    struct yyjson_val *of_pod;         /* the pod's securityContext; NULL: none */
};

struct control {
    const char *name;
    const char *doc; /* one line: what must hold */
    enum control_level level;
    unsigned since;                  /* the first version that has it; 0: all have */
    unsigned spares_user_namespaces; /* from this version on it is not asked of a pod with
                                        `hostUsers: false`, whose root is nobody; 0: it always is */
    unsigned spares_windows;         /* the same of a pod whose `os.name` is windows */
    const struct control *overrides; /* a control of baseline, which is not asked beside it; NULL */

    /* Add what breaks it to s->e: what the pod says, once, and what each container says. Either may
     * be NULL. Returns 0, or -1 after eval_fail(). */
    int (*pod)(const struct control_subject *s);
    int (*container)(const struct control_subject *s);
};

/* The rows in the order of the reference; NULL ends them. */
extern const struct control *const controls[];

extern const struct control control_app_armor_profile, control_capabilities_baseline,
    control_host_namespaces, control_host_path_volumes, control_host_ports, control_host_probes,
    control_privileged, control_proc_mount, control_se_linux_options, control_seccomp_baseline,
    control_sysctls, control_windows_host_process, control_allow_privilege_escalation,
    control_capabilities_restricted, control_proc_mount_restricted, control_restricted_volumes,
    control_run_as_non_root, control_run_as_user, control_seccomp_restricted;

/* The row of that name, or NULL; and the n-th name, NULL past the last (struct schema_field). */
const struct control *control_of(struct view name);
const char *control_name_at(size_t n);

/* "restricted, from v1.23: no user 0": all of the n-th row, for the reference. */
const char *control_about(size_t n, char room[static SCHEMA_ABOUT_ROOM]);

/* The name of a level, which is also the n-th (struct schema_field); NULL past the last. */
const char *control_level_name(size_t level);

/* Controls that are asked together. */
struct control_list {
    const struct control **controls;
    size_t count;
    unsigned minor; /* the version */
    bool named;     /* each finding names its control: who reads the rule's id does not know */
};

/* Returns 0, or -1 after eval_fail(). */
int controls_ask(const struct control_list *list, struct eval *e);

/* --- for the rows ----------------------------------------------------------------------------- */

/* The value of a key of a map; NULL: none, or null. */
struct yyjson_val *control_value(struct yyjson_val *map, const char *key);

/* Add a finding at a field of the pod or container ("securityContext.runAsUser"), or of the pod's
 * metadata. value is NULL where there is none. */
void control_find(const struct control_subject *s, const char *field, struct yyjson_val *value,
                  struct view needs);
void control_find_annotation(const struct control_subject *s, struct yyjson_val *key,
                             struct yyjson_val *value, struct view needs);

/* One map of a list, and where the walk over it stands. */
struct control_element {
    const char *list;         /* its path: "volumes" */
    struct yyjson_val *value; /* the map */
    size_t index;
    yyjson_arr_iter rest;
};

/* A walk over the list at a key of a map; then each of its maps: false past the last, and after
 * eval_late(), so that whoever walks looks at s->e->error in the end. */
struct control_element control_elements(struct yyjson_val *map, const char *key, const char *list);
bool control_next_element(const struct control_subject *s, struct control_element *at);

/* Adds a finding at a field of an element, which goes by its name; "" for the element itself. The
 * finding depends on the whole element, and shows a value; NULL where there is none. */
void control_find_element(const struct control_subject *s, const struct control_element *at,
                          const char *field, struct yyjson_val *value, struct view needs);

/* Finds a value that is neither absent nor false. */
void control_refuse_true(const struct control_subject *s, const char *field,
                         struct yyjson_val *value);

/* True for the types of a seccomp or AppArmor profile that the standards accept. */
bool control_profile_accepted(struct yyjson_val *type);

/* Adds a finding at the type of the profile of that key (seccompProfile, appArmorProfile) in the
 * securityContext at hand, when there is a profile and its type is not accepted. field is its path,
 * as of control_find. */
void control_refuse_profile(const struct control_subject *s, const char *key, const char *field,
                            struct view needs);

/* True for one of the names, which NULL ends. */
bool control_is_one_of(struct yyjson_val *value, const char *const *names);

#endif
