#include "policy/rule/path.h"

#include "base/arena.h"
#include "base/budget.h"
#include "base/buf.h"
#include "base/json/json.h"
#include "base/parse_error.h"
#include "policy/limits.h"
#include "policy/object/value.h"
#include "policy/rule/check.h"

#include <string.h>
#include <yyjson.h>

struct path_step {
    const struct path_step *up; /* NULL at the root */
    /* Of the root, where the walk began: at a container, at the pod (with container NULL), or at
     * the object (with both NULL). */
    const struct workload *workload;
    const struct container *container;
    struct view key;  /* of a map; absent for an element of a list */
    struct view name; /* of an element of a list, when it has one */
    size_t index;
    yyjson_val *element; /* of a list, when it has no name */
};

/* --- compiling -------------------------------------------------------------------------------- */

struct reader {
    struct view text;
    size_t at, begin; /* of the segment that is read */
    struct parse_error *parse_error;
    struct path *path;
};

static struct segment *add_segment(struct reader *r, enum segment_kind kind, struct view key)
{
    struct segment *segment = &r->path->segments[r->path->count++];

    *segment = (struct segment){.kind = kind, .key = key, .at = r->begin, .end = r->at};
    return segment;
}

static size_t offset(const struct reader *r, struct view part)
{
    return (size_t)(part.p - r->text.p);
}

/* The first of several flaws of spelling is told. */
static bool is_sound(const struct reader *r)
{
    return r->parse_error->why[0] == '\0';
}

static bool is_field_name(struct view key)
{
    for (size_t i = 0; i < key.n; i++) {
        char c = key.p[i];

        if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') &&
            !strchr("-_/$:@", c))
            return false;
    }
    return key.n > 0;
}

/* An element is selected by one of its own fields and by equality, and the value is what follows
 * the = to the last byte: what is spelt in another way would never be equal to anything. */
static void check_select(struct reader *r, struct view key, struct view value)
{
    struct view plain = view_trim(key);

    if (!is_sound(r))
        return;
    if (plain.n != key.n || view_trim(value).n != value.n) {
        parse_error_set(r->parse_error, offset(r, key),
                        "no blank stands beside the = of a selector");
        parse_error_hint(r->parse_error, "write [%.*s=%.*s]", VIEW_ARGS(plain),
                         VIEW_ARGS(view_trim(value)));
    } else if (!is_field_name(key)) {
        parse_error_set(r->parse_error, offset(r, key),
                        "\"%.*s\" is not a field to select elements by", VIEW_ARGS(key));
        parse_error_hint(r->parse_error,
                         "write [name=value]: a field of the element, and a value that it equals");
    } else if (strchr("=~'", value.p[0])) {
        parse_error_set(r->parse_error, offset(r, value), "the value after = begins with %c",
                        value.p[0]);
        parse_error_hint(r->parse_error,
                         "write [%.*s=value], without quotes and with one =", VIEW_ARGS(key));
    } else if (view_eq_str(key, "name") && view_find(value, '*') >= 0) {
        parse_error_set(r->parse_error, offset(r, value),
                        "no name has a * in it, and a selector knows no globs");
        parse_error_hint(r->parse_error, "write [*] for every element");
    }
}

static int refuse_bracket(struct reader *r, struct view inside)
{
    parse_error_set(r->parse_error, offset(r, inside),
                    "in brackets stand *, name=value or a quoted key");
    if (inside.n > 1 && inside.p[0] == '\'' && view_ends(inside, "'"))
        parse_error_hint(r->parse_error, "write [\"%.*s\"]",
                         VIEW_ARGS(view_first(view_from(inside, 1), inside.n - 2)));
    else if (inside.n > 0 && inside.p[0] >= '0' && inside.p[0] <= '9')
        parse_error_hint(r->parse_error,
                         "an element has no number here: [*] is each, [name=value] some");
    else if (inside.n == 0)
        parse_error_hint(r->parse_error, "write [*] for every element");
    else if (is_field_name(inside) && view_find(inside, '/') < 0)
        parse_error_hint(r->parse_error,
                         "write [name=%.*s] for elements, [\"%.*s\"] for a key of a map",
                         VIEW_ARGS(inside), VIEW_ARGS(inside));
    else
        parse_error_hint(r->parse_error, "write [\"%.*s\"] for a key of a map", VIEW_ARGS(inside));
    return -1;
}

