#ifndef TG_CEL_REGEX_REGEX_PROGRAM_H
#define TG_CEL_REGEX_REGEX_PROGRAM_H

#include "cel/regex/regex_parse.h"

/* What a thread of the simulation does at a place. */
enum regex_code {
    REGEX_DO_CHAR,
    REGEX_DO_CLASS,
    REGEX_DO_ANY,
    REGEX_DO_SPLIT, /* goes on at both, at next first */
    REGEX_DO_ASSERT,
    REGEX_DO_MATCH,
};

struct regex_inst {
    enum regex_code code;
    uint32_t next;
    union {
        uint32_t character;
        uint32_t other; /* SPLIT */
        uint32_t holds; /* ASSERT: a bit of enum regex_assertion */
        const struct regex_class *class;
    } of;
};

struct regex_table;

struct regex {
    const struct regex_inst *program;
    uint32_t count, start;
    uint32_t assertions;             /* those that it has, as bits */
    bool anchored;                   /* it matches at the beginning of a text only */
    const struct regex_table *table; /* may be NULL */
};

/* Makes the program of a tree; all is the arena's. Returns -1 when memory runs out or the budget
 * over. */
int regex_program(const struct regex_node *tree, struct arena *arena, struct budget *budget,
                  struct regex *out);

/* Whether a thread at this instruction, which is one of CHAR, CLASS, ANY, takes the character. */
static inline bool regex_takes(const struct regex_inst *inst, uint32_t c)
{
    if (inst->code == REGEX_DO_CHAR)
        return inst->of.character == c;
    return inst->code == REGEX_DO_ANY || regex_class_has(inst->of.class, c);
}

#endif
