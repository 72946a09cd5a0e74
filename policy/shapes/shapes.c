#include "policy/shapes/shapes.h"

#include "base/mem.h"
#include "policy/limits.h"
#include "policy/shapes/shapes_store.h"

/* The rows of the generated table, by the names of the types. */
static const char *const type_rows[] = {
#define RELEASE(text)
#define KIND(row)
#define TYPE(row) row,
#include "policy/shapes/shapes.inc"
#undef TYPE
#undef KIND
};

static const char *const kind_rows[] = {
#define TYPE(row)
#define KIND(row) row,
#include "policy/shapes/shapes.inc"
#undef TYPE
#undef KIND
#undef RELEASE
};

static const char release[] =
#define RELEASE(text) text
#define TYPE(row)
#define KIND(row)
#include "policy/shapes/shapes.inc"
#undef TYPE
#undef KIND
#undef RELEASE
    ;

/* What `workloads: all` matches beside Kubernetes' own kinds, as far as rules ask of it.
 * https://github.com/argoproj/argo-rollouts/blob/v1.8.3/pkg/apis/rollouts/v1alpha1/types.go */
static const char *const foreign_type_rows[] = {
    "argoproj.Rollout apiVersion:s kind:s metadata:ObjectMeta spec:argoproj.RolloutSpec status:a",
    "argoproj.RolloutSpec analysis:a minReadySeconds:i paused:b progressDeadlineAbort:b "
    "progressDeadlineSeconds:i replicas:i restartAt:s revisionHistoryLimit:i rollbackWindow:a "
    "selector:LabelSelector strategy:a template:PodTemplateSpec workloadRef:a",
};
static const char foreign_kind_row[] = "argoproj.io/Rollout argoproj.Rollout";

enum {
    TYPE_ROWS = sizeof(type_rows) / sizeof(type_rows[0]),
    KIND_ROWS = sizeof(kind_rows) / sizeof(kind_rows[0]),
    FOREIGN_ROWS = sizeof(foreign_type_rows) / sizeof(foreign_type_rows[0]),
};

/* The types of the rows while they are read. */
struct named {
    struct view name, fields;
    struct shape *shape;
};

struct reader {
    struct shapes *s;
    struct named types[TYPE_ROWS + FOREIGN_ROWS];
};

const char *shapes_release(void)
{
    return release;
}

/* --- the table -------------------------------------------------------------------------------- */

static enum shape_type letter_type(char c)
{
    switch (c) {
    case 's': return SHAPE_TEXT;
    case 'b': return SHAPE_BOOLEAN;
    case 'i': return SHAPE_INTEGER;
    case 'n': return SHAPE_NUMBER;
    case 'q': return SHAPE_QUANTITY;
    case 'x': return SHAPE_INTEGER_OR_TEXT;
    default: return SHAPE_ANY;
    }
}

static struct shape *find_type(const struct reader *r, struct view name)
{
    size_t low = 0, high = TYPE_ROWS;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (view_cmp(r->types[middle].name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < TYPE_ROWS && view_eq(r->types[low].name, name))
        return r->types[low].shape;
    for (size_t i = TYPE_ROWS; i < TYPE_ROWS + FOREIGN_ROWS; i++)
        if (view_eq(r->types[i].name, name))
            return r->types[i].shape;
    return NULL;
}

/* "[]{}s": lists and maps stand before what is in them. */
static struct shape *read_type(struct reader *r, struct view text, bool foreign)
{
    struct shape *outer = NULL, **to = &outer;

