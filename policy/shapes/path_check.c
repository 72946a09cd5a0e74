#include "policy/shapes/path_check.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/parse_error.h"
#include "base/text/suggest.h"
#include "base/yaml/node.h"
#include "policy/rule/check.h"
#include "policy/rule/match.h"
#include "policy/rule/path.h"
#include "policy/shapes/shapes.h"

enum { MOST_NAMES = 400, LISTED_NAMES = 24, MAX_TEXT = 2048 };

/* A path that is walked over shapes. */
struct walk {
    struct compile *c;
    const struct path *path;
    struct shape_set *from, *to;  /* before and behind the step that is taken */
    size_t at;                    /* the segment at which all known shapes end */
    bool any_kind;                /* the rule names no kinds */
    bool unknown;                 /* it goes on where nothing is known */
    bool free_key, next_free_key; /* what is in `from` was reached by a key that anybody chose */
};

static const char *const type_names[SHAPE_TYPES] = {
    [SHAPE_UNKNOWN] = "unknown",     [SHAPE_ANY] = "any value",
    [SHAPE_TEXT] = "text",           [SHAPE_BOOLEAN] = "true or false",
    [SHAPE_INTEGER] = "an integer",  [SHAPE_NUMBER] = "a number",
    [SHAPE_QUANTITY] = "a quantity", [SHAPE_INTEGER_OR_TEXT] = "an integer or text",
    [SHAPE_LIST] = "a list",         [SHAPE_MAP] = "a map",
};

const char *path_type_name(unsigned type)
{
    return type_names[type];
}

/* --- where it begins -------------------------------------------------------------------------- */

static bool names_kinds(const struct match *m)
{
    return m && (m->workloads || m->kind_count > 0);
}

static bool may_match(const struct compile *c, struct view group, struct view kind)
{
    return (!c->rule_match || match_has_kind(c->rule_match, group, kind)) &&
           (!c->policy_match || match_has_kind(c->policy_match, group, kind));
}

static void add_containers(struct shape_set *set, struct shape *pod)
{
    struct shape *spec = pod ? shape_field(pod, VIEW("spec")) : NULL;
    struct shape *lists[2];

    if (!spec || spec->type != SHAPE_MAP)
        return;
    lists[0] = shape_field(spec, VIEW("containers"));
    lists[1] = shape_field(spec, VIEW("ephemeralContainers"));
    for (int i = 0; i < 2; i++)
        if (lists[i] && lists[i]->type == SHAPE_LIST)
            shape_set_add(set, lists[i]->of);
}

static void add_root(struct walk *w, const struct shape_kind *kind)
{
    const struct workload_kind *workload = workload_kind_of(kind->group, kind->kind);
    struct shape *pod = workload ? shape_at(kind->shape, workload->prefix) : NULL;

    if (w->path->root == ROOT_OBJECT)
        shape_set_add(w->from, kind->shape);
    else if (w->path->root == ROOT_POD)
        shape_set_add(w->from, pod && pod->type == SHAPE_MAP ? pod : NULL);
    else
        add_containers(w->from, pod);
}

static void split_kind(struct view text, struct view *group, struct view *kind)
{
    if (!view_cut(text, '/', group, kind)) {
        *kind = text;
        *group = (struct view){NULL, 0};
    }
}

bool path_knows_kind(const struct shapes *shapes, struct view text)
{
    const struct match named = {.kinds = &text, .kind_count = 1};
    const struct shape_kind *kind;

    for (size_t i = 0; (kind = shapes_kind(shapes, i)); i++)
        if (match_has_kind(&named, kind->group, kind->kind))
            return true;
    return false;
}

/* A kind of the one match may be meant by the other when that names none, or the same. */
static bool is_named(const struct match *m, struct view text)
{
    struct view group, kind, other_group, other_kind;

    split_kind(text, &group, &kind);
    for (size_t i = 0; m && i < m->kind_count; i++) {
        split_kind(m->kinds[i], &other_group, &other_kind);
        if (view_eq(kind, other_kind) &&
            (!group.p || !other_group.p || view_eq(group, other_group)))
            return true;
    }
    return !names_kinds(m);
}

