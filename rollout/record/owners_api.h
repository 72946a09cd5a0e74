#ifndef TG_ROLLOUT_RECORD_OWNERS_API_H
#define TG_ROLLOUT_RECORD_OWNERS_API_H

#include "base/view.h"
#include "rollout/record/outcome.h"

#include <stdint.h>

struct arena;
struct client;
struct record;

/* Who owned the fields of a healthy version (rollout/act/field_owners.h): what only a rollback
 * needs. It is an object of its own beside the record, a ConfigMap of the slot's name, written once
 * a healthy version, read when a rollback is carried out, and never watched. The text is
 * compressed. `message` of what was refused is one line in the arena. One thread a client. */

/* Writes the text into the slot, over what is there. OUTCOME_REFUSED too when it is larger than
 * LIMIT_OWNERS compressed. `owner` as record_api_save has it. */
enum outcome owners_api_save(struct client *c, struct view namespace_, struct view owner,
                             const struct record *record, int64_t slot, struct view text,
                             struct arena *arena, struct view *message);

/* Reads it; the text is absent when there is none in the slot, or nothing that can be read. */
enum outcome owners_api_load(struct client *c, struct view namespace_, const struct record *record,
                             int64_t slot, struct arena *arena, struct view *text,
                             struct view *message);

/* Empties all slots of the workload that a record is of; what cannot be deleted now stays. */
void owners_api_delete(struct client *c, struct view namespace_, const struct record *record,
                       struct arena *arena);

#endif
