#ifndef TG_SERVER_RULES_RULE_SCHEMAS_H
#define TG_SERVER_RULES_RULE_SCHEMAS_H

struct kube;
struct policy_set;

/* Asks the API server for the schemas of kinds that rules in force name and nobody else knows, and
 * holds the rules' paths against them: discovery says which versions have the kind, OpenAPI
 * (version 3) what it looks like. What is found is at most a warning, rules_warning in the log,
 * with the place of each rule; so is a kind that stays unknown, and why. It has a thread of its
 * own, so that nobody waits for the API server, and is asked once for each set that comes into
 * force: what gets no answer within LIMIT_KUBE_TIME waits for the next one. Needs no right that not
 * every authenticated user has (the ClusterRole system:discovery). */
struct rule_schemas;

struct rule_schemas_options {
    /* The rules in force, with a reference for the caller; NULL when there are none. */
    struct policy_set *(*rules)(void *ctx);
    void *ctx;
    const char *schemas; /* the directory of --schemas, whose kinds are known; or NULL */
};

/* Starts, and asks for the rules that are in force by then; what the options point to outlives it.
 * NULL when memory or threads are out. */
struct rule_schemas *rule_schemas_start(const struct kube *kube,
                                        const struct rule_schemas_options *options);

/* Ends the call that is underway. NULL is allowed. */
void rule_schemas_stop(struct rule_schemas *r);

/* Other rules came into force. Any thread. */
void rule_schemas_look(struct rule_schemas *r);

#endif
