#include "policy/path.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/flaw.h"
#include "base/json.h"
#include "base/limits.h"
#include "policy/check.h"

#include <string.h>
#include <yyjson.h>

enum path_root { ROOT_OBJECT, ROOT_POD, ROOT_CONTAINER };

enum segment_kind {
    SEGMENT_KEY,    /* a key of a map */
    SEGMENT_EACH,   /* `*` and `[*]`: each value of a map, each element of a list */
    SEGMENT_SELECT, /* `[key=value]`: the elements of a list that have that value */
};

struct segment {
    enum segment_kind kind;
    struct view key;
    struct view value; /* of SEGMENT_SELECT */
};

struct path {
    struct view text;
    enum path_root root;
    struct segment *segments;
    size_t count;
};

struct path_step {
    const struct path_step *up; /* NULL at the root */
    /* Of the root, where the walk began: at a container, at the pod (with container NULL), or at
     * the object (with both NULL). */
    const struct workload *workload;
    const struct container *container;
    struct view key;  /* of a map; absent for an element of a list */
    struct view name; /* of an element of a list, when it has one */
    size_t index;
};

/* --- compiling -------------------------------------------------------------------------------- */

struct reader {
    struct view text;
    size_t at;
    struct flaw *flaw;
    struct path *path;
};

static struct segment *add_segment(struct reader *r, enum segment_kind kind, struct view key)
{
    struct segment *segment = &r->path->segments[r->path->count++];

    segment->kind = kind;
    segment->key = key;
    return segment;
}

/* [*], ["key"], [key=value] */
static int read_bracket(struct reader *r)
{
    struct view rest = view_from(r->text, r->at + 1), inside, key, value;
    bool quoted = view_starts(rest, "\"");

    if (!view_cut(quoted ? view_from(rest, 1) : rest, quoted ? '"' : ']', &inside, &value))
        return flaw_set(r->flaw, r->at, "\"[\" is never closed");
    r->at += inside.n + (quoted ? 4 : 2);
    if (quoted) {
        if (r->at > r->text.n || r->text.p[r->at - 1] != ']')
            return flaw_set(r->flaw, r->at - 1, "\"]\" is missing after the quoted key");
        add_segment(r, SEGMENT_KEY, inside);
    } else if (view_eq_str(inside, "*")) {
        add_segment(r, SEGMENT_EACH, inside);
    } else if (view_cut(inside, '=', &key, &value) && key.n > 0 && value.n > 0) {
        if (view_find(value, '"') >= 0)
            return flaw_set(r->flaw, (size_t)(value.p - r->text.p),
                            "the value after = stands without quotes");
        add_segment(r, SEGMENT_SELECT, key)->value = value;
    } else {
        return flaw_set(r->flaw, r->at - inside.n - 1,
                        "in brackets stand *, name=value or a quoted key");
    }
    return 0;
}

static int read_key(struct reader *r)
{
    size_t n = 0;

    while (r->at + n < r->text.n && !strchr(".[]\"", r->text.p[r->at + n]))
        n++;
    if (n == 0)
        return flaw_set(r->flaw, r->at, "a key is missing here");
    struct view key = view_first(view_from(r->text, r->at), n);

    add_segment(r, view_eq_str(key, "*") ? SEGMENT_EACH : SEGMENT_KEY, key);
    r->at += n;
    return 0;
}

static int read_segments(struct reader *r)
{
    int result = read_key(r);

    while (result == 0 && r->at < r->text.n) {
        char c = r->text.p[r->at];

        if (c == '[') {
            result = read_bracket(r);
        } else if (c == '.') {
            r->at++;
            result = read_key(r);
        } else {
            result = flaw_set(r->flaw, r->at, "\".\" or \"[\" is expected here");
        }
    }
    return result;
}

/* `pod.` and `container.` name a root; what follows is walked from there. */
static int split_root(struct path *path, struct flaw *flaw)
{
    static const struct {
        const char *name;
        enum path_root root;
    } roots[] = {{"pod", ROOT_POD}, {"container", ROOT_CONTAINER}};

    for (size_t i = 0; i < 2; i++) {
        if (!view_eq_str(path->segments[0].key, roots[i].name))
            continue;
        if (path->count == 1)
            return flaw_set(flaw, path->text.n, "a field is expected after \"%s\"", roots[i].name);
        path->root = roots[i].root;
        path->segments++;
        path->count--;
        return 0;
    }
    return 0;
}

const struct path *path_compile(struct view text, struct arena *arena, struct flaw *flaw)
{
    struct path *path = arena_alloc(arena, sizeof(*path));
    struct reader reader = {.text = text, .flaw = flaw, .path = path};

    flaw->why[0] = '\0';
    if (text.n > LIMIT_PATH) {
        flaw_set(flaw, 0, "it is longer than %d bytes", LIMIT_PATH);
        return NULL;
    }
    if (!path || !(path->segments = arena_array(arena, text.n + 1, sizeof(*path->segments))))
        return NULL;
    path->text = text;
    if (read_segments(&reader) < 0 || split_root(path, flaw) < 0)
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

/* --- walking ---------------------------------------------------------------------------------- */

struct walk {
    const struct path *path;
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

    return walk_from(w, n + 1, yyjson_obj_getn(value, key.p, key.n), &step);
}

static int walk_map(const struct walk *w, size_t n, yyjson_val *map, const struct path_step *up)
{
    yyjson_obj_iter iter = yyjson_obj_iter_with(map);
    yyjson_val *key;

    while ((key = yyjson_obj_iter_next(&iter))) {
        struct path_step step = {.up = up, .key = string_of(key)};

        if (walk_from(w, n + 1, yyjson_obj_iter_get_val(key), &step) < 0)
            return -1;
    }
    return 0;
}

static int walk_list(const struct walk *w, size_t n, yyjson_val *list, const struct path_step *up)
{
    const struct segment *segment = &w->path->segments[n];
    struct path_step step = {.up = up};
    yyjson_arr_iter iter = yyjson_arr_iter_with(list);
    yyjson_val *value;

    for (; (value = yyjson_arr_iter_next(&iter)); step.index++) {
        step.name = string_of(yyjson_obj_get(value, "name"));
        if (segment->kind == SEGMENT_SELECT &&
            !view_eq(string_of(yyjson_obj_getn(value, segment->key.p, segment->key.n)),
                     segment->value))
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

    while (container_next(e->workload, &c)) {
        struct path_step root = {.workload = e->workload, .container = &c};

        if (eval_expired(e) || walk_from(w, 0, c.value, &root) < 0)
            return -1;
    }
    return 0;
}

int path_walk(const struct path *path, struct eval *e,
              int (*visit)(void *ctx, yyjson_val *value, const struct path_step *step), void *ctx)
{
    struct walk w = {.path = path, .visit = visit, .ctx = ctx};
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
    if (step->key.p && is_plain_key(step->key))
        buf_printf(out, "%s%.*s", out->n > 0 ? "." : "", VIEW_ARGS(step->key));
    else if (step->key.p)
        buf_printf(out, "[%.*s]", VIEW_ARGS(step->key));
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