int path_each_unknown_kind(const struct compile *c, int (*take)(void *ctx, struct view kind),
                           void *ctx)
{
    const struct match *const matches[] = {c->rule_match, c->policy_match};

    for (int m = 0; m < 2; m++)
        for (size_t i = 0; matches[m] && i < matches[m]->kind_count; i++)
            if (!path_knows_kind(c->shapes, matches[m]->kinds[i]) &&
                is_named(matches[1 - m], matches[m]->kinds[i]) && take(ctx, matches[m]->kinds[i]))
                return -1;
    return 0;
}

static int stop_at_first(void *ctx, struct view kind)
{
    (void)ctx;
    (void)kind;
    return -1;
}

static bool matches_unknown_kind(const struct compile *c)
{
    return path_each_unknown_kind(c, stop_at_first, NULL) < 0;
}

bool path_each_kind(const struct compile *c, void (*take)(void *ctx, const struct shape_kind *kind),
                    void *ctx)
{
    const struct shape_kind *kind;

    for (size_t i = 0; (kind = shapes_kind(c->shapes, i)); i++)
        if (may_match(c, kind->group, kind->kind))
            take(ctx, kind);
    return (names_kinds(c->policy_match) || names_kinds(c->rule_match)) && !matches_unknown_kind(c);
}

/* False when the rule can match no kind at all, which is not a mistake of its paths. */
static bool begin(struct walk *w)
{
    const struct shape_kind *kind;
    bool matched = false;

    w->any_kind = !names_kinds(w->c->policy_match) && !names_kinds(w->c->rule_match);
    for (size_t i = 0; (kind = shapes_kind(w->c->shapes, i)); i++) {
        if (!may_match(w->c, kind->group, kind->kind))
            continue;
        matched = true;
        add_root(w, kind);
    }
    if (w->any_kind || matches_unknown_kind(w->c)) {
        matched = true;
        if (w->path->root == ROOT_OBJECT)
            shape_set_add(w->from, shapes_unknown(w->c->shapes));
    }
    return matched;
}

/* --- the way ---------------------------------------------------------------------------------- */

static void step_key(struct walk *w, const struct shape *map, struct view key)
{
    struct shape *field = shape_field(map, key);

    shape_set_add(w->to, field ? field : map->of);
    w->next_free_key = w->next_free_key || (!field && map->of);
}

static void step_each(struct walk *w, const struct shape *map)
{
    for (size_t i = 0; i < map->field_count; i++)
        shape_set_add(w->to, map->fields[i].shape);
    shape_set_add(w->to, map->of);
}

static bool is_scalar(const struct shape *shape)
{
    return shape && shape->type != SHAPE_LIST && shape->type != SHAPE_MAP;
}

/* An element is selected by a field that can hold a scalar. */
static bool can_select(const struct shape *element, struct view key)
{
    if (element->type == SHAPE_MAP)
        return is_scalar(element->of) || is_scalar(shape_field(element, key));
    return element->type == SHAPE_ANY || element->type == SHAPE_UNKNOWN;
}

static void step(struct walk *w, struct shape *shape, const struct segment *segment)
{
    if (shape->type == SHAPE_ANY || shape->type == SHAPE_UNKNOWN)
        shape_set_add(w->to, shape);
    else if (shape->type == SHAPE_MAP && segment->kind == SEGMENT_KEY)
        step_key(w, shape, segment->key);
    else if (shape->type == SHAPE_MAP && segment->kind == SEGMENT_EACH)
        step_each(w, shape);
    else if (shape->type == SHAPE_LIST && segment->kind == SEGMENT_EACH)
        shape_set_add(w->to, shape->of);
    else if (shape->type == SHAPE_LIST && segment->kind == SEGMENT_SELECT &&
             can_select(shape->of, segment->key))
        shape_set_add(w->to, shape->of);
}

/* Whether something that is known was reached. */
static bool is_on(struct walk *w)
{
    bool known = false;

    w->unknown = false;
    for (size_t i = 0; i < w->to->count; i++) {
        known = known || w->to->shapes[i]->type != SHAPE_UNKNOWN;
        w->unknown = w->unknown || w->to->shapes[i]->type == SHAPE_UNKNOWN;
    }
    return known;
}

/* Takes all steps, or stops at the first one behind which nothing is known: `from` is before it.
 * Returns 0, or -1 when memory runs out. */