    while (view_starts(text, "[]") || view_starts(text, "{}") || view_eq_str(text, "o")) {
        bool map = text.p[0] != '[';

        *to = shapes_add(r->s, map ? SHAPE_MAP : SHAPE_LIST, foreign);
        if (!*to)
            return NULL;
        to = &(*to)->of;
        text = view_eq_str(text, "o") ? VIEW("a") : view_from(text, 2);
    }
    *to = text.n == 1 ? shapes_add(r->s, letter_type(text.p[0]), foreign) : find_type(r, text);
    return *to ? outer : NULL;
}

static int read_fields(struct reader *r, const struct named *type)
{
    struct shape *shape = type->shape;
    struct view rest = type->fields, field, kind;
    size_t count = 0;

    for (size_t i = 0; i < rest.n; i++)
        count += rest.p[i] == ':';
    shape->fields = arena_array(&r->s->arena, count + 1, sizeof(*shape->fields));
    if (!shape->fields)
        return -1;
    while (rest.n > 0) {
        struct shape_field *to = &shape->fields[shape->field_count++];

        view_cut(rest, ' ', &field, &rest);
        view_cut(field, ':', &to->name, &kind);
        to->shape = read_type(r, kind, shape->foreign);
        if (!to->shape)
            return -1;
    }
    return 0;
}

static int name_type(struct reader *r, size_t n, const char *row, bool foreign)
{
    struct named *type = &r->types[n];

    view_cut(view_of(row), ' ', &type->name, &type->fields);
    type->shape = shapes_add(r->s, SHAPE_MAP, foreign);
    return type->shape ? 0 : -1;
}

static int read_kind(struct reader *r, const char *row)
{
    struct view group, rest, kind, type;

    view_cut(view_of(row), '/', &group, &rest);
    view_cut(rest, ' ', &kind, &type);
    return shapes_add_kind(r->s, group, kind, find_type(r, type));
}

static int read_rows(struct reader *r)
{
    int result = 0;

    for (size_t i = 0; i < TYPE_ROWS; i++)
        result |= name_type(r, i, type_rows[i], false);
    for (size_t i = 0; i < FOREIGN_ROWS; i++)
        result |= name_type(r, TYPE_ROWS + i, foreign_type_rows[i], true);
    for (size_t i = 0; result == 0 && i < TYPE_ROWS + FOREIGN_ROWS; i++)
        result = read_fields(r, &r->types[i]);
    for (size_t i = 0; result == 0 && i < KIND_ROWS; i++)
        result = read_kind(r, kind_rows[i]);
    return result == 0 ? read_kind(r, foreign_kind_row) : result;
}

static int read_unknown(struct reader *r)
{
    struct shape *unknown = shapes_add(r->s, SHAPE_MAP, true);
    struct named type = {.fields = VIEW("apiVersion:s kind:s metadata:ObjectMeta"),
                         .shape = unknown};

    if (!unknown || read_fields(r, &type) < 0)
        return -1;
    unknown->of = shapes_add(r->s, SHAPE_UNKNOWN, true);
    r->s->unknown = unknown;
    r->s->metadata = shape_field(unknown, VIEW("metadata"));
    return unknown->of ? 0 : -1;
}

struct shapes *shapes_create(void)
{
    struct shapes *s = mem_alloc(sizeof(*s));
    struct reader *r = mem_alloc(sizeof(*r));

    if (s) {
        *s = (struct shapes){0};
        arena_init(&s->arena, LIMIT_SHAPES);
    }
    if (s && r) {
        *r = (struct reader){.s = s};
        if (read_rows(r) == 0 && read_unknown(r) == 0) {
            mem_free(r);
            return s;
        }
    }
    mem_free(r);
    shapes_free(s);
    return NULL;
}

void shapes_free(struct shapes *s)
{
    if (!s)
        return;
    for (int i = 0; i < 2; i++)
        mem_free(s->sets[i].shapes);
    arena_release(&s->arena);
    mem_free(s);
}

/* --- asking ----------------------------------------------------------------------------------- */

const struct shape_kind *shapes_kind(const struct shapes *s, size_t n)
{
    return n < s->kind_count ? &s->kinds[n] : NULL;
}

struct shape *shapes_unknown(struct shapes *s)
{
    return s->unknown;
}

static int make_room(struct shapes *s)
{
    for (int i = 0; i < 2; i++) {
        struct shape **grown = mem_alloc(s->shape_count * sizeof(struct shape *));

        if (!grown)
            return -1;
        mem_free(s->sets[i].shapes);
        s->sets[i].shapes = grown;
    }
    s->set_room = s->shape_count;
    return 0;
}

struct shape_set *shapes_set(struct shapes *s, int n)
{
    struct shape_set *set = &s->sets[n];

    if (s->set_room < s->shape_count && make_room(s) < 0)
        return NULL;
    set->count = 0;
    set->mark = ++s->marks;
    return set;
}
