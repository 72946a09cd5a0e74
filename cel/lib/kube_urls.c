#include "base/arena.h"
#include "cel/lib/libraries.h"
#include "cel/map.h"
#include "cel/text/url.h"

/* https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-url-library */

struct url_object {
    struct cel_object object;
    struct url url;
    struct view text; /* all of it, by which two are equal */
};

static const struct url_object *url_in(const struct cel_object *object)
{
    return (const struct url_object *)(const void *)object;
}

static bool equal(const struct cel_object *a, const struct cel_object *b)
{
    return view_eq(url_in(a)->text, url_in(b)->text);
}

static const struct cel_class class;
static const struct cel_type type = {
    .kind = CEL_TYPE_OBJECT, .name = "kubernetes.URL", .class = &class};
static const struct cel_class class = {.name = "kubernetes.URL", .type = &type, .equal = equal};

static struct cel_value call_url(struct cel_run *run, const struct cel_value *args)
{
    struct url_object *object = arena_alloc(run->arena, sizeof(*object));
    const char *why;

    if (!object || !cel_step(run, args->n / 16))
        return cel_no_memory(run);
    why = url_check(cel_text(*args), run->arena);
    if (!why)
        why = url_parse(cel_text(*args), &object->url, run->arena);
    if (why && why[0] != '\0')
        return cel_failf(run, "URL parse error during conversion from string: %s", why);
    object->object.class = &class;
    object->text = why ? (struct view){NULL, 0} : url_text(&object->url, run->arena);
    return object->text.p ? cel_of_object(&object->object) : cel_no_memory(run);
}

static struct cel_value call_is_url(struct cel_run *run, const struct cel_value *args)
{
    return cel_bool(cel_step(run, args->n / 16) && !url_check(cel_text(*args), run->arena));
}

/* A part of a URL, of which p may be NULL when it is empty. */
static struct cel_value part(struct view v)
{
    return cel_string(v.p ? v : VIEW(""));
}

static struct cel_value call_scheme(struct cel_run *run, const struct cel_value *args)
{
    (void)run;
    return part(url_in(args->object)->url.scheme);
}

static struct cel_value call_host(struct cel_run *run, const struct cel_value *args)
{
    (void)run;
    return part(url_in(args->object)->url.host);
}

static struct cel_value call_hostname(struct cel_run *run, const struct cel_value *args)
{
    (void)run;
    return part(url_hostname(&url_in(args->object)->url));
}

static struct cel_value call_port(struct cel_run *run, const struct cel_value *args)
{
    (void)run;
    return part(url_port(&url_in(args->object)->url));
}

static struct cel_value call_path(struct cel_run *run, const struct cel_value *args)
{
    struct view path = url_escaped_path(&url_in(args->object)->url, run->arena);

    return path.p ? cel_string(path) : cel_no_memory(run);
}

/* Adds a value to the list of a name. */
static bool add_parameter(struct cel_run *run, struct cel_map *map, struct view name,
                          struct view value)
{
    const struct cel_entry *entry = cel_map_find(map, cel_string(name), true);
    size_t count = entry ? entry->value.list->count : 0;
    struct cel_list *list = cel_list_create(run, count + 1);

    if (!list || !cel_step(run, 1 + count))
        return false;
    if (count > 0)
        memcpy(list->items, entry->value.list->items, count * sizeof(*list->items));
    list->items[count] = part(value);
    list->count = count + 1;
    return cel_map_put(run->arena, map, part(name), cel_of_list(list)) == 0;
}

static struct cel_value call_query(struct cel_run *run, const struct cel_value *args)
{
    struct url_query query = url_query(&url_in(args->object)->url, run->arena);
    struct cel_map *map = cel_map_create(run->arena, 4);
    struct view name, value;

    if (!map)
        return cel_no_memory(run);
    while (url_query_next(&query, &name, &value))
        if (!add_parameter(run, map, name, value))
            return cel_no_memory(run);
    return query.failed ? cel_no_memory(run) : cel_of_map(map);
}

#define URL "kubernetes.URL"

static const struct cel_function rows[] = {
    {.signature = "url(string) -> " URL, .call = call_url, .cost = cel_cost_text},
    {.signature = "isURL(string) -> bool", .call = call_is_url},
    {.signature = "(" URL ").getScheme() -> string", .call = call_scheme},
    {.signature = "(" URL ").getHost() -> string", .call = call_host},
    {.signature = "(" URL ").getHostname() -> string", .call = call_hostname},
    {.signature = "(" URL ").getPort() -> string", .call = call_port},
    {.signature = "(" URL ").getEscapedPath() -> string", .call = call_path},
    {.signature = "(" URL ").getQuery() -> map(string, list(string))", .call = call_query},
};

static const struct cel_class *const classes[] = {&class, NULL};

const struct cel_library cel_lib_kube_urls = {"Kubernetes' URLs", rows,
                                              sizeof(rows) / sizeof(rows[0]), classes};
