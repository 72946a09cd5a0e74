#ifndef TG_BASE_YAML_PROBLEM_H
#define TG_BASE_YAML_PROBLEM_H

#include <yaml.h>

struct diags;
struct yaml_cursor;

/* Adds the problem that made a call of the parser fail: libyaml's own words, the place, where the
 * construct began, and a hint for the usual mistakes. Moves the cursor. */
void yaml_problem_add(const yaml_parser_t *parser, struct yaml_cursor *cursor, struct diags *diags);

#endif
