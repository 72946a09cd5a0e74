#ifndef TG_POLICY_LIMITS_H
#define TG_POLICY_LIMITS_H

/* The limits of policy/, as in base/limits.h. */
#define POLICY_LIMITS(X)                                                                           \
    X(LIMIT_BODY, 7 * 1024 * 1024, "bytes", "body of one request")                                 \
    X(LIMIT_ARENA, 64 * 1024 * 1024, "bytes", "memory of one review")                              \
    X(LIMIT_RULE_OBJECT, 2 * 1024 * 1024, "bytes", "one object of rules, as YAML")                 \
    X(LIMIT_RULES_MEMORY, 256 * 1024 * 1024, "bytes", "memory of one compiled rule set")           \
    X(LIMIT_MESSAGE, 64 * 1024, "bytes", "message of one denial")                                  \
    X(LIMIT_MESSAGE_FINDINGS, 12, "findings", "shown in one denial; the rest is counted")          \
    X(LIMIT_SHOWN, 256, "bytes", "of one value that a message shows")                              \
    X(LIMIT_WARNINGS, 4000, "bytes", "warnings of one answer")                                     \
    X(LIMIT_WARNING_COUNT, 16, "warnings", "in one answer")                                        \
    X(LIMIT_WARNING, 256, "bytes", "one warning")                                                  \
    X(LIMIT_PATH, 512, "bytes", "one field path of a rule")                                        \
    X(LIMIT_SHAPES, 64 * 1024 * 1024, "bytes", "memory of what is known of the fields of kinds")   \
    X(LIMIT_ANSWER, 1024 * 1024, "bytes", "body of one answer")                                    \
    X(LIMIT_CEL_COST, 1000000, "units", "one evaluation of an expression, as Kubernetes counts")   \
    X(LIMIT_CEL_MATCH_COST, 2500000, "units", "matchConditions of a ValidatingAdmissionPolicy")    \
    X(LIMIT_CEL_MESSAGE, 5 * 1024, "bytes", "message that an expression makes")                    \
    X(LIMIT_CEL_RULE_COST, 10000000, "units", "all expressions of one rule or policy")             \
    X(LIMIT_CAUSES, 100, "causes", "causes in one answer")                                         \
    X(LIMIT_APPROVAL_DAYS, 90, "days", "that an approval can hold")                                \
    X(LIMIT_CLOCK_SKEW, 300, "seconds", "by which clocks of replicas and people may differ")       \
    X(LIMIT_WINDOW_DAYS, 366, "days", "one window of a freeze")                                    \
    X(LIMIT_WINDOW_STEPS, 4096, "windows", "looked through for the next change of a freeze")       \
    X(LIMIT_FREEZE_OVERLAPS, 1000, "overlaps", "of the globs of freeze rules that are told apart") \
    X(LIMIT_GUARD_PROBES, 16, "requests", "of one kind (http, prometheus) that a guard asks")      \
    X(LIMIT_GUARD_TIME, 24 * 60 * 60, "seconds", "deadline of a RolloutGuard, and its signals")    \
    X(LIMIT_GUARD_SOAK, 7 * 24 * 60 * 60, "seconds", "soak of a RolloutGuard")                     \
    X(LIMIT_GUARD_PERIOD, 60 * 60, "seconds", "between two smoke requests or queries of a guard")  \
    X(LIMIT_GUARD_TIMEOUT, 60, "seconds", "one smoke request")                                     \
    X(LIMIT_GUARD_TIMES, 1000, "times", "that a guard can wait for something to happen")           \
    X(LIMIT_GUARD_REASONS, 32, "reasons", "of waiting containers that one guard names")            \
    X(LIMIT_GUARD_STATUS, 32, "statuses", "that one smoke request accepts")                        \
    X(LIMIT_GUARD_URL, 2048, "bytes", "URL or path of one smoke request")                          \
    X(LIMIT_GUARD_QUERY, 4096, "bytes", "one Prometheus query")                                    \
    X(LIMIT_GUARD_BRAKE, 1000, "rollbacks", "that a guard's brake can let pass")                   \
    X(LIMIT_GUARD_BRAKE_TIME, 7 * 24 * 60 * 60, "seconds", "in which a brake counts them")         \
    X(LIMIT_GUARD_NOTIFY, 16, "notifiers", "that one guard names")

enum {
#define POLICY_LIMIT_ENUM(name, value, unit, what) name = (value),
    POLICY_LIMITS(POLICY_LIMIT_ENUM)
#undef POLICY_LIMIT_ENUM
};

#endif
