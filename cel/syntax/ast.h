#ifndef TG_CEL_SYNTAX_AST_H
#define TG_CEL_SYNTAX_AST_H

#include "cel/value.h"

struct arena;

/* The tree of an expression, made by the parser, in which the checker fills in types, names and
 * rows. It lives as long as its arena. */
enum cel_ast_kind {
    CEL_AST_WRONG,   /* where a mistake was told */
    CEL_AST_LITERAL, /* value */
    CEL_AST_NAME,    /* name */
    CEL_AST_SELECT,  /* args[0].name, args[0].?name, has(args[0].name) */
    CEL_AST_INDEX,   /* args[0][args[1]], args[0][?args[1]] */
    CEL_AST_CALL,    /* name(args), args[0].name(...), and all other operators, as "_+_" */
    CEL_AST_AND,     /* of any number of args */
    CEL_AST_OR,
    CEL_AST_IF,   /* args[0] ? args[1] : args[2] */
    CEL_AST_LIST, /* args */
    CEL_AST_MAP,  /* args: key, value, key, value, ... */
    CEL_AST_FOLD, /* a macro over args[0]: see cel_fold */
    CEL_AST_LET,  /* optMap: variable is args[0], in args[1], where it is read */
};

/* The macros that are loops over args[0]. */
enum cel_fold {
    CEL_ALL,        /* args[1] of each */
    CEL_EXISTS,     /* args[1] of some */
    CEL_EXISTS_ONE, /* args[1] of one */
    CEL_COLLECT,    /* a list of args[2], where args[1] is, if it is not NULL: map, transformList */
    CEL_FILTER,     /* a list of those where args[1] is */
    CEL_COLLECT_MAP,     /* a map from the first variable to args[2] */
    CEL_COLLECT_ENTRIES, /* a map of the entries of all maps args[2] */
};

struct cel_variable_use {
    struct view name;
    uint32_t slot; /* of the run's slots; by the checker, and the type */
    const struct cel_type *type;
};

struct cel_ast {
    enum cel_ast_kind kind;
    uint32_t at;    /* what a message about it points to */
    uint16_t depth; /* levels below it */
    bool member;    /* CALL: args[0] stands before the name */
    bool test;      /* SELECT: has() */
    bool optional;  /* SELECT, INDEX: "?" */
    bool finished;  /* the checker is through with it */
    enum cel_fold fold;
    uint32_t count; /* of args */
    struct view name;
    struct cel_ast **args;
    const bool *optionals; /* LIST, MAP: args[i] (the value of a map) has a "?"; NULL: none */
    struct cel_value value;
    struct cel_variable_use vars[2]; /* FOLD, LET; the second may have no name */

    /* By the checker. */
    const struct cel_type *type;
    int32_t variable;               /* NAME: its index, or -1 */
    int32_t slot;                   /* NAME: of a macro's variable, or -1 */
    const struct cel_set *overload; /* CALL: the rows that fit (cel/check/overload.h) */

    struct cel_node *node; /* by the compiler */
};

#endif
