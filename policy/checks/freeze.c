/* freeze: deploys wait for a window of time. A restart may pass, and so may a person whom the rule
 * names and who gives a reason (design: "break glass"). */
#include "policy/checks/freeze.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/parse_error.h"
#include "base/text/letters.h"
#include "base/time/duration.h"
#include "base/time/timefmt.h"
#include "base/time/zone.h"
#include "policy/guard/guard_status.h"
#include "policy/limits.h"
#include "policy/rule/check.h"
#include "policy/rule/match.h"
#include "policy/rule/subjects.h"
#include "policy/window/window_set.h"

#define BREAK_GLASS "tidegate.dev/break-glass"

/* The same windows mean other instants in an environment with another time zone. */
struct freeze_place {
    const struct environment *environment; /* NULL: anywhere */
    struct window_set windows;
};

struct freeze {
    struct freeze_place *places; /* at least one */
    size_t place_count;
    bool restarts;
    bool has_override;
    struct subjects override;
};

static const char *const restart_values[] = {"deny", "allow", NULL};

static const struct schema_field args[] = {
    {"deny", SCHEMA_OBJECT, .list = true, .fields = window_fields,
     .doc = "windows in which deploys are denied"},
    {"allow", SCHEMA_OBJECT, .list = true, .fields = window_fields,
     .doc = "windows in which deploys are allowed; all other time is then closed"},
    {"timeZone", SCHEMA_STRING, .hint = "write a name like Europe/Paris",
     .doc = "IANA name; that of the environment when left out"},
    {"restarts", SCHEMA_STRING, .values = restart_values,
     .doc = "what becomes of `kubectl rollout restart`; deny when left out"},
    {"override", SCHEMA_OBJECT, .fields = subjects_fields,
     .doc = "who may deploy nevertheless, with a reason in the annotation " BREAK_GLASS},
    {0},
};

/* --- compiling -------------------------------------------------------------------------------- */

static int read_windows(const struct node *list, bool allow, const struct zone *zone,
                        struct compile *c, struct window_set *set, struct window *windows)
{
    int result = 0;

    for (size_t i = 0; list && i < list->count; i++) {
        struct window *w = &windows[set->count++];

        if (window_compile(list->items[i], c->zones, zone, c->diags, w) < 0)
            result = -1;
        w->allow = allow;
    }
    return result;
}

static int read_place(const struct node *node, const struct zone *zone, struct compile *c,
                      struct freeze_place *place)
{
    const struct node *deny = node_get(node, "deny"), *allow = node_get(node, "allow");
    size_t count = (deny ? deny->count : 0) + (allow ? allow->count : 0);
    struct window *windows = arena_array(c->arena, count, sizeof(*windows));
    int result;

    if (!windows)
        return -1;
    place->windows = (struct window_set){.windows = windows};
    result = read_windows(deny, false, zone, c, &place->windows, windows);
    if (read_windows(allow, true, zone, c, &place->windows, windows) < 0)
        result = -1;
    return result;
}

/* Holds the windows against each other. */
static int check_together(const struct node *node, const struct window_set *set,
                          struct diags *diags)
{
    const struct window *pointless = window_set_pointless(set);
    const struct node *deny = node_get(node, "deny");

    if (window_set_never_opens(set)) {
        diag_error(diags, node->place, "this freeze never opens");
        return -1;
    }
    if (!pointless)
        return 0;
    diag_warning(diags, deny->items[pointless - set->windows]->place,
                 "this deny window closes nothing: no allow window is ever open in it");
    diag_hint(diags, "where there are allow windows, all other time is closed");
    return 0;
}

/* True when the freeze is over in every zone: all its windows deny, occur once, and are past. */
static bool is_over(const struct freeze *freeze, int64_t now)
{
    for (size_t i = 0; i < freeze->place_count; i++)
        for (size_t n = 0; n < freeze->places[i].windows.count; n++) {
            const struct window *w = &freeze->places[i].windows.windows[n];

            if (w->allow || !w->once || now < w->to)
                return false;
        }
    return true;
}