/* [*], ["key"], [key=value] */
static int read_bracket(struct reader *r)
{
    struct view rest = view_from(r->text, r->at + 1), inside, key, value;
    bool quoted = view_starts(rest, "\"");

    if (!view_cut(quoted ? view_from(rest, 1) : rest, quoted ? '"' : ']', &inside, &value))
        return parse_error_set(r->parse_error, r->at, "\"[\" is never closed");
    r->at += inside.n + (quoted ? 4 : 2);
    if (quoted) {
        if (r->at > r->text.n || r->text.p[r->at - 1] != ']')
            return parse_error_set(r->parse_error, r->at - 1,
                                   "\"]\" is missing after the quoted key");
        add_segment(r, SEGMENT_KEY, inside);
    } else if (view_eq_str(inside, "*")) {
        add_segment(r, SEGMENT_EACH, inside);
    } else if (view_cut(inside, '=', &key, &value) && key.n > 0 && value.n > 0) {
        if (view_find(value, '"') >= 0)
            return parse_error_set(r->parse_error, offset(r, value),
                                   "the value after = stands without quotes");
        add_segment(r, SEGMENT_SELECT, key)->value = value;
        check_select(r, key, value);
    } else {
        return refuse_bracket(r, inside);
    }
    return 0;
}

/* The spellings of JSONPath, jq and JSON Pointer, and what no field is called. */
static void check_key(struct reader *r, struct view key)
{
    struct view rest = view_from(r->text, r->at + key.n);
    bool first = r->path->count == 0;

    if (!is_sound(r) || view_eq_str(key, "*"))
        return;
    if (first && (view_eq_str(key, "$") || view_eq_str(key, "@"))) {
        parse_error_set(r->parse_error, r->at,
                        "a path begins with a field of the object, not with %c", key.p[0]);
        if (rest.n > 1)
            parse_error_hint(r->parse_error, "write \"%.*s\"", VIEW_ARGS(view_from(rest, 1)));
    } else if (first && view_find(key, '/') >= 0) {
        parse_error_set(r->parse_error, r->at + (size_t)view_find(key, '/'),
                        "fields are separated by dots, not by /");
        parse_error_hint(r->parse_error, "write it as in \"spec.replicas\"");
    } else if (!is_field_name(key)) {
        parse_error_set(r->parse_error, r->at, "\"%.*s\" is not a plain field", VIEW_ARGS(key));
        parse_error_hint(r->parse_error,
                         "a key that has other than letters, digits, - _ and / stands in [\"\"]");
    }
}

static int read_key(struct reader *r)
{
    size_t n = 0;

    while (r->at + n < r->text.n && !strchr(".[]\"", r->text.p[r->at + n]))
        n++;
    if (n == 0) {
        parse_error_set(r->parse_error, r->at, "a key is missing here");
        if (r->path->count == 0 && view_starts(r->text, ".") && r->text.n > 1) /* jq */
            return parse_error_hint(r->parse_error, "write \"%.*s\"",
                                    VIEW_ARGS(view_from(r->text, 1)));
        return -1;
    }
    struct view key = view_first(view_from(r->text, r->at), n);

    check_key(r, key);
    r->at += n;
    add_segment(r, view_eq_str(key, "*") ? SEGMENT_EACH : SEGMENT_KEY, key);
    return 0;
}

static int read_segments(struct reader *r)
{
    int result = read_key(r);

    while (result == 0 && r->at < r->text.n) {
        char c = r->text.p[r->at];

        r->begin = r->at;
        if (c == '[') {
            result = read_bracket(r);
        } else if (c == '.') {
            r->at++;
            result = read_key(r);
        } else {
            result = parse_error_set(r->parse_error, r->at, "\".\" or \"[\" is expected here");
        }
    }
    return result;
}

/* `pod.` and `container.` name a root; what follows is walked from there. */
static int split_root(struct path *path, struct parse_error *parse_error)
{
    static const struct {
        const char *name;
        enum path_root root;
    } roots[] = {{"pod", ROOT_POD}, {"container", ROOT_CONTAINER}};

    for (size_t i = 0; i < 2; i++) {
        if (!view_eq_str(path->segments[0].key, roots[i].name))
            continue;
        if (path->count == 1)
            return parse_error_set(parse_error, path->text.n, "a field is expected after \"%s\"",
                                   roots[i].name);
        path->root = roots[i].root;
        path->segments++;
        path->count--;
        return 0;
    }
    return 0;
}

