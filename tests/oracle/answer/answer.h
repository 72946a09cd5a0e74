#ifndef TG_TESTS_ORACLE_ANSWER_ANSWER_H
#define TG_TESTS_ORACLE_ANSWER_ANSWER_H

#include <jansson.h>

struct arena;

/* One function a kind of question, in the file of its name: takes what a line holds and gives a new
 * value to print. The arena is emptied after each question. */
json_t *answer_cel(const json_t *question, struct arena *arena);
json_t *answer_image(const json_t *question, struct arena *arena);
json_t *answer_order(const json_t *question, struct arena *arena);
json_t *answer_pod_security(const json_t *question, struct arena *arena);
json_t *answer_quantity(const json_t *question, struct arena *arena);
json_t *answer_ratio(const json_t *question, struct arena *arena);
json_t *answer_regex(const json_t *question, struct arena *arena);
json_t *answer_shapes(const json_t *question, struct arena *arena);
json_t *answer_template_hash(const json_t *question, struct arena *arena);
json_t *answer_yaml(const json_t *question, struct arena *arena);

/* A JSON string as a view, NUL bytes included. */
struct view answer_text(const json_t *string);

#endif