static void warn_of_end(const struct node *node, const struct freeze *freeze, int64_t now,
                        struct diags *diags)
{
    if (!is_over(freeze, now))
        return;
    diag_warning(diags, node->place, "this freeze is over: none of its windows comes again");
    diag_hint(diags, "remove it, or give it other dates");
}

/* Each window that drifts, in the first of the zones in which it does. */
static void warn_of_drift(const struct node *node, const struct freeze *freeze, int64_t now,
                          struct diags *diags)
{
    const struct node *deny = node_get(node, "deny"), *allow = node_get(node, "allow");
    size_t denying = deny ? deny->count : 0;

    for (size_t n = 0; n < freeze->places[0].windows.count; n++)
        for (size_t i = 0; i < freeze->place_count; i++) {
            const struct window *w = &freeze->places[i].windows.windows[n];

            if (!w->drifts)
                continue;
            window_warn_of_drift(w, n < denying ? deny->items[n] : allow->items[n - denying], now,
                                 diags);
            break;
        }
}

/* One place for all when the freeze says its zone itself, or no environment can; else one for each
 * environment. What is wrong with a window is told once. */
static int read_places(const struct node *node, const struct zone *zone, struct compile *c,
                       struct freeze *out)
{
    struct compile quiet = *c;
    struct diags unheard;
    struct parse_error parse_error;
    size_t count;
    bool one;

    if (!zone && c->unread) /* that of the environments may be there */
        zone = zone_get(c->zones, VIEW("UTC"), &parse_error);
    one = zone || c->any_environment || c->environment_count == 0;
    count = one ? 1 : c->environment_count;
    out->places = arena_array(c->arena, count, sizeof(*out->places));
    if (!out->places)
        return -1;
    diags_init(&unheard, c->arena);
    for (size_t i = 0; i < count; i++) {
        struct freeze_place *place = &out->places[i];

        place->environment = one ? NULL : c->environments[i];
        if (read_place(node, one ? zone : place->environment->zone, &quiet, place) < 0) {
            if (i > 0)
                read_place(node, place->environment->zone, c, place);
            return -1;
        }
        quiet.diags = &unheard;
    }
    out->place_count = count;
    warn_of_drift(node, out, c->now, c->diags);
    warn_of_end(node, out, c->now, c->diags);
    return check_together(node, &out->places[0].windows, c->diags);
}

static const void *compile(const struct node *node, struct compile *c)
{
    const struct node *restarts = node_get(node, "restarts"),
                      *override = node_get(node, "override");
    struct freeze *freeze = arena_alloc(c->arena, sizeof(*freeze));
    const struct zone *zone = NULL;

    int result = compile_zone(node_get(node, "timeZone"), c, &zone);

    if (!freeze)
        return NULL;
    freeze->restarts = restarts && view_eq_str(restarts->text, "allow");
    freeze->has_override = override;
    if (override)
        result |= subjects_compile(override, "override", c, &freeze->override);
    if (!node_get(node, "deny") && !node_get(node, "allow")) {
        diag_error(c->diags, node->place, "a freeze has \"deny\" or \"allow\" windows");
        return NULL;
    }
    result |= read_places(node, zone, c, freeze);
    return result < 0 ? NULL : freeze;
}

/* --- evaluating ------------------------------------------------------------------------------- */

const struct window_set *freeze_windows(const void *compiled, const struct environment *environment)
{
    const struct freeze *freeze = compiled;

    for (size_t i = 0; i < freeze->place_count; i++)
        if (freeze->places[i].environment == environment)
            return &freeze->places[i].windows;
    return &freeze->places[0].windows;
}

/* "frozen Mon-Fri 08:00-18:00 Europe/Paris", "closed outside daily 02:00-04:00 Europe/Paris". */
static void describe(const struct window_set *set, const struct window *by, struct buf *out)
{
    const char *before = "closed outside ";

    if (by) {
        buf_add_str(out, "frozen ");
        window_text(by, out);
        return;
    }
    for (size_t i = 0; i < set->count; i++) {
        if (!set->windows[i].allow)
            continue;
        buf_add_str(out, before);
        window_text(&set->windows[i], out);
        before = " and ";
    }
}

