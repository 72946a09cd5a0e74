#ifndef TG_POLICY_RULE_RULE_H
#define TG_POLICY_RULE_RULE_H

#include "base/diag.h"
#include "policy/rule/check.h"
#include "policy/rule/match.h"

#include <stdint.h>

enum mode { MODE_DENY, MODE_WARN, MODE_AUDIT };

/* What becomes of a rule that cannot be answered. */
enum on_error { ON_ERROR_DENY, ON_ERROR_WARN, ON_ERROR_ALLOW };

struct exemption {
    struct match match;
    struct view reason;
    int64_t expires; /* Unix seconds, the first instant at which it no longer holds; 0: never */
};

struct rule {
    struct view id;
    struct place place;
    enum mode mode;
    enum on_error on_error;
    bool deny_existing;  /* held also against what an UPDATE leaves as it was */
    struct view message; /* the author's own words; absent when there are none */
    const struct check *check;
    const void *compiled;      /* what check->compile made */
    const struct match *match; /* narrower than the policy's; or NULL */
    const void *when;          /* what when_compile made; or NULL */
    const struct exemption *exemptions;
    size_t exemption_count;
    size_t number; /* counts the rules of the set, for metrics */
};

struct policy {
    struct view name;
    struct place place;
    struct match match;
    const struct rule *rules;
    size_t rule_count;
};

extern const struct schema_field rule_fields[], policy_spec_fields[], environment_spec_fields[];

/* Compiles the spec of a Policy, held against policy_spec_fields before, into *out. `number` is the
 * count of rules so far and moves on. Every error goes to c->diags; returns -1 if there was one. */
int policy_compile(const struct node *spec, struct compile *c, size_t *number, struct policy *out);

/* Compiles the spec of an Environment, held against its schema before, into *out. */
int environment_compile(const struct node *spec, struct compile *c, struct environment *out);

const char *mode_name(enum mode mode);

/* The words of onError in the order of enum on_error, ended by NULL. */
extern const char *const rule_on_error_names[];

/* The index of node's text in names, which end with NULL, or fallback when node is NULL. */
int rule_choice(const struct node *node, const char *const *names, int fallback);

#endif
