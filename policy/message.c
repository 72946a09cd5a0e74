#include "policy/message.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/json/json.h"
#include "base/quote.h"
#include "policy/limits.h"
#include "policy/warnings.h"

#include <yyjson.h>

enum { LONGEST_LIST = 5 };

/* --- values that somebody else wrote ---------------------------------------------------------- */

static void add_value(struct buf *out, struct view v)
{
    struct view shown = quote_first(v, LIMIT_SHOWN);

    quote_shown(out, shown);
    if (shown.n < v.n)
        buf_add_str(out, "...");
}

static struct view finish(struct buf *b, struct arena *arena)
{
    struct view text = {NULL, 0};

    if (!b->failed)
        text = arena_copy(arena, buf_view(b));
    buf_release(b);
    return text;
}

/* An object without a name is about to get one from its generateName. */
static void add_name(struct buf *out, const struct request *r)
{
    struct view stem = json_text(yyjson_obj_get(r->object, "metadata"), "generateName");

    if (r->name.n > 0 || stem.n == 0) {
        add_value(out, r->name.n > 0 ? r->name : VIEW("(no name)"));
        return;
    }
    add_value(out, stem);
    buf_add_char(out, '*');
}

static void add_subject(struct buf *out, const struct request *r)
{
    add_value(out, r->kind);
    buf_add_char(out, ' ');
    if (r->namespace_.n > 0 && !view_eq_str(r->kind, "Namespace")) {
        add_value(out, r->namespace_);
        buf_add_char(out, '/');
    }
    add_name(out, r);
}

struct view message_subject(const struct request *r, struct arena *arena)
{
    struct buf out;

    buf_init(&out, LIMIT_MESSAGE);
    add_subject(&out, r);
    return finish(&out, arena);
}

/* --- the denial ------------------------------------------------------------------------------- */

/* Two policies may each have a rule of that id: then the policy is named too. */
static bool is_ambiguous(const struct verdict *v, const struct rule_result *result)
{
    for (const struct rule_result *other = v->first; other; other = other->next)
        if (other != result && other->effect == EFFECT_DENY &&
            view_eq(other->rule->id, result->rule->id))
            return true;
    return false;
}

static struct view rule_label(const struct verdict *v, const struct rule_result *result,
                              struct arena *arena)
{
    if (!is_ambiguous(v, result))
        return result->rule->id;
    return arena_printf(arena, "%.*s/%.*s", VIEW_ARGS(result->policy->name),
                        VIEW_ARGS(result->rule->id));
}

static void add_first_line(const struct verdict *v, const struct request *r, struct arena *arena,
                           struct buf *out)
{
    size_t shown = 0;

    add_subject(out, r);
    buf_printf(out, " breaks %zu rule%s: ", v->denied, v->denied == 1 ? "" : "s");
    for (const struct rule_result *result = v->first; result && shown < LONGEST_LIST;
         result = result->next) {
        if (result->effect != EFFECT_DENY)
            continue;
        buf_printf(out, "%s%.*s", shown == 0 ? "" : ", ", VIEW_ARGS(rule_label(v, result, arena)));
        shown++;
    }
    if (shown < v->denied)
        buf_printf(out, " and %zu more", v->denied - shown);
    buf_add_char(out, '\n');
}

/* Further lines of a text stand two columns further in. */
static void add_detail(struct buf *out, const char *label, struct view text)
{
    struct view line;
    bool more = view_cut(text, '\n', &line, &text);

    buf_printf(out, "\n    %-6s ", label);
    quote_shown(out, line);
    while (more) {
        more = view_cut(text, '\n', &line, &text);
        buf_add_str(out, "\n      ");
        quote_shown(out, line);
    }
}

static void add_value_detail(struct buf *out, const char *label, struct view value)
{
    if (!value.p)
        return;
    buf_printf(out, "\n    %-6s ", label);
    add_value(out, value);
}

static void add_finding(struct buf *out, struct view label, int width, const struct finding *f)
{
    buf_printf(out, "\n  %-*.*s   ", width, VIEW_ARGS(label));
    if (f->path.p)
        add_value(out, f->path);
    else
        quote_shown(out, f->headline);
    add_value_detail(out, "found", f->found);
    add_value_detail(out, "needs", f->needs);
    for (const struct detail *d = f->details; d; d = d->next)
        add_detail(out, d->label, d->text);
}

static size_t add_findings(struct buf *out, const struct finding *f, struct view label, int width,
                           size_t *room)
{
    size_t left_out = 0;

    for (; f && *room > 0; f = f->next, (*room)--)
        add_finding(out, label, width, f);
    for (; f; f = f->next)
        left_out++;
    return left_out;
}

