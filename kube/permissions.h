#ifndef TG_KUBE_PERMISSIONS_H
#define TG_KUBE_PERMISSIONS_H

#include <stddef.h>
#include <stdint.h>

struct buf;
struct client;
struct client_answer;
struct log;

/* One thing that RBAC has to allow. */
struct permission {
    const char *group, *resource; /* "apps", "deployments" */
    const char *subresource;      /* "log"; NULL: the resource itself */
    const char *verb;
    const char *namespace_; /* NULL: in all, or of no namespace */
    const char *name;       /* of the one object; NULL: of any */
};

/* Asks the API server for each by a SelfSubjectAccessReview, which everybody who is known may, and
 * tells those that are missing: to the log (may be NULL) and, as a line each, to `missing`. Rows of
 * one resource that follow each other are told together, with the rule to add:
 *     may not patch deployments of apps; its ClusterRole lacks the rule {apiGroups: ["apps"], ...}
 * Each call is tried again until that instant of clock_monotonic_ns. Returns how many are missing,
 * or -1 with the problem in the answer.
 * https://kubernetes.io/docs/reference/access-authn-authz/authorization/#checking-api-access */
int permissions_ask(struct client *c, const struct permission *rows, size_t count, int64_t until,
                    struct log *log, struct buf *missing, struct client_answer *answer);

/* The rule that allows `count` rows, which differ in the verb only, as YAML; and the body that asks
 * for one, the caller's (free), NULL when memory runs out. For permissions_ask and its test. */
void permissions_rule(const struct permission *const *rows, size_t count, struct buf *out);
char *permissions_review(const struct permission *row);

#endif
