#include "base/arena.h"
#include "cel/lib/libraries.h"
#include "cel/text/format.h"

/* https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-format-library */

struct format_object {
    struct cel_object object;
    const struct format *format;
};

static const struct format *format_in(const struct cel_object *object)
{
    return ((const struct format_object *)(const void *)object)->format;
}

static bool equal(const struct cel_object *a, const struct cel_object *b)
{
    return format_in(a) == format_in(b);
}

static const struct cel_class class;
static const struct cel_type type = {
    .kind = CEL_TYPE_OBJECT, .name = "kubernetes.NamedFormat", .class = &class};
static const struct cel_class class = {
    .name = "kubernetes.NamedFormat", .type = &type, .equal = equal};

static struct cel_value of_format(struct cel_run *run, const struct format *format)
{
    struct format_object *object = arena_alloc(run->arena, sizeof(*object));

    if (!object)
        return cel_no_memory(run);
    *object = (struct format_object){{&class}, format};
    return cel_of_object(&object->object);
}

static struct cel_value call_named(struct cel_run *run, const struct cel_value *args)
{
    const struct format *format = format_find(cel_text(args[0]));

    return format ? cel_optional(run, of_format(run, format)) : cel_some(NULL);
}

static struct cel_value call_validate(struct cel_run *run, const struct cel_value *args)
{
    struct format_flaws flaws = {.count = 0};
    struct cel_list *list;

    if (!cel_step(run, 1 + args[1].n / 16))
        return cel_null();
    if (format_in(args[0].object)->validate(cel_text(args[1]), &flaws, run->arena) < 0)
        return cel_no_memory(run);
    if (flaws.count == 0)
        return cel_some(NULL);
    list = cel_list_create(run, flaws.count);
    for (size_t i = 0; list && i < flaws.count; i++)
        list->items[list->count++] = cel_string(flaws.all[i]);
    return list ? cel_optional(run, cel_of_list(list)) : cel_null();
}

/* As of a match of a pattern. */
static uint64_t cost_validate(const struct cel_value *args, const struct cel_value *result,
                              bool sure)
{
    unsigned pattern;

    (void)result, (void)sure;
    if (args[0].kind != CEL_OBJECT)
        return 1;
    pattern = format_in(args[0].object)->pattern_size;
    return cel_cost_tenth(cel_cost_size(args[1]) + 1) * (pattern / 4 + (pattern % 4 > 0));
}

/* format.uuid() and the like: each finds itself. */
#define FORMAT(name)                                                                               \
    static struct cel_value call_##name(struct cel_run *run, const struct cel_value *args)         \
    {                                                                                              \
        (void)args;                                                                                \
        return of_format(run, format_find(VIEW(#name)));                                           \
    }
#define ROW(name)                                                                                  \
    {                                                                                              \
        .signature = "format." #name "() -> kubernetes.NamedFormat", .call = call_##name,          \
        .since = 31                                                                                \
    }

FORMAT(byte)
FORMAT(date)
FORMAT(datetime)
FORMAT(dns1035Label)
FORMAT(dns1035LabelPrefix)
FORMAT(dns1123Label)
FORMAT(dns1123LabelPrefix)
FORMAT(dns1123Subdomain)
FORMAT(dns1123SubdomainPrefix)
FORMAT(labelValue)
FORMAT(qualifiedName)
FORMAT(uri)
FORMAT(uuid)

static const struct cel_function rows[] = {
    {.signature = "format.named(string) -> optional(kubernetes.NamedFormat)",
     .call = call_named,
     .since = 31},
    {.signature = "(kubernetes.NamedFormat).validate(string) -> optional(list(string))",
     .call = call_validate,
     .cost = cost_validate,
     .since = 31},
    ROW(byte),
    ROW(date),
    ROW(datetime),
    ROW(dns1035Label),
    ROW(dns1035LabelPrefix),
    ROW(dns1123Label),
    ROW(dns1123LabelPrefix),
    ROW(dns1123Subdomain),
    ROW(dns1123SubdomainPrefix),
    ROW(labelValue),
    ROW(qualifiedName),
    ROW(uri),
    ROW(uuid),
};

static const struct cel_class *const classes[] = {&class, NULL};

const struct cel_library cel_lib_kube_format = {"Kubernetes' formats", rows,
                                                sizeof(rows) / sizeof(rows[0]), classes};