/* Adds one rule's part, as far as there is room; returns how many of its findings were left out. */
static size_t add_result(struct buf *out, const struct rule_result *result, struct view label,
                         int width, size_t *room)
{
    bool shown = *room > 0;
    size_t left_out = 0;

    if (result->status != RULE_UNANSWERED) {
        left_out = add_findings(out, result->findings, label, width, room);
    } else if (shown) {
        buf_printf(out, "\n  %-*.*s   could not be answered: ", width, VIEW_ARGS(label));
        add_value(out, result->error);
        (*room)--;
    } else {
        left_out = 1;
    }
    if (shown && result->rule->message.p)
        add_value_detail(out, "why", result->rule->message);
    return left_out;
}

/* Of the rules that there is room for: each adds at least one finding. */
static int label_width(const struct verdict *v, struct arena *arena)
{
    size_t width = 0, shown = 0;

    for (const struct rule_result *result = v->first; result && shown < LIMIT_MESSAGE_FINDINGS;
         result = result->next) {
        size_t n = result->effect == EFFECT_DENY ? rule_label(v, result, arena).n : 0;

        shown += result->effect == EFFECT_DENY;
        if (n > width)
            width = n;
    }
    return (int)width;
}

struct view message_denial(const struct verdict *v, const struct request *r, struct arena *arena)
{
    int width = label_width(v, arena);
    size_t room = LIMIT_MESSAGE_FINDINGS, left_out = 0;
    struct buf out;

    if (v->denied == 0)
        return VIEW("");
    buf_init(&out, LIMIT_MESSAGE);
    add_first_line(v, r, arena, &out);
    for (const struct rule_result *result = v->first; result; result = result->next) {
        if (result->effect != EFFECT_DENY)
            continue;
        left_out += add_result(&out, result, room > 0 ? rule_label(v, result, arena) : VIEW(""),
                               width, &room);
    }
    if (left_out > 0)
        buf_printf(&out, "\n  and %zu more finding%s", left_out, left_out == 1 ? "" : "s");
    return finish(&out, arena);
}

struct view message_field(const struct finding *f, struct arena *arena)
{
    struct buf out;

    buf_init(&out, LIMIT_ANSWER);
    quote_shown(&out, f->path);
    return finish(&out, arena);
}

/* --- single lines ----------------------------------------------------------------------------- */

static void add_part(struct buf *out, const char *label, struct view part)
{
    if (!part.p)
        return;
    buf_printf(out, "%s%s", out->n > 0 ? ", " : "", label);
    add_value(out, part);
}

/* Details of one line; a command to type needs lines of its own. */
static void add_short_details(struct buf *out, const struct detail *d)
{
    for (; d; d = d->next) {
        if (view_find(d->text, '\n') >= 0)
            continue;
        buf_printf(out, ", %s ", d->label);
        add_value(out, d->text);
    }
}

struct view message_line(const struct rule_result *result, const struct finding *f,
                         struct arena *arena)
{
    struct buf out;

    buf_init(&out, LIMIT_MESSAGE);
    if (!f) {
        buf_add_str(&out, "could not be answered: ");
        add_value(&out, result->error);
        return finish(&out, arena);
    }
    add_part(&out, "", f->headline);
    add_part(&out, "found ", f->found);
    add_part(&out, "needs ", f->needs);
    add_short_details(&out, f->details);
    if (result->rule->message.p) {
        buf_add_str(&out, " (");
        add_value(&out, result->rule->message);
        buf_add_char(&out, ')');
    }
    return finish(&out, arena);
}

static struct view warning_text(const struct rule_result *result, const struct finding *f,
                                struct arena *arena)
{
    struct view line = message_line(result, f, arena);
    struct buf out;

    if (!line.p)
        return line;
    buf_init(&out, LIMIT_MESSAGE);
    buf_printf(&out, "%.*s: ", VIEW_ARGS(result->rule->id));
    if (f && f->path.n > 0) {
        add_value(&out, f->path);
        buf_add_str(&out, ": ");
    }
    buf_add(&out, line);
    return finish(&out, arena);
}

/* A warning for each of a rule's first findings, which may all be worded alike; -1 when memory is
 * out. */
static int add_warnings(struct warnings *w, const struct rule_result *result, struct arena *arena)
{
    const struct finding *f = result->status == RULE_UNANSWERED ? NULL : result->findings;

    for (size_t n = 0; n < LIMIT_CAUSES && w->count < LIMIT_WARNING_COUNT; n++) {
        if (warnings_add(w, warning_text(result, f, arena), arena) < 0)
            return -1;
        f = f ? f->next : NULL;
        if (!f)
            return 0;
    }
    return 0;
}

const struct view *message_warnings(const struct verdict *v, struct arena *arena, size_t *count)
{
    struct warnings w;

    *count = 0;
    if (warnings_init(&w, arena) < 0)
        return NULL;
    for (const struct rule_result *result = v->first; result; result = result->next)
        if (result->effect == EFFECT_WARN && add_warnings(&w, result, arena) < 0)
            return NULL;
    *count = w.count;
    return w.texts;
}
