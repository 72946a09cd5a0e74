#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/time/duration.h"
#include "base/time/timefmt.h"
#include "cli/colour.h"
#include "cli/command.h"
#include "cli/guard/status_row.h"
#include "cli/guard/workload_command.h"
#include "cli/text_table.h"
#include "rollout/limits.h"
#include "rollout/record/record.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

enum { SHORT = 12, COLUMNS = 5 };

static const struct option_row options[] = {
    SESSION_ROW_NAMESPACE, COMMAND_ROWS_FORMAT("text|json"), SESSION_ROW_KUBECONFIG,
    SESSION_ROW_CONTEXT,   SESSION_ROW_OWN_NAMESPACE,        {0, NULL, NULL, NULL},
};

/* --- text ------------------------------------------------------------------------------------- */

static struct view time_cell(int64_t at, struct arena *arena)
{
    char text[TIMEFMT_ROOM];

    return at > 0 ? arena_copy(arena, view_of(timefmt_rfc3339(at, NULL, text))) : VIEW("-");
}

static enum colour colour_of(struct view what)
{
    if (view_eq_str(what, "Failed") || view_eq_str(what, "Degraded") ||
        view_eq_str(what, "Refused"))
        return COLOUR_RED;
    return view_eq_str(what, "Healthy") ? COLOUR_GREEN : COLOUR_NONE;
}

static struct text_table_row line_of(int64_t at, struct view what, struct view images,
                                     struct view hash, struct view message, struct arena *arena)
{
    return (struct text_table_row){.cells = {time_cell(at, arena), status_row_plain(what, arena),
                                             status_row_plain(images, arena),
                                             status_row_plain(view_first(hash, SHORT), arena),
                                             status_row_plain(message, arena)},
                                   .coloured = 1,
                                   .colour = colour_of(what)};
}

/* What led to it and what was done about it. */
static struct view words_of(const struct record_step *step, struct arena *arena)
{
    if (step->message.n == 0 || step->done.n == 0)
        return step->message.n > 0 ? step->message : step->done;
    return arena_printf(arena, "%.*s; %.*s", VIEW_ARGS(step->message), VIEW_ARGS(step->done));
}

static struct view failure_words(const struct record_failure *f, struct arena *arena)
{
    return arena_printf(arena, "%s%.*s%s%.*s", f->quarantined ? "in quarantine: " : "",
                        VIEW_ARGS(f->cause), f->message.n > 0 ? ", " : "", VIEW_ARGS(f->message));
}

static size_t fill_steps(const struct record *r, struct arena *arena, struct text_table_row *rows)
{
    rows[0] = (struct text_table_row){
        .cells = {VIEW("TIME"), VIEW("WHAT"), VIEW("VERSION"), VIEW("TEMPLATE"), VIEW("WORDS")}};
    for (size_t i = 0; i < r->history_count; i++) {
        const struct record_step *step = &r->history[i];

        rows[i + 1] =
            line_of(step->at, step->what, step->images, step->hash, words_of(step, arena), arena);
    }
    return r->history_count + 1;
}

static size_t fill_templates(const struct record *r, struct arena *arena,
                             struct text_table_row *rows)
{
    size_t count = 0;

    for (size_t i = 0; i < r->good_count; i++) {
        const struct record_good *good = &r->goods[i];

        rows[count++] = line_of(good->at, VIEW("Healthy"), good->images, good->hash,
                                VIEW("was healthy"), arena);
    }
    for (size_t i = 0; i < r->failure_count; i++) {
        const struct record_failure *failure = &r->failures[i];

        rows[count++] = line_of(failure->at, VIEW("Failed"), failure->images, failure->hash,
                                failure_words(failure, arena), arena);
    }
    return count;
}

static void print_state(struct workload_command *s)
{
    const struct record *r = &s->record;
    char age[DURATION_ROOM];

    printf("%.*s in namespace %.*s, by the guard %.*s: %s", VIEW_ARGS(s->text),
           VIEW_ARGS(s->session.namespace_),
           VIEW_ARGS(status_row_plain(r->guard, &s->session.arena)), rollout_state_name(r->state));
    if (r->since > 0)
        printf(" for %s", duration_age(clock_wall() - r->since, age));
    putchar('\n');
    if (r->message.n > 0)
        printf("  %.*s\n", VIEW_ARGS(status_row_plain(r->message, &s->session.arena)));
}

