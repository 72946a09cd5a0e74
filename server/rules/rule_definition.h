#ifndef TG_SERVER_RULES_RULE_DEFINITION_H
#define TG_SERVER_RULES_RULE_DEFINITION_H

#include "base/view.h"

struct arena;
struct client;
struct document_kind;

enum { RULE_KINDS = 3 }; /* of policy_set_kinds */

enum rule_definition {
    RULE_DEFINITION_THERE,
    RULE_DEFINITION_GONE,    /* or about to go, with all objects of the kind */
    RULE_DEFINITION_UNKNOWN, /* it could not be asked for */
};

/* Asks for the CustomResourceDefinition of a kind of rules, and for its uid, which lives as long as
 * the arena. Needs the verb get of it. One thread a client. */
enum rule_definition rule_definition_ask(struct client *client, const struct document_kind *kind,
                                         struct arena *arena, struct view *uid);

/* The number of the kind of an object, "policy/shop", in policy_set_kinds; -1: it is of none. */
int rule_definition_kind(struct view object);

#endif
