#ifndef TG_TESTS_CONTRACT_ORACLE_ANSWER_ANSWER_H
#define TG_TESTS_CONTRACT_ORACLE_ANSWER_ANSWER_H

#include <jansson.h>

struct arena;

/* One function a kind of question, in the file of its name: takes what a line holds and gives a new
 * value to print. The arena is emptied after each question. */
json_t *answer_amount(const json_t *question, struct arena *arena);
json_t *answer_cel(const json_t *question, struct arena *arena);
json_t *answer_cidr(const json_t *question, struct arena *arena);
json_t *answer_image(const json_t *question, struct arena *arena);
json_t *answer_ip(const json_t *question, struct arena *arena);
json_t *answer_order(const json_t *question, struct arena *arena);
json_t *answer_pod_security(const json_t *question, struct arena *arena);
json_t *answer_quantity(const json_t *question, struct arena *arena);
json_t *answer_ratio(const json_t *question, struct arena *arena);
json_t *answer_regex(const json_t *question, struct arena *arena);
json_t *answer_semver(const json_t *question, struct arena *arena);
json_t *answer_shapes(const json_t *question, struct arena *arena);
json_t *answer_template_hash(const json_t *question, struct arena *arena);
json_t *answer_text_functions(const json_t *question, struct arena *arena);
json_t *answer_url(const json_t *question, struct arena *arena);
json_t *answer_yaml(const json_t *question, struct arena *arena);

/* A JSON string as a view, NUL bytes included. */
struct view answer_text(const json_t *string);

/* Bytes that may be not UTF-8 go to and fro as base64. */
struct view answer_bytes(const json_t *string, struct arena *arena);
json_t *answer_base64(struct view v);

#endif