static int print_text(struct workload_command *s)
{
    enum { ROWS = 1 + LIMIT_RECORD_HISTORY + LIMIT_RECORD_GOODS + LIMIT_RECORD_FAILURES };
    struct arena *arena = &s->session.arena;
    struct text_table_row rows[ROWS];
    struct buf out;
    int status;

    print_state(s);
    buf_init(&out, (size_t)ROWS * LIMIT_RECORD_TEXT * COLUMNS);
    buf_add_char(&out, '\n');
    text_table_write(rows, fill_steps(&s->record, arena, rows), COLUMNS, colour_is_wanted(), &out);
    buf_add_str(&out, "\nversions on record:\n");
    text_table_write(rows, fill_templates(&s->record, arena, rows), COLUMNS, colour_is_wanted(),
                     &out);
    fwrite(out.p, 1, out.n, stdout);
    status = out.failed ? -1 : 0;
    buf_release(&out);
    return status;
}

/* --- JSON ------------------------------------------------------------------------------------- */

static json_t *steps_json(const struct record *r)
{
    json_t *list = json_array();

    for (size_t i = 0; i < r->history_count; i++) {
        const struct record_step *step = &r->history[i];

        json_array_append_new(
            list, json_pack("{so so so so so so so}", "at", status_row_instant(step->at), "what",
                            status_row_text(step->what), "images", status_row_text(step->images),
                            "templateHash", status_row_text(step->hash), "cause",
                            status_row_text(step->cause), "words", status_row_text(step->message),
                            "done", status_row_text(step->done)));
    }
    return list;
}

static json_t *goods_json(const struct record *r)
{
    json_t *list = json_array();

    for (size_t i = 0; i < r->good_count; i++) {
        const struct record_good *good = &r->goods[i];

        json_array_append_new(list, json_pack("{so so so}", "images", status_row_text(good->images),
                                              "templateHash", status_row_text(good->hash), "at",
                                              status_row_instant(good->at)));
    }
    return list;
}

static json_t *failures_json(const struct record *r)
{
    json_t *list = json_array();

    for (size_t i = 0; i < r->failure_count; i++) {
        const struct record_failure *f = &r->failures[i];

        json_array_append_new(
            list, json_pack("{so so so so so sb}", "images", status_row_text(f->images),
                            "templateHash", status_row_text(f->hash), "at",
                            status_row_instant(f->at), "cause", status_row_text(f->cause), "words",
                            status_row_text(f->message), "quarantined", (int)f->quarantined));
    }
    return list;
}

static int print_json(struct workload_command *s)
{
    json_t *answer = status_row_json(&s->record);
    int status = -1;

    if (json_object_set_new(answer, "history", steps_json(&s->record)) == 0 &&
        json_object_set_new(answer, "healthy", goods_json(&s->record)) == 0 &&
        json_object_set_new(answer, "failed", failures_json(&s->record)) == 0)
        status = json_dumpf(answer, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(answer);
    return status;
}

/* --- the command ------------------------------------------------------------------------------ */

static int print(struct workload_command *s, bool json)
{
    if ((json ? print_json(s) : print_text(s)) == 0)
        return EXIT_OK;
    session_tell(&s->session, "out of memory");
    return EXIT_USAGE;
}

static int run(const struct command *command, int argc, char **argv)
{
    struct workload_command s;
    int status = workload_command_init(&s, command, argc, argv);
    bool json = s.own && strcmp(s.own, "json") == 0;

    if (status < 0 && s.own && !json && strcmp(s.own, "text") != 0)
        status = command_misused(command, "unknown format \"%s\", write text or json", s.own);
    if (status < 0)
        status = workload_command_open(&s);
    if (status < 0)
        status = print(&s, json);
    workload_command_release(&s);
    return status;
}

const struct command command_history = {
    .name = "history",
    .arguments = "KIND/NAME",
    .summary = "show what became of the versions of a guarded workload",
    .example = "history -n shop deployment/api",
    .options = options,
    .run = run,
};
