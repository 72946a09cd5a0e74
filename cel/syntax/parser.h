#ifndef TG_CEL_SYNTAX_PARSER_H
#define TG_CEL_SYNTAX_PARSER_H

#include "cel/issue.h"
#include "cel/syntax/ast.h"
#include "cel/syntax/token.h"

enum { CEL_SPARE_ARGS = 4 };

/* What the files of the parser share. */
struct parser {
    struct view text;
    struct arena *arena;
    struct cel_issues *issues;
    struct cel_token token; /* that comes next */
    unsigned minor;
    unsigned depth;       /* levels that are open */
    bool stopped;         /* nothing more can be told: the syntax is wrong, or memory is out */
    struct cel_ast spare; /* what stands for a node when memory is out; nobody reads it */
    struct cel_ast *spare_args[CEL_SPARE_ARGS];
};

/* A node with room for count args. Never NULL: when there is no memory, the parser is stopped, and
 * the node has room for CEL_SPARE_ARGS. */
struct cel_ast *parser_node(struct parser *p, enum cel_ast_kind kind, uint32_t at, uint32_t count);

/* Takes the depth of the args, once they are there. Returns the node. */
struct cel_ast *parser_close(struct parser *p, struct cel_ast *node);

/* A call whose name and arguments are given, as a macro or a call. `target` may be NULL. */
struct cel_ast *parser_call(struct parser *p, uint32_t at, struct view name, struct cel_ast *target,
                            struct cel_ast **args, uint32_t count);

#endif
