#ifndef TG_CEL_EVAL_NODE_H
#define TG_CEL_EVAL_NODE_H

#include "cel/check/overload.h"
#include "cel/program.h"
#include "cel/syntax/ast.h"

/* A compiled expression: a tree in which everything is resolved that can be. */
enum cel_op {
    CEL_OP_CONST,
    CEL_OP_PATH, /* a root and what is selected from it */
    CEL_OP_AND,
    CEL_OP_OR,
    CEL_OP_IF,
    CEL_OP_EQ,
    CEL_OP_NE,
    CEL_OP_IN_SET,  /* in a list of constants */
    CEL_OP_OR_ELSE, /* or, orValue */
    CEL_OP_CALL,
    CEL_OP_LIST,
    CEL_OP_MAP,
    CEL_OP_FOLD,
    CEL_OP_LET,
};

/* What a path begins with. */
enum cel_root {
    CEL_ROOT_VARIABLE,
    CEL_ROOT_SLOT, /* of a macro */
    CEL_ROOT_LAZY, /* of optMap: evaluated when it is first read */
    CEL_ROOT_NODE, /* args[0] */
};

/* One step of a path. */
struct cel_part {
    bool optional;
    bool test;                    /* has() */
    const struct cel_node *index; /* NULL: key */
    struct cel_value key;         /* a CEL_STRING is a field's name */
};

struct cel_node {
    enum cel_op op;
    uint32_t at;
    uint32_t count; /* of args */
    bool bare;      /* PATH: nothing is counted for its end */
    bool pattern;   /* CALL: of a constant pattern, on whatever has a text */
    bool early;     /* CALL: the first error ends it, before anything is counted */
    bool wrapped;   /* OR_ELSE: the result is an optional */
    bool literal;   /* FOLD: what is collected is a constant, and its list costs nothing */
    struct cel_node **args;
    union {
        struct cel_value value;    /* CONST */
        const struct cel_map *set; /* IN_SET: the elements are the keys */
        struct {
            enum cel_root root;
            uint32_t number; /* of the variable or slot */
            uint32_t part_count;
            const struct cel_part *parts;
        } path;
        struct {
            const struct cel_overload *one; /* the row that is called; NULL: one of set */
            const struct cel_set *set;
            cel_cost_fn *cost;
            const void *prepared;
        } call;
        struct {
            const bool *optionals;
            uint32_t optional_count;
        } list;
        struct {
            enum cel_fold kind;
            uint32_t slots[2];
            bool two;
        } fold;
    };
};

struct cel_program {
    const struct cel_node *root;
    const struct cel_type *type;
    uint32_t slots;
    size_t variable_count;
    const bool *reads; /* by variable */
};

/* Evaluates a node. Never anything but a value or an error. */
struct cel_value cel_node_eval(const struct cel_node *node, struct cel_run *run);

/* The same, of single kinds of nodes. */
struct cel_value cel_path_eval(const struct cel_node *node, struct cel_run *run);
struct cel_value cel_fold_eval(const struct cel_node *node, struct cel_run *run);
struct cel_value cel_call_eval(const struct cel_node *node, struct cel_run *run);

/* Gives a macro's variables the element, or key and value, at which the iterator stands. */
struct cel_iter;
void cel_fold_set_variables(const struct cel_node *node, struct cel_run *run,
                            const struct cel_iter *iter);

/* The value, of an optional in an optional the inner one. */
struct cel_value cel_flatten(struct cel_value v);

/* Whether a value can be selected by: a string, a bool, a number. */
bool cel_can_select(struct cel_value key);

/* Whether the evaluation may go on: neither cost nor time is over. */
bool cel_goes_on(struct cel_run *run);

#endif
