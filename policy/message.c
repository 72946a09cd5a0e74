#include "policy/message.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/json/json.h"
#include "base/text/quote.h"
#include "policy/limits.h"
#include "policy/warnings.h"

#include <string.h>
#include <yyjson.h>

enum { LONGEST_LIST = 5, LONGEST_NAMES = 20 };

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

/* --- findings that say the same of several containers ----------------------------------------- */

/* A path that leads through a container: "spec.containers[", "api", "].image". */
struct container_path {
    struct view before, name, after;
};

static bool cut_path(struct view path, struct container_path *out)
{
    static const char list[] = "ontainers["; /* containers, initContainers, ephemeralContainers */
    const char *at = path.p ? memmem(path.p, path.n, list, sizeof(list) - 1) : NULL;
    size_t begin = at ? (size_t)(at - path.p) + sizeof(list) - 1 : 0;
    struct view rest = view_from(path, begin);
    ptrdiff_t end = view_find(rest, ']');

    if (!at || end < 0)
        return false;
    *out = (struct container_path){view_first(path, begin), view_first(rest, (size_t)end),
                                   view_from(rest, (size_t)end)};
    return true;
}

static bool have_same_details(const struct detail *a, const struct detail *b)
{
    for (; a && b; a = a->next, b = b->next)
        if (strcmp(a->label, b->label) != 0 || !view_eq(a->text, b->text))
            return false;
    return !a && !b;
}

/* But for the container's name they are one finding. */
static bool are_alike(const struct finding *a, const struct finding *b)
{
    struct container_path x, y;

    return cut_path(a->path, &x) && cut_path(b->path, &y) && view_eq(x.before, y.before) &&
           view_eq(x.after, y.after) && view_eq(a->found, b->found) &&
           view_eq(a->needs, b->needs) && have_same_details(a->details, b->details);
}

/* The path with the names of all containers of which the findings from f on say the same. */
static void add_containers(struct buf *out, const struct finding *f,
                           const struct container_path *path)
{
    struct container_path other;
    size_t shown = 1, more = 0;

    add_value(out, path->before);
    add_value(out, path->name);
    for (const struct finding *next = f->next; next; next = next->next) {
        if (!are_alike(f, next) || !cut_path(next->path, &other))
            continue;
        if (shown == LONGEST_NAMES) {
            more++;
            continue;
        }
        buf_add_str(out, ", ");
        add_value(out, other.name);
        shown++;
    }
    if (more > 0)
        buf_printf(out, " and %zu more", more);
    add_value(out, path->after);
}

static void add_finding(struct buf *out, struct view label, int width, const struct finding *f)
{
    struct container_path path;

    buf_printf(out, "\n  %-*.*s   ", width, VIEW_ARGS(label));
    if (cut_path(f->path, &path) && f->path.n <= LIMIT_SHOWN)
        add_containers(out, f, &path);
    else if (f->path.p)
        add_value(out, f->path);
    else
        quote_shown(out, f->headline);
    add_value_detail(out, "found", f->found);
    add_value_detail(out, "needs", f->needs);
    for (const struct detail *d = f->details; d; d = d->next)
        add_detail(out, d->label, d->text);
}

/* Shows up to `most` findings, those that are alike as one. Returns how many it showed; of the
 * others it counts those that none shown stands for. */
static size_t add_findings(struct buf *out, const struct finding *f, struct view label, int width,
                           size_t most, size_t *left_out)
{
    const struct finding *shown[LIMIT_MESSAGE_FINDINGS];
    size_t count = 0, i;

    for (; f; f = f->next) {
        for (i = 0; i < count && !are_alike(shown[i], f); i++)
            ;
        if (i < count)
            continue;
        if (count == most) {
            (*left_out)++;
            continue;
        }
        shown[count++] = f;
        add_finding(out, label, width, f);
    }
    return count;
}

/* Adds one rule's part, of at most that many findings. Returns how many it showed. */
static size_t add_result(struct buf *out, const struct rule_result *result, struct view label,
                         int width, size_t most, size_t *left_out)
{
    size_t shown = 0;

    if (result->status != RULE_UNANSWERED) {
        shown = add_findings(out, result->findings, label, width, most, left_out);
    } else if (most > 0) {
        buf_printf(out, "\n  %-*.*s   could not be answered: ", width, VIEW_ARGS(label));
        add_value(out, result->error);
        shown = 1;
    } else {
        (*left_out)++;
    }
    if (most > 0 && result->rule->message.p)
        add_value_detail(out, "why", result->rule->message);
    return shown;
}

/* For the rules that fit: each adds at least one finding. */
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
    size_t room = LIMIT_MESSAGE_FINDINGS, left_out = 0, rules = v->denied;
    struct buf out;

    if (v->denied == 0)
        return VIEW("");
    buf_init(&out, LIMIT_MESSAGE);
    add_first_line(v, r, arena, &out);
    for (const struct rule_result *result = v->first; result; result = result->next) {
        size_t most;

        if (result->effect != EFFECT_DENY)
            continue;
        rules--; /* each of those to come has room for one, as far as there is any */
        most = room > rules ? room - rules : room > 0;
        room -= add_result(&out, result, most > 0 ? rule_label(v, result, arena) : VIEW(""), width,
                           most, &left_out);
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

/* A warning for each of a rule's first findings, which may all have the same text; -1 when memory
 * runs out. */
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
