#ifndef TG_BASE_LIMITS_H
#define TG_BASE_LIMITS_H

/* Every limit of the program: name, value, unit, what it bounds. `tidegate limits` prints this
 * table; each row has a test one below, at and one above. Three kinds are held less sharply: memory
 * by the arena that is given the ceiling (test_arena), times by what has to have happened when they
 * are over, and what a library counts in its own way by a little on both sides of the edge. */
#define LIMITS(X)                                                                                  \
    X(LIMIT_BODY, 7 * 1024 * 1024, "bytes", "body of one request")                                 \
    X(LIMIT_ARENA, 64 * 1024 * 1024, "bytes", "memory of one review")                              \
    X(LIMIT_JSON_DEPTH, 512, "levels", "nesting of a review")                                      \
    X(LIMIT_FILE, 8 * 1024 * 1024, "bytes", "one rule file or manifest")                           \
    X(LIMIT_RULES_PATHS, 64, "paths", "directories and files named by --rules")                    \
    X(LIMIT_RULES_TIME, 30, "seconds", "for rules in ConfigMaps to be there at the start")         \
    X(LIMIT_RULES_ALONE, 64, "ConfigMaps", "tried one by one when new ones break others")          \
    X(LIMIT_RULES_CONFIGMAPS, 16 * 1024 * 1024, "bytes", "ConfigMaps of rules that are kept")      \
    X(LIMIT_RULES_MEMORY, 256 * 1024 * 1024, "bytes", "memory of one compiled rule set")           \
    X(LIMIT_MESSAGE, 64 * 1024, "bytes", "message of one denial")                                  \
    X(LIMIT_MESSAGE_FINDINGS, 12, "findings", "shown in one denial; the rest is counted")          \
    X(LIMIT_SHOWN, 256, "bytes", "of one value that a message shows")                              \
    X(LIMIT_WARNINGS, 4000, "bytes", "warnings of one answer")                                     \
    X(LIMIT_WARNING_COUNT, 16, "warnings", "in one answer")                                        \
    X(LIMIT_WARNING, 256, "bytes", "one warning")                                                  \
    X(LIMIT_PATTERN, 1024, "bytes", "one regular expression")                                      \
    X(LIMIT_PATTERN_STEPS, 100000, "steps", "one match of a regular expression")                   \
    X(LIMIT_PATTERN_HEAP, 1024, "KiB", "memory of one match")                                      \
    X(LIMIT_REGEX_DEPTH, 1000, "levels", "nesting of a regular expression of CEL")                 \
    X(LIMIT_REGEX_SIZE, 3355443, "steps", "program of a regular expression of CEL")                \
    X(LIMIT_REGEX_COPIES, 1000, "copies", "of a part that such an expression repeats")             \
    X(LIMIT_PATH, 512, "bytes", "one field path of a rule")                                        \
    X(LIMIT_SHAPES, 64 * 1024 * 1024, "bytes", "memory of what is known of the fields of kinds")   \
    X(LIMIT_EVAL_MEMORY, 1024 * 1024 * 1024, "bytes", "documents of one eval")                     \
    X(LIMIT_FILES, 1024, "files", "files of one directory")                                        \
    X(LIMIT_YAML_DEPTH, 64, "levels", "nesting of a YAML document")                                \
    X(LIMIT_YAML_ANCHORS, 256, "anchors", "anchors of one YAML document")                          \
    X(LIMIT_YAML_NODES, 500000, "nodes", "nodes of one YAML file, aliases expanded")               \
    X(LIMIT_PEM, 256 * 1024, "bytes", "one file of certificates or a key")                         \
    X(LIMIT_QUANTITY, 64, "bytes", "one Kubernetes quantity")                                      \
    X(LIMIT_NUMBER, 400, "bytes", "one decimal number, as text")                                   \
    X(LIMIT_ZONE_NAME, 64, "bytes", "name of a time zone")                                         \
    X(LIMIT_ZONE_NAMES, 4096, "names", "time zones looked through for a near name")                \
    X(LIMIT_ZONE_FILE, 64 * 1024, "bytes", "one compiled time zone")                               \
    X(LIMIT_CHAIN, 10, "certificates", "certificates of one TLS chain")                            \
    X(LIMIT_ANSWER, 1024 * 1024, "bytes", "body of one answer")                                    \
    X(LIMIT_UID, 256, "bytes", "uid of a review")                                                  \
    X(LIMIT_CAUSES, 100, "causes", "causes in one answer")                                         \
    X(LIMIT_NOTE, 4096, "bytes", "one audit annotation")                                           \
    X(LIMIT_THREADS, 256, "threads", "threads that answer requests")                               \
    X(LIMIT_CONTROLLERS, 64, "users", "that act for Kubernetes, as options name them")             \
    X(LIMIT_TLS_NAMES, 32, "names", "in a certificate of its own")                                 \
    X(LIMIT_LOG_QUEUE, 4 * 1024 * 1024, "bytes", "log lines waiting for a slow reader")            \
    X(LIMIT_LOG_LINE, 64 * 1024, "bytes", "one line of a log")                                     \
    X(LIMIT_LOG_RULES, 32, "rules", "named in one line of the decision log")                       \
    X(LIMIT_LOG_VALUE, 256, "bytes", "of one value in the decision log")                           \
    X(LIMIT_LOG_TIME, 1, "second", "for a log's last lines to be taken when the program ends")     \
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
    X(LIMIT_REVIEW_CPU, 60, "milliseconds", "of a processor's time that one review takes")         \
    X(LIMIT_DRAIN_TIME, 10, "seconds", "for requests underway when the server stops")              \
    X(LIMIT_SHUTDOWN_DELAY, 600, "seconds", "of serving on after SIGTERM that can be asked for")   \
    X(LIMIT_APPROVAL_DAYS, 90, "days", "that an approval can hold")                                \
    X(LIMIT_CLOCK_SKEW, 300, "seconds", "by which clocks of replicas and people may differ")       \
    X(LIMIT_WINDOW_DAYS, 366, "days", "one window of a freeze")                                    \
    X(LIMIT_WINDOW_STEPS, 4096, "windows", "looked through for the next change of a freeze")       \
    X(LIMIT_FREEZE_OVERLAPS, 1000, "overlaps", "of the globs of freeze rules that are told apart") \
    X(LIMIT_KUBECONFIG, 1024 * 1024, "bytes", "one kubeconfig file")                               \
    X(LIMIT_TOKEN, 16 * 1024, "bytes", "one bearer token")                                         \
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
    X(LIMIT_KUBE_RESUME, 60, "seconds", "out of touch before a watch lists anew")                  \
    X(LIMIT_KUBE_WAIT, 15, "seconds", "between two tries to reach an API server")                  \
    X(LIMIT_KUBE_RETRY_AFTER, 120, "seconds", "that an API server may ask to wait")                \
    X(LIMIT_KUBE_CALL_ROWS, 256, "rows", "kinds of calls that are counted")                        \
    X(LIMIT_IDENTITY, 128, "bytes", "name of one replica, in its Lease and its Events")            \
    X(LIMIT_LEASE_DURATION, 10, "seconds", "without a renewal before another replica may lead")    \
    X(LIMIT_LEASE_DEADLINE, 7, "seconds", "without a renewal in which a replica still leads")      \
    X(LIMIT_LEASE_RENEW, 2, "seconds", "from one renewal of a Lease to the next")                  \
    X(LIMIT_LEASE_CALL, 2, "seconds", "one call for a Lease")                                      \
    X(LIMIT_EVENT_NOTE, 1024, "bytes", "note of one Event")                                        \
    X(LIMIT_NAMESPACES_MEMORY, 64 * 1024 * 1024, "bytes", "labels of namespaces that are kept")    \
    X(LIMIT_NAMESPACES_AGE, 180, "seconds", "out of touch in which these labels are used")         \
    X(LIMIT_RECORD, 512 * 1024, "bytes", "the record of one guarded workload")                     \
    X(LIMIT_RECORD_GOODS, 10, "templates", "remembered as healthy, of one workload")               \
    X(LIMIT_RECORD_FAILURES, 10, "templates", "remembered as failed, of one workload")             \
    X(LIMIT_RECORD_HISTORY, 30, "lines", "of the history of one workload")                         \
    X(LIMIT_RECORD_TEXT, 1024, "bytes", "one text in the record of a workload")                    \
    X(LIMIT_RECORD_STEP, 300, "bytes", "words of one line of its history")                         \
    X(LIMIT_RECORD_DAYS, 30, "days", "that the record of a workload that is gone is kept")         \
    X(LIMIT_RECORD_SWEEP, 64, "records", "of such workloads that are deleted at a time")           \
    X(LIMIT_RECORDS_MEMORY, 256 * 1024 * 1024, "bytes", "records that are kept")                   \
    X(LIMIT_RECORDS_AGE, 180, "seconds", "out of touch in which these records are used")           \
    X(LIMIT_STORE_MEMORY, 1024 * 1024 * 1024, "bytes", "workloads, revisions, pods that are kept") \
    X(LIMIT_GUARD_PROBES, 16, "requests", "of one kind (http, prometheus) that a guard asks")      \
    X(LIMIT_KUBE_PATH, 512, "bytes", "path of a list of objects of one namespace")                 \
    X(LIMIT_KUBE_ACT, 5, "seconds", "one call by which the guard acts")                            \
    X(LIMIT_KUBE_TELL, 5, "seconds", "to write one Event")                                         \
    X(LIMIT_BRAKE, 1024, "rollbacks", "that a brake remembers")                                    \
    X(LIMIT_LOG_TAIL, 64 * 1024, "bytes", "of a container's log that are read for its end")        \
    X(LIMIT_LOG_TAIL_TIME, 2, "seconds", "for the end of a container's log to come")               \
    X(LIMIT_LAST_WORDS, 600, "bytes", "of a container's last log lines that are told")             \
    X(LIMIT_FETCH_BODY, 1024 * 1024, "bytes", "of an answer to a smoke request or query")          \
    X(LIMIT_QUERY_TIME, 10, "seconds", "one query of Prometheus")                                  \
    X(LIMIT_PROBES, 4096, "requests", "smoke requests and queries that wait")                      \
    X(LIMIT_NOTICES, 256, "messages", "notifications that wait to be sent")                        \
    X(LIMIT_NOTICE, 64 * 1024, "bytes", "memory of one notification that waits")                   \
    X(LIMIT_NOTIFY_TRY, 10, "seconds", "one try to send a notification")                           \
    X(LIMIT_NOTIFY_TIME, 15 * 60, "seconds", "of tries before a notification is given up")         \
    X(LIMIT_NOTIFY_STOP, 2, "seconds", "for notifications underway when the program ends")         \
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
    X(LIMIT_GUARD_NOTIFY, 16, "notifiers", "that one guard names")                                 \
    X(LIMIT_WEBHOOK_CONFIGURATIONS, 8, "objects", "whose caBundle is kept up to date")             \
    X(LIMIT_TLS_SECRET_TIME, 30, "seconds",                                                        \
      "for a certificate in a Secret to be there at the start")                                    \
    X(LIMIT_DIAGS, 100, "messages", "errors and warnings reported in one run")

enum {
#define LIMIT_ENUM(name, value, unit, what) name = (value),
    LIMITS(LIMIT_ENUM)
#undef LIMIT_ENUM
};

#endif
