#include "base/arena.h"
#include "base/parse_error.h"
#include "cel/lib/libraries.h"
#include "cel/lib/ordered.h"
#include "cel/text/semver.h"

/* https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-semver-library */

struct semver_object {
    struct cel_object object;
    struct semver version;
};

static const struct semver *version_in(const struct cel_object *object)
{
    return &((const struct semver_object *)(const void *)object)->version;
}

static int order(const struct cel_object *a, const struct cel_object *b)
{
    return semver_cmp(version_in(a), version_in(b));
}

static bool equal(const struct cel_object *a, const struct cel_object *b)
{
    return order(a, b) == 0;
}

static const struct cel_class class;
static const struct cel_type type = {
    .kind = CEL_TYPE_OBJECT, .name = "kubernetes.Semver", .class = &class};
static const struct cel_class class = {
    .name = "kubernetes.Semver", .type = &type, .equal = equal, .order = order};

static struct cel_value read(struct cel_run *run, const struct cel_value *args, bool normalize)
{
    struct semver_object *object = arena_alloc(run->arena, sizeof(*object));
    struct parse_error error;

    if (!object)
        return cel_no_memory(run);
    object->object.class = &class;
    if (semver_parse(cel_text(*args), normalize, &object->version, &error) == 0)
        return cel_of_object(&object->object);
    return cel_failf(run, "\"%.*s\" is not a version: %s",
                     VIEW_ARGS(view_first(cel_text(*args), 128)), error.why);
}

static bool is_version(const struct cel_value *args, bool normalize)
{
    struct semver version;
    struct parse_error error;

    return semver_parse(cel_text(*args), normalize, &version, &error) == 0;
}

static struct cel_value call_semver(struct cel_run *run, const struct cel_value *args)
{
    return read(run, args, false);
}

static struct cel_value call_semver_normalize(struct cel_run *run, const struct cel_value *args)
{
    return read(run, args, args[1].truth);
}

static struct cel_value call_is_semver(struct cel_run *run, const struct cel_value *args)
{
    (void)run;
    return cel_bool(is_version(args, false));
}

static struct cel_value call_is_semver_normalize(struct cel_run *run, const struct cel_value *args)
{
    (void)run;
    return cel_bool(is_version(args, args[1].truth));
}

static struct cel_value call_major(struct cel_run *run, const struct cel_value *args)
{
    (void)run;
    return cel_int((int64_t)version_in(args->object)->major);
}

static struct cel_value call_minor(struct cel_run *run, const struct cel_value *args)
{
    (void)run;
    return cel_int((int64_t)version_in(args->object)->minor);
}

static struct cel_value call_patch(struct cel_run *run, const struct cel_value *args)
{
    (void)run;
    return cel_int((int64_t)version_in(args->object)->patch);
}

#define SEMVER "kubernetes.Semver"

static const struct cel_function rows[] = {
    {.signature = "semver(string) -> " SEMVER,
     .call = call_semver,
     .cost = cel_cost_text,
     .since = 33},
    {.signature = "semver(string, bool) -> " SEMVER,
     .call = call_semver_normalize,
     .cost = cel_cost_text,
     .since = 33},
    {.signature = "isSemver(string) -> bool",
     .call = call_is_semver,
     .cost = cel_cost_text,
     .since = 33},
    {.signature = "isSemver(string, bool) -> bool",
     .call = call_is_semver_normalize,
     .cost = cel_cost_text,
     .since = 33},
    {.signature = "(" SEMVER ").isGreaterThan(" SEMVER ") -> bool",
     .call = ordered_greater,
     .since = 33},
    {.signature = "(" SEMVER ").isLessThan(" SEMVER ") -> bool", .call = ordered_less, .since = 33},
    {.signature = "(" SEMVER ").compareTo(" SEMVER ") -> int",
     .call = ordered_compare,
     .since = 33},
    {.signature = "(" SEMVER ").major() -> int", .call = call_major, .since = 33},
    {.signature = "(" SEMVER ").minor() -> int", .call = call_minor, .since = 33},
    {.signature = "(" SEMVER ").patch() -> int", .call = call_patch, .since = 33},
};

static const struct cel_class *const classes[] = {&class, NULL};

const struct cel_library cel_lib_kube_semver = {"Kubernetes' semver", rows,
                                                sizeof(rows) / sizeof(rows[0]), classes};
