#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/time/duration.h"
#include "base/time/timefmt.h"
#include "cli/command.h"
#include "cli/ruleset.h"
#include "policy/freezes/freezes.h"
#include "policy/limits.h"
#include "policy/object/request.h"
#include "policy/object/workload.h"
#include "policy/schema/selector.h"
#include "policy/set.h"
#include "policy/shapes/shapes.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

enum { OPTION_RULES = 1, OPTION_SCHEMAS, OPTION_AT };

static const struct option_row options[] = {
    RULESET_ROW_RULES(OPTION_RULES),
    RULESET_ROW_SCHEMAS(OPTION_SCHEMAS),
    {OPTION_AT, "at", "TIME", "an instant as 2026-11-24T15:46:00+01:00, in place of now"},
    COMMAND_ROWS_FORMAT("text|json"),
    {0, NULL, NULL, NULL},
};

struct question {
    const struct policy_set *set;
    struct arena arena;
    int64_t at;
    json_t *answer; /* the list of environments; NULL: text */
};

/* The zone of the environment, else of the first window; NULL when there is neither. */
static const struct zone *zone_for(const struct freeze_place *place)
{
    if (place->environment && place->environment->zone)
        return place->environment->zone;
    return place->count > 0 ? place->windows[0].window->zone : NULL;
}

static void add_name(const struct freeze_place *place, struct buf *out)
{
    for (size_t i = 0; i < place->namespace_count && !place->environment; i++)
        buf_printf(out, "%s%.*s", i ? ", " : "", VIEW_ARGS(place->namespaces[i]));
    for (size_t i = 0; i < place->also_count && !place->environment; i++)
        buf_printf(out, " and %.*s", VIEW_ARGS(place->also[i]));
    if (place->environment)
        buf_add(out, place->environment->name);
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

static json_t *list_of(const struct view *list, size_t count)
{
    json_t *array = json_array();

    for (size_t i = 0; i < count; i++)
        json_array_append_new(array, text_of(list[i]));
    return array;
}

static void set_list(json_t *map, const char *key, const struct view *list, size_t count)
{
    if (count > 0)
        json_object_set_new(map, key, list_of(list, count));
}

static void set_labels(json_t *map, const char *key, const struct selector *labels)
{
    struct buf text;

    if (!labels)
        return;
    buf_init(&text, LIMIT_MESSAGE);
    selector_text(labels, &text);
    json_object_set_new(map, key, text_of(buf_view(&text)));
    buf_release(&text);
}

static json_t *match_json(const struct match *m)
{
    json_t *map = json_object();

    set_list(map, "names", m->names, m->name_count);
    set_list(map, "users", m->users, m->user_count);
    set_list(map, "groups", m->groups, m->group_count);
    set_list(map, "serviceAccounts", m->service_accounts, m->service_account_count);
    set_labels(map, "labels", m->labels);
    return map;
}

static json_t *exempt_json(const struct question *q, const struct freeze_place *place,
                           const struct rule *rule)
{
    json_t *list = json_array();

    for (size_t i = 0; i < rule->exemption_count; i++)
        if (freeze_exempts(place, &rule->exemptions[i], q->at))
            json_array_append_new(list, match_json(&rule->exemptions[i].match));
    return list;
}

static json_t *window_json(const struct question *q, const struct freeze_place *place,
                           const struct freeze_window *w)
{
    const struct zone *zone = w->window->zone;
    json_t *exempt = exempt_json(q, place, w->rule);
    json_t *map = json_pack("{so so ss ss sb so so}", "policy", text_of(w->policy->name), "rule",
                            text_of(w->rule->id), "mode", mode_name(w->rule->mode), "kind",
                            w->window->allow ? "allow" : "deny", "active", (int)w->active, "from",
                            instant(w->span.from, zone), "to", instant(w->span.to, zone));

    if (json_array_size(exempt) > 0)
        json_object_set(map, "exempt", exempt);
    json_decref(exempt);
    return map;
}

static json_t *kinds_json(unsigned kinds)
{
    json_t *list = json_array();

    for (size_t n = 0; workload_kind_at(n); n++)
        if (kinds >> n & 1)
            json_array_append_new(list, json_string(workload_kind_at(n)->kind));
    return list;
}

static json_t *only_json(const struct freeze_place *place)
{
    json_t *list = json_array();

    for (size_t i = 0; i < 2; i++)
        if (place->only[i])
            json_array_append_new(list, match_json(place->only[i]));
    return list;
}

/* Keys that only some places have come after those that every place has. */
static void set_scope(json_t *map, const struct freeze_place *place)
{
    json_object_set_new(map, "namespaces", list_of(place->namespaces, place->namespace_count));
    set_list(map, "also", place->also, place->also_count);
    set_list(map, "except", place->except, place->except_count);
    if (place->environment)
        set_labels(map, "environmentLabels", place->environment->labels);
    set_labels(map, "namespaceLabels", place->labels);
    if (!place->all_kinds)
        json_object_set_new(map, "kinds", kinds_json(place->kinds));
    if (place->operations != (CREATE | UPDATE))
        json_object_set_new(map, "operations",
                            json_pack("[s]", operation_name((enum operation)place->operations)));
    if (place->only[0] || place->only[1])
        json_object_set_new(map, "only", only_json(place));
}

static json_t *place_json(const struct question *q, const struct freeze_place *place)
{
    json_t *windows = json_array(), *map;
    struct buf name;

    buf_init(&name, LIMIT_MESSAGE);
    add_name(place, &name);
    for (size_t i = 0; i < place->count; i++)
        json_array_append_new(windows, window_json(q, place, &place->windows[i]));
    map =
        json_pack("{so sb so so}", "name", text_of(buf_view(&name)), "frozen", (int)place->frozen,
                  "windows", windows, "next_change", instant(place->next_change, zone_for(place)));
    set_scope(map, place);
    buf_release(&name);
    return map;
}

/* --- text ------------------------------------------------------------------------------------- */

/* "production", "production, namespaces shop, StatefulSet", "shop", "* but not shop". */
static void print_place(const struct freeze_place *place)
{
    struct buf text, part;

    buf_init(&text, LIMIT_MESSAGE);
    buf_init(&part, LIMIT_MESSAGE);
    if (place->environment)
        buf_add(&text, place->environment->name);
    freeze_place_namespaces(place, &part);
    if (part.n > 0)
        buf_printf(&text, "%s%s", place->environment ? ", namespaces " : "", part.p);
    buf_reset(&part);
    freeze_place_only(place, &part);
    if (part.n > 0)
        buf_printf(&text, ", %s", part.p);
    printf("%.*s: ", VIEW_ARGS(buf_view(&text)));
    buf_release(&part);
    buf_release(&text);
}

static void print_head(const struct freeze_place *place, int64_t now)
{
    char when[TIMEFMT_ROOM], wait[DURATION_ROOM];

    print_place(place);
    if (place->count == 0)
        printf("open, there is no freeze\n");
    else if (place->next_change == WINDOW_NEVER)
        printf("%s, and that does not change within ten years\n",
               place->frozen ? "frozen" : "open");
    else
        printf("%s until %s, for %s\n", place->frozen ? "frozen" : "open",
               timefmt_text(place->next_change, now, zone_for(place), when),
               duration_text(place->next_change - now, wait));
}

static void print_exemptions(const struct freeze_place *place, const struct rule *rule, int64_t now)
{
    const char *before = " (but for ";
    struct buf text;

    for (size_t i = 0; i < rule->exemption_count; i++) {
        if (!freeze_exempts(place, &rule->exemptions[i], now))
            continue;
        buf_init(&text, LIMIT_MESSAGE);
        freeze_match_text(&rule->exemptions[i].match, &text);
        printf("%s%.*s", before, VIEW_ARGS(buf_view(&text)));
        buf_release(&text);
        before = "; ";
    }
    if (*before == ';')
        putchar(')');
}

static void print_window(const struct freeze_place *place, const struct freeze_window *w,
                         int64_t now, int width)
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
    print_exemptions(place, w->rule, now);
    putchar('\n');
}

