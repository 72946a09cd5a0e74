#include "cli/guard/status_table.h"

#include "base/buf.h"
#include "cli/text_table.h"
#include "rollout/limits.h"

#include <stdio.h>
#include <stdlib.h>

void status_table_init(struct status_table *t, const struct status_filter *filter, bool json)
{
    *t = (struct status_table){.filter = *filter, .json = json};
    arena_init(&t->arena, LIMIT_RECORDS_MEMORY);
}

void status_table_release(struct status_table *t)
{
    for (size_t i = 0; i < t->count; i++)
        json_decref(t->lines[i].json);
    arena_release(&t->arena);
}

static int make_room(struct status_table *t)
{
    size_t room = t->room > 0 ? 2 * t->room : 64, size = sizeof(*t->lines);
    struct status_table_line *lines;

    if (t->count < t->room)
        return 0;
    lines = arena_grow(&t->arena, t->lines, t->room * size, room * size);
    if (!lines)
        return -1;
    t->lines = lines;
    t->room = room;
    return 0;
}

void status_table_add(void *ctx, struct record *record)
{
    struct status_table *t = ctx;
    struct status_table_line line = {.json = NULL};

    if (!status_row_is_wanted(record, &t->filter))
        return;
    if (make_room(t) < 0 || status_row_of(record, &t->arena, &line.row) < 0 ||
        (t->json && !(line.json = status_row_json(record))))
        t->failed = true;
    else
        t->lines[t->count++] = line;
}

static int print_json(const struct status_table *t)
{
    json_t *list = json_array(), *answer = json_pack("{so}", "workloads", list);
    int status = answer ? 0 : -1;

    for (size_t i = 0; status == 0 && i < t->count; i++)
        status = json_array_append(list, t->lines[i].json);
    if (status == 0)
        status = json_dumpf(answer, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(answer);
    return status;
}

static int print_text(struct status_table *t, int64_t now, bool colours)
{
    struct text_table_row *rows = arena_array(&t->arena, t->count + 1, sizeof(*rows));
    struct buf out;
    int status;

    if (!rows)
        return -1;
    status_row_head(&rows[0]);
    for (size_t i = 0; i < t->count; i++)
        status_row_line(&t->lines[i].row, now, &t->arena, &rows[i + 1]);
    buf_init(&out, LIMIT_RECORDS_MEMORY);
    text_table_write(rows, t->count + 1, STATUS_COLUMNS, colours, &out);
    fwrite(out.p, 1, out.n, stdout);
    status = out.failed ? -1 : 0;
    buf_release(&out);
    return status;
}

void status_table_sort(struct status_table *t)
{
    if (t->count > 0)
        qsort(t->lines, t->count, sizeof(*t->lines), status_row_compare);
}

int status_table_print(struct status_table *t, int64_t now, bool colours)
{
    if (t->failed)
        return -1;
    status_table_sort(t);
    return t->json ? print_json(t) : print_text(t, now, colours);
}

bool status_table_is_fine(const struct status_table *t)
{
    for (size_t i = 0; i < t->count; i++)
        if (!status_row_is_fine(&t->lines[i].row))
            return false;
    return true;
}