const struct path *path_compile(struct view text, struct arena *arena,
                                struct parse_error *parse_error)
{
    struct path *path = arena_alloc(arena, sizeof(*path));
    struct reader reader = {.text = text, .parse_error = parse_error, .path = path};

    *parse_error = (struct parse_error){0};
    if (text.n > LIMIT_PATH) {
        parse_error_set(parse_error, 0, "it is longer than %d bytes", LIMIT_PATH);
        return NULL;
    }
    if (!path || !(path->segments = arena_array(arena, text.n + 1, sizeof(*path->segments))))
        return NULL;
    path->text = text;
    if (read_segments(&reader) < 0 || split_root(path, parse_error) < 0)
        return NULL;
    return path;
}

static bool is_key(const struct segment *segment, const char *key)
{
    return segment->kind == SEGMENT_KEY && view_eq_str(segment->key, key);
}

static bool is_path(const struct path *path, const char *first, const char *second)
{
    return path->root == ROOT_OBJECT && path->count == 2 && is_key(&path->segments[0], first) &&
           is_key(&path->segments[1], second);
}

bool path_is_replicas(const struct path *path)
{
    return is_path(path, "spec", "replicas");
}

bool path_is_name(const struct path *path)
{
    return is_path(path, "metadata", "name");
}

static bool may_be(const struct path *path, size_t n, const char *key)
{
    const struct segment *s = &path->segments[n];

    return n >= path->count || s->kind != SEGMENT_KEY || view_eq_str(s->key, key);
}

/* A pod that is an object itself has its metadata at pod.metadata. */
bool path_reads_managed_fields(const struct path *path)
{
    return path->root != ROOT_CONTAINER && may_be(path, 0, "metadata") &&
           may_be(path, 1, "managedFields");
}

/* --- walking ---------------------------------------------------------------------------------- */

struct walk {
    const struct path *path;
    struct eval *e;
    int (*visit)(void *ctx, yyjson_val *value, const struct path_step *step);
    void *ctx;
};

static int walk_from(const struct walk *w, size_t n, yyjson_val *value,
                     const struct path_step *step);

static struct view string_of(yyjson_val *value)
{
    return json_text_of(value);
}

static int walk_key(const struct walk *w, size_t n, yyjson_val *value, const struct path_step *up)
{
    struct view key = w->path->segments[n].key;
    struct path_step step = {.up = up, .key = key};

    if (eval_expired_by(w->e, 1 + yyjson_obj_size(value) / KEYS_A_STEP))
        return eval_late(w->e);
    return walk_from(w, n + 1, yyjson_obj_getn(value, key.p, key.n), &step);
}

static int walk_map(const struct walk *w, size_t n, yyjson_val *map, const struct path_step *up)
{
    yyjson_obj_iter iter = yyjson_obj_iter_with(map);
    yyjson_val *key;

    while ((key = yyjson_obj_iter_next(&iter))) {
        struct path_step step = {.up = up, .key = string_of(key)};

        if (eval_expired(w->e))
            return eval_late(w->e);
        if (walk_from(w, n + 1, yyjson_obj_iter_get_val(key), &step) < 0)
            return -1;
    }
    return 0;
}

/* A number and a boolean equal their texts: [containerPort=8080]. */
static bool selects(const struct segment *segment, yyjson_val *element)
{
    yyjson_val *value = yyjson_obj_getn(element, segment->key.p, segment->key.n);
    char room[VALUE_NUMBER_ROOM];

    if (yyjson_is_bool(value))
        return view_eq_str(segment->value, yyjson_get_bool(value) ? "true" : "false");
    if (yyjson_is_num(value))
        return view_eq(value_number_text(value, room), segment->value);
    return view_eq(string_of(value), segment->value);
}

