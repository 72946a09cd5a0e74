#ifndef TG_KUBE_LIMITS_H
#define TG_KUBE_LIMITS_H

/* The limits of kube/, as in base/limits.h. */
#define KUBE_LIMITS(X)                                                                             \
    X(LIMIT_KUBECONFIG, 1024 * 1024, "bytes", "one kubeconfig file")                               \
    X(LIMIT_KUBECONFIGS, 32, "files", "that KUBECONFIG may name")                                  \
    X(LIMIT_CREDENTIAL, 128 * 1024, "bytes",                                                       \
      "what a credential plugin is told, and what it prints")                                      \
    X(LIMIT_CREDENTIAL_ARGS, 64, "arguments", "and variables of a credential plugin, of each")     \
    X(LIMIT_CREDENTIAL_TIME, 300, "seconds", "a credential plugin, which may ask a person")        \
    X(LIMIT_KUBE_URL, 16 * 1024, "bytes", "address of one call of the Kubernetes API")             \
    X(LIMIT_KUBE_TIME, 20, "seconds", "one call of the Kubernetes API, but for a watch")           \
    X(LIMIT_KUBE_ERROR, 16 * 1024, "bytes", "an API server's answer that is an error")             \
    X(LIMIT_KUBE_PAGE, 32 * 1024 * 1024, "bytes", "one page of a list")                            \
    X(LIMIT_KUBE_PAGE_OBJECTS, 500, "objects", "asked for in one page of a list")                  \
    X(LIMIT_KUBE_PAGE_WHOLE, 100, "objects", "in a page of objects that are more than metadata")   \
    X(LIMIT_KUBE_ANSWER, 16 * 1024 * 1024, "bytes", "an API server's answer that is read whole")   \
    X(LIMIT_KUBE_EVENT, 16 * 1024 * 1024, "bytes",                                                 \
      "one event of a watch; larger ones are skipped")                                             \
    X(LIMIT_KUBE_BEGINNING, 64 * 1024, "bytes", "read of an object that is too large")             \
    X(LIMIT_KUBE_VERSION, 256, "bytes", "one resourceVersion")                                     \
    X(LIMIT_KUBE_SILENCE, 90, "seconds", "a watch without a word")                                 \
    X(LIMIT_KUBE_RESUME, 60, "seconds", "without a connection before a watch lists again")         \
    X(LIMIT_KUBE_WAIT, 15, "seconds", "between two tries to reach an API server")                  \
    X(LIMIT_KUBE_RETRY_AFTER, 120, "seconds", "that an API server may ask to wait")                \
    X(LIMIT_KUBE_CALL_ROWS, 256, "rows", "kinds of calls that are counted")                        \
    X(LIMIT_IDENTITY, 128, "bytes", "name of one replica, in its Lease and its Events")            \
    X(LIMIT_LEASE_DURATION, 10, "seconds", "without a renewal before another replica may lead")    \
    X(LIMIT_LEASE_DEADLINE, 7, "seconds", "without a renewal in which a replica still leads")      \
    X(LIMIT_LEASE_RENEW, 2, "seconds", "from one renewal of a Lease to the next")                  \
    X(LIMIT_LEASE_CALL, 2, "seconds", "one call for a Lease")                                      \
    X(LIMIT_EVENT_NOTE, 1024, "bytes", "note of one Event")                                        \
    X(LIMIT_NAMESPACES_AGE, 180, "seconds", "stale for which these labels are still used")

enum {
#define KUBE_LIMIT_ENUM(name, value, unit, what) name = (value),
    KUBE_LIMITS(KUBE_LIMIT_ENUM)
#undef KUBE_LIMIT_ENUM
};

#endif