static int go(struct walk *w)
{
    for (w->at = 0; w->at < w->path->count; w->at++) {
        w->to = shapes_set(w->c->shapes, w->at % 2 == 0);
        if (!w->to)
            return -1;
        w->next_free_key = false;
        for (size_t i = 0; i < w->from->count; i++)
            step(w, w->from->shapes[i], &w->path->segments[w->at]);
        if (!is_on(w))
            return 0;
        w->from = w->to;
        w->free_key = w->next_free_key;
    }
    return 0;
}

/* Returns 1 when the path was walked as far as it goes, 0 when there is no kind to walk it over,
 * or -1 when memory runs out. */
static int walk(struct compile *c, const struct path *path, struct walk *w)
{
    *w = (struct walk){.c = c, .path = path, .from = shapes_set(c->shapes, 0)};
    if (!w->from)
        return -1;
    if (!begin(w))
        return 0;
    return go(w) < 0 ? -1 : 1;
}

static bool arrived(const struct walk *w)
{
    return w->at == w->path->count && w->from->count > 0;
}

/* --- what is wrong ---------------------------------------------------------------------------- */

/* The shapes at which a path ends, and what is to be said of that. */
struct dead_end {
    const struct walk *w;
    const struct node *node;
    const struct segment *segment;
    struct shape **shapes;
    size_t count;
    bool own;           /* one of them is Kubernetes' own */
    bool names;         /* one of them is a map, or a list of maps, with other fields */
    unsigned type;      /* of one of them */
    struct view name;   /* the field that is not there */
    struct view before; /* the path up to the step; empty at the root */
};

/* The maps that could have had the field. */
static const struct shape *map_of(const struct dead_end *d, const struct shape *shape)
{
    if (d->segment->kind == SEGMENT_SELECT && shape->type == SHAPE_LIST)
        shape = shape->of;
    else if (d->segment->kind != SEGMENT_KEY)
        return NULL;
    return shape->type == SHAPE_MAP && !shape->of ? shape : NULL;
}

static bool goes_on_unknown(const struct shape *shape)
{
    return shape->type == SHAPE_UNKNOWN ||
           (shape->type == SHAPE_MAP && shape->of && shape->of->type == SHAPE_UNKNOWN);
}

static int find_dead_end(const struct walk *w, const struct node *node, struct dead_end *d)
{
    struct arena *arena = w->c->arena;

    *d = (struct dead_end){.w = w, .node = node, .segment = &w->path->segments[w->at]};
    d->shapes = arena_array(arena, w->from->count + 1, sizeof(*d->shapes));
    if (!d->shapes)
        return -1;
    d->before = view_first(w->path->text, d->segment->at);
    d->name = d->segment->key;
    for (size_t i = 0; i < w->from->count; i++) {
        struct shape *shape = w->from->shapes[i];

        if (goes_on_unknown(shape))
            continue;
        d->shapes[d->count++] = shape;
        d->own = d->own || !shape->foreign;
        d->names = d->names || map_of(d, shape);
        d->type = shape->type;
    }
    return 0;
}

static bool is_top(const struct dead_end *d)
{
    return d->w->at == 0 && d->w->path->root == ROOT_OBJECT;
}

/* All names that stand there, each once. */
static size_t list_names(const struct dead_end *d, const char **names)
{
    size_t count = 0;

    for (size_t i = 0; i < d->count; i++) {
        const struct shape *map = map_of(d, d->shapes[i]);

        for (size_t f = 0; map && f < map->field_count && count < MOST_NAMES; f++) {
            const char *name = arena_str(d->w->c->arena, map->fields[f].name);
            bool known = !name;

            for (size_t k = 0; k < count && !known; k++)
                known = view_eq_str(map->fields[f].name, names[k]);
            if (!known)
                names[count++] = name;
        }
    }
    return count;
}

static struct place place_of(const struct dead_end *d)
{
    const struct segment *segment = d->segment;
    const char *text = d->w->path->text.p;
    struct parse_error parse_error = {.at = segment->at + (text[segment->at] == '.')};

    return node_error_place(d->node, &parse_error);
}

/* `"spec" has`, `a container has`, ... */
static struct view owner(const struct dead_end *d)
{
    struct arena *arena = d->w->c->arena;

