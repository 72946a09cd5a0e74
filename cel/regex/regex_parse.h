#ifndef TG_CEL_REGEX_REGEX_PARSE_H
#define TG_CEL_REGEX_REGEX_PARSE_H

#include "cel/regex/regex_class.h"

enum regex_op {
    REGEX_EMPTY,
    REGEX_CHAR,
    REGEX_CLASS,
    REGEX_ANY,
    REGEX_ASSERT,
    REGEX_CONCAT,
    REGEX_ALTERNATE,
    REGEX_REPEAT,
    REGEX_CAPTURE,
};

/* What has to hold at a place of the text, as bits. */
enum regex_assertion {
    REGEX_BEGIN_TEXT = 1,
    REGEX_END_TEXT = 2,
    REGEX_BEGIN_LINE = 4,
    REGEX_END_LINE = 8,
    REGEX_WORD = 16,
    REGEX_NO_WORD = 32,
};

/* A part of an expression. */
struct regex_node {
    enum regex_op op;
    bool nullable;                   /* it can match without a character */
    bool lazy;                       /* REPEAT: as few as possible first */
    int min, max;                    /* REPEAT; max -1: any number */
    unsigned height;                 /* as Go counts it */
    unsigned copies;                 /* how often the most repeated part of it is there */
    uint32_t value;                  /* CHAR: which; ASSERT: a bit of enum regex_assertion */
    uint64_t size;                   /* no less than the instructions that it takes */
    struct regex_node *before;       /* the one before it in the same list */
    struct regex_node *first, *last; /* what it is made of */
    const struct regex_class *class;
};

/* Reads the whole of text, within the limits of Go's regexp/syntax (LIMIT_REGEX_*); the tree is the
 * arena's. NULL with *error as regex_compile has it. */
const struct regex_node *regex_parse(struct view text, struct arena *arena, struct budget *budget,
                                     struct view *error);

#endif
