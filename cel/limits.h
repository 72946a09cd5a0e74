#ifndef TG_CEL_LIMITS_H
#define TG_CEL_LIMITS_H

/* What an expression, and its evaluation, may take: name, value, unit, what it bounds; as in
 * base/limits.h. The first two are cel-go's own. */
#define CEL_LIMITS(X)                                                                              \
    X(LIMIT_CEL_TEXT, 100000, "characters", "one CEL expression")                                  \
    X(LIMIT_CEL_DEPTH, 250, "levels", "nesting of a CEL expression")                               \
    X(LIMIT_CEL_MEMORY, 64 * 1024 * 1024, "bytes", "the tree of one CEL expression")               \
    X(LIMIT_CEL_ISSUES, 30, "mistakes", "told of one CEL expression")                              \
    X(LIMIT_REGEX_DEPTH, 1000, "levels", "nesting of a regular expression of CEL")                 \
    X(LIMIT_REGEX_SIZE, 3355443, "steps", "program of a regular expression of CEL")                \
    X(LIMIT_REGEX_COPIES, 1000, "copies", "of a part that such an expression repeats")

enum {
#define CEL_LIMIT_ENUM(name, value, unit, what) name = (value),
    CEL_LIMITS(CEL_LIMIT_ENUM)
#undef CEL_LIMIT_ENUM
};

#endif
