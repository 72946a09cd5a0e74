#include "cli/guard/status_watch.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/json/json.h"
#include "base/sys/worker.h"
#include "base/time/timefmt.h"
#include "cli/colour.h"
#include "cli/guard/record_client.h"
#include "cli/guard/status_table.h"
#include "cli/session.h"
#include "kube/cache.h"
#include "kube/watch.h"
#include "policy/limits.h"
#include "rollout/limits.h"
#include "rollout/record/record_cache.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Memory of the two rows that are compared. */
#define ROWS_MEMORY ((size_t)4 * LIMIT_RECORD)

/* The records, followed. */
struct following {
    struct status_filter filter;
    bool json, drawn; /* drawn: on a terminal, all of it at once */
    struct cache *records;
    struct watch_handler handler; /* that of the records, */
    void *ctx;                    /* and its ctx */
    struct worker worker;         /* woken when something has changed; it has no thread */
    bool whole, event; /* guarded by its lock: a list was whole; something changed since. The
                          watch's thread alone changes `whole`. */
};

/* --- a line for each change ------------------------------------------------------------------- */

static void print_line(const struct status_row *row)
{
    char since[TIMEFMT_ROOM];

    printf("%s  %.*s  %.*s  %.*s  %s%s%.*s\n",
           row->since > 0 ? timefmt_rfc3339(row->since, NULL, since) : "-",
           VIEW_ARGS(row->namespace_), VIEW_ARGS(row->workload), VIEW_ARGS(row->images),
           rollout_state_name(row->state), row->reason.n > 0 ? ": " : "", VIEW_ARGS(row->reason));
}

static void print_json(const json_t *json)
{
    if (json)
        json_dumpf(json, stdout, JSON_COMPACT);
    putchar('\n');
}

/* A record as it is kept, when it is there and can be read. */
static bool read_kept(struct following *f, struct view name, struct arena *arena,
                      struct record *record)
{
    struct record_cache_entry entry;
    const char *problem;

    return record_cache_find(f->records, name, clock_monotonic_ns(), arena, &entry) > 0 &&
           record_read(entry.text, record, &problem) == 0;
}

/* Prints what the new record says and the old one, which may be NULL, did not. */
static void compare(const struct following *f, struct record *old, struct record *new,
                    struct arena *arena)
{
    struct status_row was, is;
    json_t *json;

    if (!status_row_is_wanted(new, &f->filter) || status_row_of(new, arena, &is) < 0)
        return;
    if (old && status_row_of(old, arena, &was) == 0 && status_row_equal(&was, &is))
        return;
    json = f->json ? status_row_json(new) : NULL;
    if (f->json)
        print_json(json);
    else
        print_line(&is);
    json_decref(json);
    fflush(stdout);
}

static void put_and_print(struct following *f, yyjson_val *object)
{
    struct view name = json_text(yyjson_obj_get(object, "metadata"), "name");
    struct record old, new;
    struct arena arena;
    bool had;

    arena_init(&arena, ROWS_MEMORY);
    record_init(&old);
    record_init(&new);
    had = read_kept(f, name, &arena, &old);
    f->handler.upsert(f->ctx, object);
    if (read_kept(f, name, &arena, &new))
        compare(f, had ? &old : NULL, &new, &arena);
    record_release(&old);
    record_release(&new);
    arena_release(&arena);
}

/* --- all of them ------------------------------------------------------------------------------ */

static void add_entry(void *ctx, const struct record_cache_entry *entry)
{
    struct record record;
    const char *problem;

    record_init(&record);
    if (record_read(entry->text, &record, &problem) == 0)
        status_table_add(ctx, &record);
    record_release(&record);
}

/* Takes what is kept now; to be released. */
static void gather(const struct following *f, struct status_table *table)
{
    status_table_init(table, &f->filter, f->json);
    record_cache_each(f->records, add_entry, table);
    status_table_sort(table);
}

static void draw(const struct following *f)
{
    struct status_table table;

    gather(f, &table);
    fputs("\033[H\033[J", stdout); /* ECMA-48: to the first line, and nothing from there on */
    status_table_print(&table, clock_wall(), colour_is_wanted());
    fflush(stdout);
    status_table_release(&table);
}

