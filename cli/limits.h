#ifndef TG_CLI_LIMITS_H
#define TG_CLI_LIMITS_H

/* The limits of cli/, as in base/limits.h. */
#define CLI_LIMITS(X)                                                                              \
    X(LIMIT_RULES_PATHS, 64, "paths", "directories and files named by --rules")                    \
    X(LIMIT_RULES_TIME, 30, "seconds", "for rules in ConfigMaps to be there at the start")         \
    X(LIMIT_EVAL_MEMORY, 1024 * 1024 * 1024, "bytes", "documents of one eval")                     \
    X(LIMIT_THREADS, 256, "threads", "threads that answer requests")                               \
    X(LIMIT_CONTROLLERS, 64, "users", "that act for Kubernetes, as options name them")             \
    X(LIMIT_SHUTDOWN_DELAY, 600, "seconds", "of serving on after SIGTERM that can be asked for")   \
    X(LIMIT_TLS_SECRET_TIME, 30, "seconds",                                                        \
      "for a certificate in a Secret to be there at the start")

enum {
#define CLI_LIMIT_ENUM(name, value, unit, what) name = (value),
    CLI_LIMITS(CLI_LIMIT_ENUM)
#undef CLI_LIMIT_ENUM
};

#endif