static void print_state(const struct freeze_place *place, int64_t now)
{
    int width = 0;

    print_head(place, now);
    for (size_t i = 0; i < place->count; i++)
        if ((int)place->windows[i].rule->id.n > width)
            width = (int)place->windows[i].rule->id.n;
    for (size_t i = 0; i < place->count; i++)
        print_window(place, &place->windows[i], now, width);
}

/* --- the question ----------------------------------------------------------------------------- */

static int ask_all(struct question *q)
{
    struct freeze_place *place;

    if (freezes_at(q->set, q->at, &q->arena, &place) < 0)
        return -1;
    for (; place; place = place->next)
        if (!q->answer)
            print_state(place, q->at);
        else if (json_array_append_new(q->answer, place_json(q, place)) < 0)
            return -1;
    return 0;
}

static int print_answer(json_t *environments)
{
    json_t *answer = json_pack("{sO}", "environments", environments);
    int result = answer ? json_dumpf(answer, stdout, JSON_INDENT(2)) : -1;

    putchar('\n');
    json_decref(answer);
    return result;
}

static int answer(const struct ruleset_paths *paths, const char *schemas, int64_t at, bool json)
{
    struct shapes *shapes = ruleset_shapes(schemas);
    struct policy_set *set = shapes ? ruleset_load(paths, shapes, at) : NULL;
    struct question q = {.set = set, .at = at};
    int result;

    shapes_free(shapes);
    if (!set)
        return EXIT_USAGE;
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
        return EXIT_OK;
    fprintf(stderr, "tidegate windows: out of memory\n");
    return EXIT_USAGE;
}

static int run(const struct command *command, int argc, char **argv)
{
    struct ruleset_paths paths = {.count = 0};
    const char *value, *schemas = NULL, *format = "text";
    int64_t at = clock_wall();
    int option, rest;

    while ((option = command_option(command, argc, argv, &value, &rest)) > 0)
        if (option == OPTION_RULES && ruleset_add(&paths, command, value) != 0)
            return EXIT_USAGE;
        else if (option == OPTION_SCHEMAS)
            schemas = value;
        else if (option == COMMAND_FORMAT)
            format = value;
        else if (option == OPTION_AT && timefmt_parse(view_of(value), &at) < 0)
            return command_misused(
                command, "\"%s\" is not a time, write one like 2026-11-24T15:46:00+01:00", value);
    if (option != OPTION_END)
        return option == OPTION_HELP ? EXIT_OK : EXIT_USAGE;
    if (rest < argc)
        return command_misused(command, "unexpected argument \"%s\"", argv[rest]);
    if (paths.count == 0)
        return command_misused(command, "\"--rules PATH\" is missing");
    if (strcmp(format, "text") != 0 && strcmp(format, "json") != 0)
        return command_misused(command, "unknown format \"%s\", write text or json", format);
    return answer(&paths, schemas, at, strcmp(format, "json") == 0);
}

const struct command command_windows = {
    .name = "windows",
    .arguments = "",
    .summary = "show what is frozen and when that changes",
    .example = "windows --rules rules/health-data",
    .options = options,
    .run = run,
};
