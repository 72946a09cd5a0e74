#include "policy/expressions/image_library.h"

#include "base/arena.h"
#include "base/parse_error.h"
#include "policy/expressions/record_type.h"
#include "policy/image/image_ref.h"

struct image {
    struct cel_object object;
    struct image_ref ref;
};

static const struct image *image_in(const struct cel_object *object)
{
    return (const struct image *)(const void *)object;
}

static bool equal(const struct cel_object *a, const struct cel_object *b)
{
    const struct image_ref *x = &image_in(a)->ref, *y = &image_in(b)->ref;

    return view_eq(x->repository, y->repository) && view_eq(x->tag, y->tag) &&
           view_eq(x->digest, y->digest);
}

static bool field(const struct cel_object *object, struct view name, struct cel_run *run,
                  struct cel_value *value)
{
    const struct image_ref *ref = &image_in(object)->ref;
    const struct {
        const char *name;
        struct view text;
    } fields[] = {{"registry", ref->domain},
                  {"repository", ref->path},
                  {"tag", ref->tag},
                  {"digest", ref->digest}};

    (void)run;
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
        if (view_eq_str(name, fields[i].name) && fields[i].text.p) {
            *value = cel_string(fields[i].text);
            return true;
        }
    return false;
}

static const struct record_field image_fields[] = {{"registry", &cel_type_string},
                                                   {"repository", &cel_type_string},
                                                   {"tag", &cel_type_string},
                                                   {"digest", &cel_type_string},
                                                   {0}};
static const struct cel_class class;
static const struct cel_type type = {.kind = CEL_TYPE_OBJECT,
                                     .name = "tidegate.Image",
                                     .fields = &record_type_fields,
                                     .class = &class,
                                     .data = image_fields};
static const struct cel_class class = {
    .name = "tidegate.Image", .type = &type, .equal = equal, .field = field};

static struct cel_value call_image(struct cel_run *run, const struct cel_value *args)
{
    struct image *image = arena_alloc(run->arena, sizeof(*image));
    struct parse_error error;

    if (!image)
        return cel_no_memory(run);
    image->object.class = &class;
    if (image_ref_parse(cel_text(*args), run->arena, &image->ref, &error) == 0)
        return cel_of_object(&image->object);
    return cel_failf(run, "\"%.*s\" is not an image reference: %s",
                     VIEW_ARGS(view_first(cel_text(*args), 128)), error.why);
}

static const struct cel_function rows[] = {
    {.signature = "image(string) -> tidegate.Image", .call = call_image, .cost = cel_cost_text},
};

static const struct cel_class *const classes[] = {&class, NULL};

const struct cel_library image_library = {
    .name = "tidegate", .rows = rows, .count = 1, .classes = classes};
