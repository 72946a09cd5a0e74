#ifndef TG_SERVER_LIMITS_H
#define TG_SERVER_LIMITS_H

/* The limits of server/, as in base/limits.h. */
#define SERVER_LIMITS(X)                                                                           \
    X(LIMIT_RULES_ALONE, 64, "ConfigMaps", "tried one by one when new ones break others")          \
    X(LIMIT_RULES_CONFIGMAPS, 16 * 1024 * 1024, "bytes",                                           \
      "ConfigMaps, or objects of one kind, that are rules")                                        \
    X(LIMIT_LAST_GOOD, 1000 * 1000, "bytes", "last good version of one object, compressed")        \
    X(LIMIT_CHAIN, 10, "certificates", "certificates of one TLS chain")                            \
    X(LIMIT_UID, 256, "bytes", "uid of a review")                                                  \
    X(LIMIT_NOTE, 4096, "bytes", "one audit annotation")                                           \
    X(LIMIT_LOG_RULES, 32, "rules", "named in one line of the decision log")                       \
    X(LIMIT_CONNECTIONS, 2048, "connections", "connections held at a time")                        \
    X(LIMIT_CALLER_CONNECTIONS, 1024, "connections", "of them from one address")                   \
    X(LIMIT_BACKLOG, 1024, "connections", "waiting to be accepted")                                \
    X(LIMIT_CONNECTION_POOL, 32 * 1024, "bytes", "request line and headers of one request")        \
    X(LIMIT_BODIES, 256 * 1024 * 1024, "bytes", "bodies of all requests that are underway")        \
    X(LIMIT_BODY_IGNORED, 64 * 1024 * 1024, "bytes", "body that is read only to refuse it")        \
    X(LIMIT_BODY_TIME, 10, "seconds", "for a whole body to arrive")                                \
    X(LIMIT_FIRST_TIME, 10, "seconds", "for a handshake and the first request to arrive")          \
    X(LIMIT_IDLE_TIME, 120, "seconds", "a connection that was used is kept idle")                  \
    X(LIMIT_REVIEW_TIME, 30, "seconds", "the timeout that a caller may give")                      \
    X(LIMIT_DRAIN_TIME, 10, "seconds", "for requests underway when the server stops")              \
    X(LIMIT_NAMESPACES_MEMORY, 64 * 1024 * 1024, "bytes", "labels of namespaces that are kept")    \
    X(LIMIT_WEBHOOK_CONFIGURATIONS, 8, "objects", "whose caBundle is kept up to date")

enum {
#define SERVER_LIMIT_ENUM(name, value, unit, what) name = (value),
    SERVER_LIMITS(SERVER_LIMIT_ENUM)
#undef SERVER_LIMIT_ENUM
};

#endif