static int walk_list(const struct walk *w, size_t n, yyjson_val *list, const struct path_step *up)
{
    const struct segment *segment = &w->path->segments[n];
    struct path_step step = {.up = up};
    yyjson_arr_iter iter = yyjson_arr_iter_with(list);
    yyjson_val *value;

    for (; (value = yyjson_arr_iter_next(&iter)); step.index++) {
        if (eval_expired_by(w->e, 1 + yyjson_obj_size(value) / KEYS_A_STEP))
            return eval_late(w->e);
        step.name = string_of(yyjson_obj_get(value, "name"));
        step.element = step.name.n > 0 ? NULL : value;
        if (segment->kind == SEGMENT_SELECT && !selects(segment, value))
            continue;
        if (walk_from(w, n + 1, value, &step) < 0)
            return -1;
    }
    return 0;
}

static int walk_from(const struct walk *w, size_t n, yyjson_val *value,
                     const struct path_step *step)
{
    /* null is absent: https://kubernetes.io/docs/reference/using-api/api-concepts/ */
    if (yyjson_is_null(value))
        value = NULL;
    if (n == w->path->count)
        return w->visit(w->ctx, value, step);
    if (w->path->segments[n].kind == SEGMENT_KEY)
        return walk_key(w, n, value, step);
    if (yyjson_is_obj(value) && w->path->segments[n].kind == SEGMENT_EACH)
        return walk_map(w, n, value, step);
    return walk_list(w, n, value, step);
}

static int walk_containers(const struct walk *w, struct eval *e)
{
    struct container c = {0};

    while (eval_next_container(e, &c)) {
        struct path_step root = {.workload = e->workload, .container = &c};

        if (walk_from(w, 0, c.value, &root) < 0)
            return -1;
    }
    return e->error.p ? -1 : 0;
}

int path_walk(const struct path *path, struct eval *e,
              int (*visit)(void *ctx, yyjson_val *value, const struct path_step *step), void *ctx)
{
    struct walk w = {.path = path, .e = e, .visit = visit, .ctx = ctx};
    struct path_step root = {0};

    if (path->root == ROOT_OBJECT)
        return walk_from(&w, 0, e->object, &root);
    if (!e->workload->pod)
        return 0;
    if (path->root == ROOT_CONTAINER)
        return walk_containers(&w, e);
    root.workload = e->workload;
    return walk_from(&w, 0, e->workload->pod, &root);
}

/* --- what was walked -------------------------------------------------------------------------- */

static bool is_plain_key(struct view key)
{
    for (size_t i = 0; i < key.n; i++)
        if (strchr(".[]\"", key.p[i]))
            return false;
    return key.n > 0;
}

void path_add_key(struct buf *out, struct view key)
{
    if (is_plain_key(key))
        buf_printf(out, "%s%.*s", out->n > 0 ? "." : "", VIEW_ARGS(key));
    else
        buf_printf(out, "[%.*s]", VIEW_ARGS(key));
}

static void write_root(const struct path_step *root, struct arena *arena, struct buf *out)
{
    struct view text = VIEW("");

    if (root->container)
        text = container_path(arena, root->workload, root->container, "");
    else if (root->workload)
        text = view_of(root->workload->kind->prefix);
    out->failed = out->failed || !text.p;
    buf_add(out, text);
}

/* Recurses to the root; a path has at most LIMIT_PATH steps. */
static void write_step(const struct path_step *step, struct arena *arena, struct buf *out)
{
    if (!step->up) {
        write_root(step, arena, out);
        return;
    }
    write_step(step->up, arena, out);
    if (step->key.p)
        path_add_key(out, step->key);
    else if (step->name.n > 0)
        buf_printf(out, "[%.*s]", VIEW_ARGS(step->name));
    else
        buf_printf(out, "[%zu]", step->index);
}

struct view path_text(const struct path_step *step, struct arena *arena)
{
    struct view text = {NULL, 0};
    struct buf out;

    buf_init(&out, LIMIT_MESSAGE);
    write_step(step, arena, &out);
    if (!out.failed)
        text = arena_copy(arena, buf_view(&out));
    buf_release(&out);
    return text;
}

yyjson_val *path_unnamed(const struct path_step *step, struct arena *arena, size_t *place)
{
    const struct path_step *outermost = NULL;
    struct view before;

    for (const struct path_step *at = step; at; at = at->up)
        if (at->element)
            outermost = at;
    if (!outermost)
        return NULL;
    before = path_text(outermost->up, arena);
    *place = before.n + 1;
    return before.p ? outermost->element : NULL;
}
