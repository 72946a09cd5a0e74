#ifndef TG_ROLLOUT_LIMITS_H
#define TG_ROLLOUT_LIMITS_H

/* The limits of rollout/, as in base/limits.h. */
#define ROLLOUT_LIMITS(X)                                                                          \
    X(LIMIT_LOG_VALUE, 256, "bytes", "of one value in the decision log")                           \
    X(LIMIT_REVIEW_CPU, 60, "milliseconds", "of a processor's time that one review takes")         \
    X(LIMIT_RECORD, 512 * 1024, "bytes", "the record of one guarded workload")                     \
    X(LIMIT_TROUBLED, 100, "workloads", "named by metrics: failed, degraded or rolled back")       \
    X(LIMIT_RECORD_GOODS, 10, "templates", "remembered as healthy, of one workload")               \
    X(LIMIT_RECORD_FAILURES, 10, "templates", "remembered as failed, of one workload")             \
    X(LIMIT_RECORD_HISTORY, 30, "lines", "of the history of one workload")                         \
    X(LIMIT_RECORD_TEXT, 1024, "bytes", "one text in the record of a workload")                    \
    X(LIMIT_RECORD_STEP, 300, "bytes", "words of one line of its history")                         \
    X(LIMIT_RECORD_DAYS, 30, "days", "that the record of a workload that is gone is kept")         \
    X(LIMIT_RECORD_SWEEP, 64, "records", "of such workloads that are deleted at a time")           \
    X(LIMIT_OWNERS, 16 * 1024, "bytes", "who owned a healthy version's fields, compressed")        \
    X(LIMIT_OWNERS_TEXT, 1024 * 1024, "bytes", "the same, uncompressed")                           \
    X(LIMIT_RECORDS_MEMORY, 256 * 1024 * 1024, "bytes", "records that are kept")                   \
    X(LIMIT_RECORDS_AGE, 180, "seconds", "stale for which these records are still used")           \
    X(LIMIT_STORE_MEMORY, 1024 * 1024 * 1024, "bytes", "workloads, revisions, pods that are kept") \
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
    X(LIMIT_NOTIFY_STOP, 2, "seconds", "for notifications underway when the program ends")

enum {
#define ROLLOUT_LIMIT_ENUM(name, value, unit, what) name = (value),
    ROLLOUT_LIMITS(ROLLOUT_LIMIT_ENUM)
#undef ROLLOUT_LIMIT_ENUM
};

#endif