static void print_all(const struct following *f)
{
    struct status_table table;

    gather(f, &table);
    for (size_t i = 0; i < table.count; i++)
        if (f->json)
            print_json(table.lines[i].json);
        else
            print_line(&table.lines[i].row);
    fflush(stdout);
    status_table_release(&table);
}

/* --- what the watch tells --------------------------------------------------------------------- */

static void tell_news(struct following *f, bool whole)
{
    worker_lock(&f->worker);
    f->event = true;
    f->whole = f->whole || whole;
    worker_wake(&f->worker);
    worker_unlock(&f->worker);
}

static void begin(void *ctx)
{
    struct following *f = ctx;

    f->handler.list_begin(f->ctx);
}

static int put(void *ctx, yyjson_val *object)
{
    struct following *f = ctx;
    int status = 0;

    if (f->drawn || !f->whole)
        status = f->handler.upsert(f->ctx, object);
    else
        put_and_print(f, object);
    tell_news(f, false);
    return status;
}

static void skip(void *ctx, yyjson_val *object)
{
    struct following *f = ctx;

    f->handler.skip(f->ctx, object);
    tell_news(f, false);
}

static void drop(void *ctx, yyjson_val *object)
{
    struct following *f = ctx;

    f->handler.remove(f->ctx, object);
    tell_news(f, false);
}

static void end(void *ctx)
{
    struct following *f = ctx;

    f->handler.list_end(f->ctx);
    if (!f->drawn && !f->whole)
        print_all(f);
    tell_news(f, true);
}

static void alive(void *ctx)
{
    struct following *f = ctx;

    f->handler.heartbeat(f->ctx);
}

/* --- the wait --------------------------------------------------------------------------------- */

/* Waits for news, or for a second, in which the ages on a terminal change. Returns whether there is
 * something to draw. */
static bool await_news(struct following *f)
{
    int64_t until = clock_monotonic_ns() + INT64_C(1000000000);
    bool whole;

    worker_lock(&f->worker);
    while (!f->event && worker_wait(&f->worker, until))
        ;
    f->event = false;
    whole = f->whole;
    worker_unlock(&f->worker);
    return whole;
}

/* Tells once when the watch fails, and how. */
static void tell_trouble(const struct session *s, struct watch *watch, char *told, size_t room)
{
    struct buf why;

    buf_init(&why, LIMIT_MESSAGE);
    if (watch_is_following(watch, &why))
        told[0] = '\0';
    else if (!view_eq_str(buf_view(&why), told)) {
        snprintf(told, room, "%.*s", VIEW_ARGS(buf_view(&why)));
        session_tell(s, "this may be old: %s", told);
    }
    buf_release(&why);
}

static void follow(const struct session *s, struct following *f, struct watch *watch)
{
    char told[1024] = "the first list is underway";

    while (!ferror(stdout)) {
        if (await_news(f) && f->drawn)
            draw(f);
        tell_trouble(s, watch, told, sizeof(told));
    }
}

static void take_nothing(void *ctx, struct record *record)
{
    (void)ctx;
    (void)record;
}

/* A first list tells in a person's words when there is no way in. */
static int knock(struct session *s)
{
    return record_client_each(s, take_nothing, NULL) < 0 ? -1 : 0;
}

int status_watch(struct session *s, const struct status_filter *filter, bool json)
{
    struct following f = {.filter = *filter,
                          .json = json,
                          .drawn = !json && isatty(STDOUT_FILENO),
                          .records = record_cache_create(LIMIT_RECORDS_MEMORY),
                          .handler = cache_handler()};
    struct watch_options watch = {.path = record_client_path(s).p,
                                  .group = "",
                                  .resource = "configmaps",
                                  .selector = RECORD_CACHE_SELECTOR,
                                  .whole = true,
                                  .handler = {begin, put, skip, drop, end, alive},
                                  .ctx = &f};
    struct watch *started = NULL;
    int status = knock(s);

    worker_init(&f.worker);
    f.ctx = f.records ? cache_handler_ctx(f.records, 0) : NULL;
    if (status == 0 && f.records && watch.path)
        started = watch_start(&s->kube, &watch);
    if (started) {
        follow(s, &f, started);
    } else if (status == 0) {
        session_tell(s, "out of memory or threads");
        status = -1;
    }
    watch_stop(started);
    worker_release(&f.worker);
    cache_free(f.records);
    return status;
}
