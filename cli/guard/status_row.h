#ifndef TG_CLI_GUARD_STATUS_ROW_H
#define TG_CLI_GUARD_STATUS_ROW_H

#include "base/view.h"
#include "cli/colour.h"
#include "rollout/record/record.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct arena;
struct text_table_row;

enum { STATUS_COLUMNS = 7 };

/* What `tidegate status` says of one workload: texts of one line without control characters, which
 * live in an arena. */
struct status_row {
    struct view namespace_, workload, images, healthy, quarantine, reason;
    struct view hash; /* of the template */
    enum rollout_state state;
    int64_t since;
};

/* Which workloads are asked for; what is absent is any. */
struct status_filter {
    struct view namespace_, kind, name;
};

bool status_row_is_wanted(const struct record *record, const struct status_filter *filter);

/* Returns 0, or -1 when memory runs out. */
int status_row_of(struct record *record, struct arena *arena, struct status_row *out);

/* By namespace, then workload; for qsort. */
int status_row_compare(const void *a, const void *b);

/* Whether they say the same. */
bool status_row_equal(const struct status_row *a, const struct status_row *b);

/* The heads of the columns, and the row as a line of the table; texts may be in the arena. */
void status_row_head(struct text_table_row *out);
void status_row_line(const struct status_row *row, int64_t now, struct arena *arena,
                     struct text_table_row *out);

/* False while people should look at it: it failed, is sick, or goes back. */
bool status_row_is_fine(const struct status_row *row);

enum colour status_row_colour(const struct status_row *row);

/* The same and more for machines; NULL when memory runs out. */
json_t *status_row_json(struct record *record);

/* The first line of a text, without control characters, and a JSON string of a text; as above. */
struct view status_row_plain(struct view text, struct arena *arena);
json_t *status_row_text(struct view text);

/* An instant in JSON; null for 0. */
json_t *status_row_instant(int64_t at);

#endif
