#include "cel/type.h"

#include "base/arena.h"
#include "base/buf.h"

#define SIMPLE(kind_, name_)                                                                       \
    {                                                                                              \
        .kind = (kind_), .name = (name_)                                                           \
    }

const struct cel_type cel_type_error = SIMPLE(CEL_TYPE_ERROR, "error");
const struct cel_type cel_type_dyn = SIMPLE(CEL_TYPE_DYN, "dyn");
const struct cel_type cel_type_null = SIMPLE(CEL_TYPE_NULL, "null_type");
const struct cel_type cel_type_bool = SIMPLE(CEL_TYPE_BOOL, "bool");
const struct cel_type cel_type_int = SIMPLE(CEL_TYPE_INT, "int");
const struct cel_type cel_type_uint = SIMPLE(CEL_TYPE_UINT, "uint");
const struct cel_type cel_type_double = SIMPLE(CEL_TYPE_DOUBLE, "double");
const struct cel_type cel_type_string = SIMPLE(CEL_TYPE_STRING, "string");
const struct cel_type cel_type_bytes = SIMPLE(CEL_TYPE_BYTES, "bytes");
const struct cel_type cel_type_timestamp = SIMPLE(CEL_TYPE_TIMESTAMP, "google.protobuf.Timestamp");
const struct cel_type cel_type_duration = SIMPLE(CEL_TYPE_DURATION, "google.protobuf.Duration");
const struct cel_type cel_type_list = {
    .kind = CEL_TYPE_LIST, .name = "list", .of = {&cel_type_dyn, NULL}};
const struct cel_type cel_type_map = {
    .kind = CEL_TYPE_MAP, .name = "map", .of = {&cel_type_dyn, &cel_type_dyn}};
const struct cel_type cel_type_optional = {
    .kind = CEL_TYPE_OPTIONAL, .name = "optional_type", .of = {&cel_type_dyn, NULL}};
const struct cel_type cel_type_type = SIMPLE(CEL_TYPE_TYPE, "type");

static const struct cel_type *type_of(const struct cel_type *form, const struct cel_type *first,
                                      const struct cel_type *second, struct arena *arena)
{
    struct cel_type *type = arena_alloc(arena, sizeof(*type));

    if (!type)
        return NULL;
    *type = *form;
    type->of[0] = first;
    type->of[1] = second;
    return type;
}

const struct cel_type *cel_type_list_of(const struct cel_type *element, struct arena *arena)
{
    return type_of(&cel_type_list, element, NULL, arena);
}

const struct cel_type *cel_type_map_of(const struct cel_type *key, const struct cel_type *value,
                                       struct arena *arena)
{
    return type_of(&cel_type_map, key, value, arena);
}

const struct cel_type *cel_type_optional_of(const struct cel_type *value, struct arena *arena)
{
    return type_of(&cel_type_optional, value, NULL, arena);
}

const struct cel_type *cel_type_type_of(const struct cel_type *named, struct arena *arena)
{
    return type_of(&cel_type_type, named, NULL, arena);
}

bool cel_type_same(const struct cel_type *a, const struct cel_type *b)
{
    if (a == b)
        return true;
    if (!a || !b || a->kind != b->kind || a->param != b->param)
        return false;
    if (a->kind == CEL_TYPE_OBJECT)
        return strcmp(a->name, b->name) == 0;
    return cel_type_same(a->of[0], b->of[0]) && cel_type_same(a->of[1], b->of[1]);
}

/* Names are short where type() is long: "timestamp". */
static const char *name_of(const struct cel_type *type)
{
    if (type->kind == CEL_TYPE_TIMESTAMP)
        return "timestamp";
    if (type->kind == CEL_TYPE_DURATION)
        return "duration";
    if (type->kind == CEL_TYPE_NULL)
        return "null";
    if (type->kind == CEL_TYPE_OPTIONAL)
        return "optional";
    return type->kind == CEL_TYPE_PARAM ? "dyn" : type->name;
}

void cel_type_write(const struct cel_type *type, struct buf *out)
{
    buf_add_str(out, name_of(type));
    if (!type->of[0])
        return;
    buf_add_char(out, '(');
    cel_type_write(type->of[0], out);
    if (type->of[1]) {
        buf_add_str(out, ", ");
        cel_type_write(type->of[1], out);
    }
    buf_add_char(out, ')');
}
