#ifndef TG_BASE_YAML_YAML_PROBLEM_H
#define TG_BASE_YAML_YAML_PROBLEM_H

#include <stdbool.h>
#include <yaml.h>

#define YAML_PROBLEM_TEMPLATE                                                                      \
    "this is a template that is not rendered: give what it renders to, as of \"helm template\""

struct diags;
struct yaml_cursor;

/* Adds the problem that made a call of the parser fail: libyaml's own words, the place, where the
 * construct began, and a hint for the usual mistakes. Moves the cursor. */
/* True when the line where the cursor stands holds {{, or any line of the source begins so: then a
 * problem is not a mistake of who wrote it. Pure. */
bool yaml_problem_is_template(const struct yaml_cursor *cursor);

void yaml_problem_add(const yaml_parser_t *parser, struct yaml_cursor *cursor, struct diags *diags);

#endif