    if (d->segment->kind == SEGMENT_SELECT)
        return arena_printf(arena, "an element of \"%.*s\"", VIEW_ARGS(d->before));
    if (d->w->at > 0)
        return arena_printf(arena, "\"%.*s\"", VIEW_ARGS(d->before));
    switch (d->w->path->root) {
    case ROOT_POD: return VIEW("a pod");
    case ROOT_CONTAINER: return VIEW("a container");
    case ROOT_OBJECT: break;
    }
    return d->w->any_kind ? VIEW("no kind that is known") : VIEW("no kind that the rule matches");
}

/* Whether that is an error, a warning, or neither: an unknown name may be of a newer Kubernetes,
 * and kinds that are not Kubernetes' own are never certain. */
enum verdict { SILENT, WARNING, ERROR };

static enum verdict judge(const struct dead_end *d, bool slip)
{
    bool certain =
        !d->names || slip || is_top(d) || (d->w->at == 0 && d->w->path->root == ROOT_POD);

    if (d->count == 0)
        return SILENT;
    if (d->w->unknown && !certain && !d->w->any_kind)
        return SILENT;
    return certain && d->own && !d->w->unknown ? ERROR : WARNING;
}

__attribute__((format(printf, 3, 4))) static void say(const struct dead_end *d,
                                                      enum verdict verdict, const char *format, ...)
{
    struct diags *diags = d->w->c->diags;
    struct view why;
    va_list args;

    va_start(args, format);
    why = arena_vprintf(d->w->c->arena, format, args);
    va_end(args);
    if (verdict == ERROR)
        diag_vain(diags, place_of(d), "\"%.*s\" leads nowhere: %.*s", VIEW_ARGS(d->w->path->text),
                  VIEW_ARGS(why));
    else
        diag_warning(diags, place_of(d), "\"%.*s\" may lead nowhere: %.*s",
                     VIEW_ARGS(d->w->path->text), VIEW_ARGS(why));
}

/* --- what was meant --------------------------------------------------------------------------- */

/* A path that is not the one that was written; the sets of the store are used for it. */
static bool leads(struct compile *c, struct view text)
{
    struct parse_error parse_error;
    const struct path *path = text.p ? path_compile(text, c->arena, &parse_error) : NULL;
    struct walk w;

    return path && !parse_error.why[0] && walk(c, path, &w) == 1 && arrived(&w);
}

static bool propose(struct compile *c, struct view text)
{
    if (!leads(c, text))
        return false;
    diag_hint(c->diags, "write \"%.*s\"", VIEW_ARGS(text));
    return true;
}

/* The same, one field deeper: `container.limits` for `container.resources.limits`, `pod.spec.image`
 * for `pod.spec.containers[*].image`. */
static bool propose_deeper(const struct dead_end *d)
{
    struct compile *c = d->w->c;
    struct view text = d->w->path->text, rest = view_from(text, d->segment->at);

    if (d->segment->kind != SEGMENT_KEY)
        return false;
    for (size_t i = 0; i < d->count; i++) {
        const struct shape *map = map_of(d, d->shapes[i]);

        for (size_t f = 0; map && f < map->field_count; f++) {
            const struct shape *field = map->fields[f].shape;
            bool list = field->type == SHAPE_LIST;
            const char *star = list ? "[*]" : "", *dot = d->before.n > 0 ? "." : "",
                       *then = rest.p[0] == '.' ? "" : ".";

            field = list ? field->of : field;
            if (field->type == SHAPE_MAP && shape_field(field, d->name) &&
                propose(c,
                        arena_printf(c->arena, "%.*s%s%.*s%s%s%.*s", VIEW_ARGS(d->before), dot,
                                     VIEW_ARGS(map->fields[f].name), star, then, VIEW_ARGS(rest))))
                return true;
        }
    }
    return false;
}

/* `object.spec` of CEL, `containers` of a pod, `image` of a container. */
static bool propose_other_root(const struct dead_end *d)
{
    static const char *const roots[] = {"pod.spec", "pod", "container"};
    struct compile *c = d->w->c;
    struct view text = d->w->path->text;

    if (!is_top(d) || d->segment->kind != SEGMENT_KEY)
        return false;
    if (d->w->path->count > 1 && propose(c, view_from(text, d->segment->end + 1)))
        return true;
    for (size_t i = 0; i < sizeof(roots) / sizeof(roots[0]); i++)
        if (propose(c, arena_printf(c->arena, "%s.%.*s", roots[i], VIEW_ARGS(text))))
            return true;
    return false;
}

