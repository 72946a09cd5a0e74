#include "cel/value.h"

#include "base/buf.h"

struct cel_value cel_of_json(yyjson_val *json)
{
    switch (json ? yyjson_get_type(json) : YYJSON_TYPE_NULL) {
    case YYJSON_TYPE_BOOL: return cel_bool(unsafe_yyjson_get_bool(json));
    case YYJSON_TYPE_STR:
        return cel_string((struct view){unsafe_yyjson_get_str(json), unsafe_yyjson_get_len(json)});
    case YYJSON_TYPE_ARR:
        return (struct cel_value){.kind = CEL_LIST, .form = CEL_FORM_JSON, .json = json};
    case YYJSON_TYPE_OBJ:
        return (struct cel_value){.kind = CEL_MAP, .form = CEL_FORM_JSON, .json = json};
    case YYJSON_TYPE_NUM:
        if (yyjson_is_sint(json) ||
            (yyjson_is_uint(json) && unsafe_yyjson_get_uint(json) <= INT64_MAX))
            return cel_int(unsafe_yyjson_get_sint(json));
        return cel_double(yyjson_get_num(json));
    default: return cel_null();
    }
}

const struct cel_type *cel_type_of(struct cel_value v)
{
    static const struct cel_type *const types[] = {
        [CEL_ERROR] = &cel_type_error,         [CEL_NULL] = &cel_type_null,
        [CEL_BOOL] = &cel_type_bool,           [CEL_INT] = &cel_type_int,
        [CEL_UINT] = &cel_type_uint,           [CEL_DOUBLE] = &cel_type_double,
        [CEL_STRING] = &cel_type_string,       [CEL_BYTES] = &cel_type_bytes,
        [CEL_TIMESTAMP] = &cel_type_timestamp, [CEL_DURATION] = &cel_type_duration,
        [CEL_LIST] = &cel_type_list,           [CEL_MAP] = &cel_type_map,
        [CEL_TYPE] = &cel_type_type,           [CEL_OPTIONAL] = &cel_type_optional,
    };

    return v.kind == CEL_OBJECT ? v.object->class->type : types[v.kind];
}

void cel_error_write(const struct cel_error *error, struct buf *out)
{
    buf_add_str(out, error->what);
    buf_add(out, error->about);
}
