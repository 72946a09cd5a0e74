#ifndef TG_POLICY_SHAPES_FIELD_WORDS_H
#define TG_POLICY_SHAPES_FIELD_WORDS_H

#include "base/view.h"

/* The word that somebody meant who gave a field of Kubernetes that value: Always for an
 * imagePullPolicy of "always". NULL when it is one of the field's words, none that is near to one,
 * or the field takes any text. field is its name alone. Pure; any thread. */
const char *field_word_meant(struct view field, struct view value);

#endif