/* spec.hostNetwork of a Deployment. */
static bool propose_in_pod(const struct dead_end *d)
{
    struct compile *c = d->w->c;
    struct view text = d->w->path->text;

    return d->w->at == 1 && d->w->path->root == ROOT_OBJECT && view_starts(text, "spec.") &&
           propose(c, arena_printf(c->arena, "pod.%.*s", VIEW_ARGS(text)));
}

static void hint_names(const struct dead_end *d, const char *near, const char **names, size_t count)
{
    struct diags *diags = d->w->c->diags;
    struct buf all;

    if (near) {
        diag_hint(diags, "did you mean \"%s\"?", near);
        return;
    }
    if (count == 0 || count > LISTED_NAMES)
        return;
    buf_init(&all, MAX_TEXT);
    for (size_t i = 0; i < count; i++)
        buf_printf(&all, "%s%s", i == 0 ? "" : ", ", names[i]);
    diag_hint(diags, "known here: %.*s", VIEW_ARGS(buf_view(&all)));
    buf_release(&all);
}

/* --- telling ---------------------------------------------------------------------------------- */

/* Whether it is there after all, and only no scalar: volumes[hostPath=/]. */
static bool tell_no_scalar(const struct dead_end *d)
{
    for (size_t i = 0; i < d->count && d->segment->kind == SEGMENT_SELECT; i++) {
        const struct shape *element = map_of(d, d->shapes[i]);
        const struct shape *field = element ? shape_field(element, d->name) : NULL;

        if (!field)
            continue;
        say(d, judge(d, true), "\"%.*s\" of an element of \"%.*s\" is %s", VIEW_ARGS(d->name),
            VIEW_ARGS(d->before), type_names[field->type]);
        diag_hint(d->w->c->diags, "elements are selected by a text, a number or a boolean");
        return true;
    }
    return false;
}

static int tell_name(const struct dead_end *d)
{
    const char **names = arena_array(d->w->c->arena, MOST_NAMES, sizeof(*names));
    size_t count = names ? list_names(d, names) : 0;
    const char *near = names ? suggest(d->name, names, count) : NULL;
    enum verdict verdict = judge(d, near && suggest_is_slip(d->name, near));
    struct view who = owner(d);
    const char *has = d->w->at == 0 && d->w->path->root == ROOT_OBJECT ? "has a" : "has no";

    if (!names)
        return -1;
    if (verdict == SILENT || tell_no_scalar(d))
        return 0;
    if (verdict == ERROR || !d->own || is_top(d))
        say(d, verdict, "%.*s %s field \"%.*s\"", VIEW_ARGS(who), has, VIEW_ARGS(d->name));
    else
        say(d, verdict, "%.*s %s field \"%.*s\" in Kubernetes %s", VIEW_ARGS(who), has,
            VIEW_ARGS(d->name), shapes_release());
    if (!propose_other_root(d) && !propose_deeper(d) && !propose_in_pod(d))
        hint_names(d, near, names, count);
    return 0;
}

/* All plain keys from a key on: metadata.labels["app.kubernetes.io/name"]. */
static void hint_quotes(const struct dead_end *d)
{
    const struct segment *key = d->segment - 1, *last = d->segment;
    const struct segment *end = d->w->path->segments + d->w->path->count;
    struct view text = d->w->path->text, whole;

    while (last + 1 < end && last[1].kind == SEGMENT_KEY && text.p[last[1].at] == '.')
        last++;
    whole = view_first(view_from(text, key->at + 1), last->end - key->at - 1);
    diag_hint(d->w->c->diags, "a key that has dots stands in quotes: %.*s[\"%.*s\"]%.*s",
              VIEW_ARGS(view_first(text, key->at)), VIEW_ARGS(whole),
              VIEW_ARGS(view_from(text, last->end)));
}

static bool is_number(struct view text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] < '0' || text.p[i] > '9')
            return false;
    return text.n > 0;
}