/* The window whose zone is used in messages: the one that closes, else the first that may open. */
static const struct zone *zone_of(const struct window_set *set, const struct window *by)
{
    for (size_t i = 0; !by && i < set->count; i++)
        if (set->windows[i].allow)
            by = &set->windows[i];
    return by->zone;
}

static void tell_opening(const struct window_set *set, const struct window *by, struct eval *e,
                         struct finding *f)
{
    int64_t opens = window_set_opens(set, e->now);
    char when[TIMEFMT_ROOM], wait[DURATION_ROOM];

    if (opens == WINDOW_NEVER)
        eval_detail(e, f, "opens", "not within ten years");
    else
        eval_detail(e, f, "opens", "%s, in %s", timefmt_text(opens, e->now, zone_of(set, by), when),
                    duration_text(opens - e->now, wait));
}

/* How to override, for those who may. An object that does not exist yet can only have its reason
 * from the start. */
static void tell_override(const struct freeze *freeze, struct eval *e, struct finding *f)
{
    const struct request *r = e->request;
    struct view who = freeze->override.text;
    struct view reason = object_annotation(e->object, BREAK_GLASS);
    bool present = object_annotation(r->old_object, BREAK_GLASS).p;

    if (!freeze->has_override)
        return;
    if (reason.p && !letters_any(reason))
        eval_detail(e, f, "note", "the reason in " BREAK_GLASS " holds no letter or digit");
    if (subjects_have(&freeze->override, r))
        who = VIEW("you");
    if (r->operation == CREATE)
        eval_detail(e, f, "urgent?",
                    "%.*s can deploy now with this annotation in the manifest\n" BREAK_GLASS
                    ": \"<reason>\"",
                    VIEW_ARGS(who));
    else
        eval_detail(e, f, "urgent?",
                    "%.*s can deploy now with\nkubectl annotate%s %.*s " BREAK_GLASS
                    "=\"<reason>\"",
                    VIEW_ARGS(who), present ? " --overwrite" : "", VIEW_ARGS(eval_target(e)));
}

static void deny(const struct freeze *freeze, const struct window_set *set, const struct window *by,
                 struct eval *e)
{
    struct finding *f;
    struct buf text;

    buf_init(&text, LIMIT_MESSAGE);
    describe(set, by, &text);
    f = eval_headline(e, "%.*s", VIEW_ARGS(buf_view(&text)));
    buf_release(&text);
    tell_opening(set, by, e, f);
    eval_tell_start(e, f);
    tell_override(freeze, e, f);
    guard_status_note_doubt(e, f);
}

/* True, with a trace for the log, when the requester may override the freeze and gives a reason. */
static bool breaks_glass(const struct freeze *freeze, struct eval *e)
{
    struct view reason = view_trim(object_annotation(e->object, BREAK_GLASS));

    if (!freeze->has_override || !letters_any(reason) ||
        !subjects_have(&freeze->override, e->request))
        return false;
    e->trace = arena_printf(e->arena, "glass broken by %.*s: %.*s", VIEW_ARGS(e->request->user),
                            VIEW_ARGS(reason));
    return true;
}

static int evaluate_freeze(const void *compiled, struct eval *e)
{
    const struct freeze *freeze = compiled;
    const struct window_set *set = freeze_windows(freeze, e->environment);
    const struct window *by;

    if (!window_set_closed(set, e->now, &by) || guard_status_passes(e) || breaks_glass(freeze, e))
        return 0;
    if (freeze->restarts && e->request->operation == UPDATE && !e->deploy->starts) {
        if (eval_hashes(e) < 0)
            return -1;
        if (view_eq(e->deploy->hash, e->deploy->old_hash))
            return 0;
    }
    deny(freeze, set, by, e);
    return 0;
}

const struct check check_freeze = {
    .name = "freeze",
    .summary = "deploys happen only while the windows of time are open",
    .scope = CHECK_DEPLOYS,
    .args = args,
    .example = "id: business-hours\n"
               "freeze:\n"
               "  deny:\n"
               "    - {schedule: \"0 8 * * 1-5\", duration: 10h}\n"
               "  timeZone: Europe/Paris\n"
               "  override: {groups: [incident-commanders]}\n",
    .compile = compile,
    .ignores_managed_fields = true,
    .eval = evaluate_freeze,
};
