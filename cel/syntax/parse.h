#ifndef TG_CEL_SYNTAX_PARSE_H
#define TG_CEL_SYNTAX_PARSE_H

#include "base/view.h"

struct arena;
struct cel_ast;
struct cel_issues;

/* The tree of an expression, macros told apart from functions. NULL, or a tree with CEL_AST_WRONG
 * in it, after at least one issue; the first mistake in the syntax is the last that is told. At
 * most LIMIT_CEL_TEXT characters, LIMIT_CEL_DEPTH levels. The text has to live as long as the tree.
 * Time grows with the length of the text. `minor` is the 1.x of Kubernetes whose macros are known.
 */
struct cel_ast *cel_parse(struct view text, unsigned minor, struct arena *arena,
                          struct cel_issues *issues);

#endif
