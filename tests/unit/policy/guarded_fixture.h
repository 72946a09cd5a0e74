#ifndef TG_TESTS_UNIT_POLICY_GUARDED_FIXTURE_H
#define TG_TESTS_UNIT_POLICY_GUARDED_FIXTURE_H

#include "policy/object/cluster_view.h"
#include "unit/policy/template_fixture.h"

enum {
    NOW = 1795533240,
    MINUTE = 60,
    TEMPLATES = 4,
    WAS_HEALTHY = TEMPLATES
}; /* Tue 24 Nov 2026 15:14:00 UTC */

#define HEAD(kind, name)                                                                           \
    "apiVersion: tidegate.dev/v1alpha1\nkind: " kind "\nmetadata: {name: " name "}\nspec:\n"
#define PARIS                                                                                      \
    HEAD("Environment", "production") "  namespaces: [shop]\n  timeZone: Europe/Paris\n---\n"
#define GUARD(more)                                                                                \
    HEAD("RolloutGuard", "shop-guard")                                                             \
    "  match: {environments: [production]}\n  deadline: 10m\n  soak: 5m\n" more "---\n"
#define RELEASED_BY                                                                                \
    "  onFailure: {rollback: lastHealthy, release: {groups: [incident-commanders]}}\n"
#define COMMANDERS "[\"incident-commanders\"]"

/* What the guard is said to know of each template. */
struct known {
    struct cluster_view_rollout of[TEMPLATES + 1]; /* WAS_HEALTHY is one more */
    int64_t begun;
    const char *unknown;
    size_t asked;
};

static inline void known_rollout(void *ctx, const struct request *request, struct view hash,
                                 struct arena *arena, struct cluster_view_rollout *out)
{
    struct known *known = ctx;

    (void)request;
    known->asked++;
    *out = (struct cluster_view_rollout){.begun = known->begun};
    for (int i = 0; i <= TEMPLATES; i++)
        if (view_eq(hash, hash_of(arena, i))) {
            *out = known->of[i];
            out->begun = known->begun;
        }
    out->unknown = known->unknown;
}

static inline void guarded_open(struct fixture *f, const char *rules, struct known *known)
{
    fixture_open(f, rules);
    f->cluster_view.rollout = known_rollout;
    f->cluster_view.ctx = known;
}

/* A Deployment with a template and one annotation. */
static inline const char *deployment(struct fixture *f, int template, const char *key,
                                     struct view value)
{
    return object_text(&f->arena, template_text(&f->arena, template, ""), key, value);
}

#endif
