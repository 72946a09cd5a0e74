#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/duration.h"
#include "base/limits.h"
#include "base/timefmt.h"
#include "cli/command.h"
#include "cli/ruleset.h"
#include "policy/freezes.h"
#include "policy/set.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

enum { OPTION_RULES = 1, OPTION_AT, OPTION_FORMAT };

static const struct option_row options[] = {
    {OPTION_RULES, "rules", "DIR", "the directory of the rule files"},
    {OPTION_AT, "at", "TIME", "an instant as 2026-11-24T15:46:00+01:00, in place of now"},
    {OPTION_FORMAT, "format", "FORMAT", "text (the default) or json"},
    {0, NULL, NULL, NULL},
};

/* Policies that name no environment. */
static const char nameless[] = "*";

struct question {
    const struct policy_set *set;
    struct arena arena;
    int64_t at;
    json_t *answer; /* the list of environments; NULL: text */
};

/* The zone of the environment, else of the first window; NULL when there is neither. */
static const struct zone *zone_for(const struct environment *environment,
                                   const struct freeze_state *state)
{
    if (environment && environment->zone)
        return environment->zone;
    return state->count > 0 ? state->windows[0].window->zone : NULL;
}

/* --- JSON ------------------------------------------------------------------------------------- */

static json_t *instant(int64_t at, const struct zone *zone)
{
    char text[TIMEFMT_ROOM];

    return at == WINDOW_NEVER ? json_null() : json_string(timefmt_rfc3339(at, zone, text));
}

static json_t *text_of(struct view v)
{
    return json_stringn(v.p ? v.p : "", v.n);
}

static json_t *window_json(const struct freeze_window *w)
{
    const struct zone *zone = w->window->zone;

    return json_pack("{so so ss ss sb so so}", "policy", text_of(w->policy->name), "rule",
                     text_of(w->rule->id), "mode", mode_name(w->rule->mode), "kind",
                     w->window->allow ? "allow" : "deny", "active", (int)w->active, "from",
                     instant(w->span.from, zone), "to", instant(w->span.to, zone));
}

static json_t *state_json(struct view name, const struct environment *environment,
                          const struct freeze_state *state)
{
    json_t *windows = json_array();

    for (size_t i = 0; i < state->count; i++)
        json_array_append_new(windows, window_json(&state->windows[i]));
    return json_pack("{so sb so so}", "name", text_of(name), "frozen", (int)state->frozen,
                     "windows", windows, "next_change",
                     instant(state->next_change, zone_for(environment, state)));
}

/* --- text ------------------------------------------------------------------------------------- */

static void print_head(struct view name, const struct zone *zone, const struct freeze_state *state,
                       int64_t now)
{
    char when[TIMEFMT_ROOM], wait[DURATION_ROOM];

    printf("%.*s: ", VIEW_ARGS(name));
    if (state->count == 0)
        printf("open, there is no freeze\n");
    else if (state->next_change == WINDOW_NEVER)
        printf("%s, and that does not change within ten years\n",
               state->frozen ? "frozen" : "open");
    else
        printf("%s until %s, for %s\n", state->frozen ? "frozen" : "open",
               timefmt_text(state->next_change, now, zone, when),
               duration_text(state->next_change - now, wait));
}

static void print_window(const struct freeze_window *w, int64_t now, int width)
{
    int64_t next = w->active ? w->span.to : w->span.from;
    char when[TIMEFMT_ROOM];
    struct buf text;

    buf_init(&text, LIMIT_MESSAGE);
    window_text(w->window, &text);
    printf("  %-5s  %-*.*s  %.*s: ", w->window->allow ? "allow" : "deny", width,
           VIEW_ARGS(w->rule->id), VIEW_ARGS(buf_view(&text)));
    buf_release(&text);
    if (next == WINDOW_NEVER)
        printf("%s", w->active ? "now, for good" : "over");
    else
        printf("%s %s", w->active ? "now, until" : "next",
               timefmt_text(next, now, w->window->zone, when));
    if (w->rule->mode != MODE_DENY)
        printf(" (mode %s)", mode_name(w->rule->mode));
    putchar('\n');
}

static void print_state(struct view name, const struct zone *zone, const struct freeze_state *state,
                        int64_t now)
{
    int width = 0;

    print_head(name, zone, state, now);
    for (size_t i = 0; i < state->count; i++)
        if ((int)state->windows[i].rule->id.n > width)
            width = (int)state->windows[i].rule->id.n;
    for (size_t i = 0; i < state->count; i++)
        print_window(&state->windows[i], now, width);
}

/* --- the question ----------------------------------------------------------------------------- */

static int ask(struct question *q, const struct environment *environment)
{
    struct view name = environment ? environment->name : view_of(nameless);
    struct freeze_state state;

    if (freezes_at(q->set, environment, q->at, &q->arena, &state) < 0)
        return -1;
    if (!environment && state.count == 0)
        return 0;
    if (!q->answer) {
        print_state(name, zone_for(environment, &state), &state, q->at);
        return 0;
    }
    return json_array_append_new(q->answer, state_json(name, environment, &state));
}

static int ask_all(struct question *q)
{
    for (size_t i = 0; i < q->set->environment_count; i++)
        if (ask(q, &q->set->environments[i]) < 0)
            return -1;
    return ask(q, NULL);
}

static int print_answer(json_t *environments)
{
    json_t *answer = json_pack("{sO}", "environments", environments);
    int result = answer ? json_dumpf(answer, stdout, JSON_INDENT(2)) : -1;

    putchar('\n');
    json_decref(answer);
    return result;
}

static int answer(const char *directory, int64_t at, bool json)
{
    struct policy_set *set = ruleset_load(directory);
    struct question q = {.set = set, .at = at};
    int result;

    if (!set)
        return EXIT_UNASKED;
    arena_init(&q.arena, LIMIT_ARENA);
    if (json)
        q.answer = json_array();
    result = json && !q.answer ? -1 : ask_all(&q);
    if (result == 0 && json)
        result = print_answer(q.answer);
    json_decref(q.answer);
    arena_release(&q.arena);
    policy_set_release(set);
    if (result == 0)
        return EXIT_YES;
    fprintf(stderr, "tidegate windows: out of memory\n");
    return EXIT_UNASKED;
}

static int run(const struct command *command, int argc, char **argv)
{
    const char *value, *rules = NULL, *format = "text";
    int64_t at = clock_wall();
    int option, rest;

    while ((option = command_option(command, argc, argv, &value, &rest)) > 0)
        if (option == OPTION_RULES)
            rules = value;
        else if (option == OPTION_FORMAT)
            format = value;
        else if (timefmt_parse(view_of(value), &at) < 0)
            return command_misused(
                command, "\"%s\" is no time, write one like 2026-11-24T15:46:00+01:00", value);
    if (option != OPTION_END)
        return option == OPTION_HELP ? EXIT_YES : EXIT_UNASKED;
    if (rest < argc)
        return command_misused(command, "unexpected argument \"%s\"", argv[rest]);
    if (!rules)
        return command_misused(command, "\"--rules DIR\" is missing");
    if (strcmp(format, "text") != 0 && strcmp(format, "json") != 0)
        return command_misused(command, "unknown format \"%s\", write text or json", format);
    return answer(rules, at, strcmp(format, "json") == 0);
}

const struct command command_windows = {
    .name = "windows",
    .arguments = "",
    .summary = "tell what is frozen and when that changes",
    .options = options,
    .run = run,
};