static void hint_type(const struct dead_end *d)
{
    struct view text = d->w->path->text, rest = view_from(text, d->segment->at);
    struct diags *diags = d->w->c->diags;

    if (d->segment->kind == SEGMENT_KEY && is_number(d->segment->key))
        rest = view_from(text, d->segment->end); /* containers.0.image */
    if (d->segment->kind == SEGMENT_KEY && d->type == SHAPE_LIST)
        diag_hint(diags, "[*] is each element: \"%.*s[*]%.*s\"", VIEW_ARGS(d->before),
                  VIEW_ARGS(rest));
    else if (d->segment->kind == SEGMENT_KEY && d->w->free_key && d->w->at > 0 &&
             text.p[d->segment[-1].at] == '.' && text.p[d->segment->at] == '.')
        hint_quotes(d);
    else if (d->segment->kind == SEGMENT_SELECT)
        diag_hint(diags, "[%.*s=%.*s] selects elements of a list that are maps",
                  VIEW_ARGS(d->segment->key), VIEW_ARGS(d->segment->value));
}

static void tell_type(const struct dead_end *d)
{
    enum verdict verdict = judge(d, false);
    struct view shown = VIEW("a container");

    if (d->w->at > 0)
        shown = arena_printf(d->w->c->arena, "\"%.*s\"", VIEW_ARGS(d->before));
    else if (d->w->path->root != ROOT_CONTAINER)
        shown = d->w->path->root == ROOT_POD ? VIEW("a pod") : VIEW("the object");
    if (verdict == SILENT)
        return;
    if (d->segment->kind == SEGMENT_SELECT && d->type == SHAPE_LIST)
        say(d, verdict, "the elements of %.*s are not maps that \"%.*s\" could select",
            VIEW_ARGS(shown), VIEW_ARGS(d->segment->key));
    else
        say(d, verdict, "%.*s is %s", VIEW_ARGS(shown), type_names[d->type]);
    hint_type(d);
}

static void tell_no_pod(const struct walk *w, const struct node *node)
{
    const char *root = w->path->root == ROOT_POD ? "pod" : "container";

    diag_vain(w->c->diags, node->place,
              "\"%.*s\" leads nowhere: no kind that the rule matches "
              "has a %s",
              VIEW_ARGS(w->path->text), root);
    diag_hint(w->c->diags, "\"match: {workloads: all}\" is every kind that has one");
}

/* container.resources.limits.mem: what has no domain before a slash is one of Kubernetes' own.
 * https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/ */
static void check_resource(const struct walk *w, const struct node *node)
{
    static const char *const known[] = {"cpu", "memory", "ephemeral-storage", "storage"};
    const struct segment *last = &w->path->segments[w->path->count - 1];
    const char *near;
    struct dead_end d = {.w = w, .node = node, .segment = last, .own = true};

    if (!w->free_key || w->path->count < 3 || last->kind != SEGMENT_KEY ||
        !view_eq_str(last[-2].key, "resources") || view_find(last->key, '/') >= 0 ||
        view_starts(last->key, "hugepages-"))
        return;
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (view_eq_str(last->key, known[i]))
            return;
    near = suggest(last->key, known, sizeof(known) / sizeof(known[0]));
    say(&d, ERROR, "no resource is called \"%.*s\"", VIEW_ARGS(last->key));
    if (near)
        diag_hint(w->c->diags, "did you mean \"%s\"?", near);
    else
        diag_hint(w->c->diags, "others have a domain, as in [\"nvidia.com/gpu\"]");
}

static void note_end(const struct walk *w, struct path_end *end)
{
    end->foreign = true;
    end->free_key = w->free_key;
    for (size_t i = 0; i < w->from->count; i++) {
        end->types |= 1u << w->from->shapes[i]->type;
        end->foreign = end->foreign && w->from->shapes[i]->foreign;
    }
    if (end->types & (1u << SHAPE_UNKNOWN | 1u << SHAPE_ANY))
        end->types = 0;
}

int path_check(const struct path *path, const struct node *node, struct compile *c,
               struct path_end *end)
{
    struct dead_end dead;
    struct walk w;
    int result;

    *end = (struct path_end){0};
    if (!c->shapes)
        return 0;
    result = walk(c, path, &w);
    if (result <= 0)
        return result;
    if (arrived(&w)) {
        note_end(&w, end);
        if (end->types == 1u << SHAPE_QUANTITY && !end->foreign)
            check_resource(&w, node);
        return 0;
    }
    if (w.from->count == 0) {
        tell_no_pod(&w, node);
        return 0;
    }
    if (find_dead_end(&w, node, &dead) < 0)
        return -1;
    if (dead.names)
        return tell_name(&dead);
    tell_type(&dead);
    return 0;
}
