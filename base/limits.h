#ifndef TG_BASE_LIMITS_H
#define TG_BASE_LIMITS_H

/* The limits of base/: name, value, unit, what it bounds. Each layer has such a table of its own;
 * `tidegate limits` prints them all, and each row has a test one below, at and one above. Three
 * kinds are held less sharply: memory by the arena that is given the ceiling (test_arena), times by
 * what has to have happened when they are over, and what a library counts in its own way by a
 * little on both sides of the edge. */
#define BASE_LIMITS(X)                                                                             \
    X(LIMIT_JSON_DEPTH, 512, "levels", "nesting of a review")                                      \
    X(LIMIT_FILE, 8 * 1024 * 1024, "bytes", "one rule file or manifest")                           \
    X(LIMIT_PATTERN, 1024, "bytes", "one regular expression")                                      \
    X(LIMIT_PATTERN_STEPS, 100000, "steps", "one match of a regular expression")                   \
    X(LIMIT_PATTERN_HEAP, 1024, "KiB", "memory of one match")                                      \
    X(LIMIT_FILES, 1024, "files", "files of one directory")                                        \
    X(LIMIT_YAML_DEPTH, 64, "levels", "nesting of a YAML document")                                \
    X(LIMIT_YAML_ANCHORS, 256, "anchors", "anchors of one YAML document")                          \
    X(LIMIT_YAML_NODES, 500000, "nodes", "nodes of one YAML file, aliases expanded")               \
    X(LIMIT_QUANTITY, 64, "bytes", "one Kubernetes quantity")                                      \
    X(LIMIT_NUMBER, 400, "bytes", "one decimal number, as text")                                   \
    X(LIMIT_ZONE_NAME, 64, "bytes", "name of a time zone")                                         \
    X(LIMIT_ZONE_NAMES, 4096, "names", "time zones looked through for a near name")                \
    X(LIMIT_ZONE_FILE, 64 * 1024, "bytes", "one compiled time zone")                               \
    X(LIMIT_LOG_QUEUE, 4 * 1024 * 1024, "bytes", "log lines waiting for a slow reader")            \
    X(LIMIT_LOG_LINE, 64 * 1024, "bytes", "one line of a log")                                     \
    X(LIMIT_LOG_TIME, 1, "second", "for a log's last lines to be taken when the program ends")     \
    X(LIMIT_TOKEN, 16 * 1024, "bytes", "one bearer token")                                         \
    X(LIMIT_DIAGS, 100, "messages", "errors, and as many warnings, reported in one run")

enum {
#define BASE_LIMIT_ENUM(name, value, unit, what) name = (value),
    BASE_LIMITS(BASE_LIMIT_ENUM)
#undef BASE_LIMIT_ENUM
};

#endif
