#ifndef TG_CLI_GUARD_STATUS_TABLE_H
#define TG_CLI_GUARD_STATUS_TABLE_H

#include "base/arena.h"
#include "cli/guard/status_row.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* The whole answer of `tidegate status`, as it is put together from records. */
struct status_table {
    struct status_filter filter;
    bool json;
    struct arena arena;
    struct status_table_line {
        struct status_row row; /* the first, as status_row_compare() has it */
        json_t *json;          /* NULL: text is wanted */
    } * lines;
    size_t count, room;
    bool failed; /* memory was out, and some are missing */
};

void status_table_init(struct status_table *t, const struct status_filter *filter, bool json);
void status_table_release(struct status_table *t);

/* Adds a workload that the filter takes; ctx is the table. */
void status_table_add(void *ctx, struct record *record);

void status_table_sort(struct status_table *t);

/* Prints it to standard output, sorted, as of that instant. Returns 0, or -1 when memory runs out.
 */
int status_table_print(struct status_table *t, int64_t now, bool colours);

/* True while all of them are fine. */
bool status_table_is_fine(const struct status_table *t);

#endif
