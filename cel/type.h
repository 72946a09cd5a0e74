#ifndef TG_CEL_TYPE_H
#define TG_CEL_TYPE_H

#include "base/view.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct buf;
struct cel_class;

/* The type of an expression, as far as it is known before it is evaluated. Types never change once
 * made, and live as long as the arena they were made in; the simple ones are constants. */
enum cel_type_kind {
    CEL_TYPE_ERROR, /* of what was found wrong: it goes with everything, so that it is told once */
    CEL_TYPE_DYN,   /* known when it is evaluated */
    CEL_TYPE_NULL,
    CEL_TYPE_BOOL,
    CEL_TYPE_INT,
    CEL_TYPE_UINT,
    CEL_TYPE_DOUBLE,
    CEL_TYPE_STRING,
    CEL_TYPE_BYTES,
    CEL_TYPE_TIMESTAMP,
    CEL_TYPE_DURATION,
    CEL_TYPE_LIST,     /* of[0]: the elements */
    CEL_TYPE_MAP,      /* of[0]: the keys, of[1]: the values */
    CEL_TYPE_OPTIONAL, /* of[0]: the value, if there is one */
    CEL_TYPE_TYPE,     /* of[0]: the type that the value names, or NULL */
    CEL_TYPE_OBJECT,   /* fields: what it has; or a class of a library, such as net.IP */
    CEL_TYPE_PARAM,    /* "A" of a signature, and what the checker has still to find out */
};

/* What an object of a known shape has. Both may be called from any thread. */
struct cel_fields {
    /* The type of a field, or NULL when there is none of that name. */
    const struct cel_type *(*field)(const struct cel_type *object, struct view name);
    /* The name of the i-th field, or NULL at their end: for near words. May be NULL. */
    const char *(*name)(const struct cel_type *object, size_t i);
};

struct cel_type {
    enum cel_type_kind kind;
    uint32_t param;   /* CEL_TYPE_PARAM: which */
    const char *name; /* as messages and type() have it: "int", "list", "net.IP", "A" */
    const struct cel_type *of[2];
    const struct cel_fields *fields; /* CEL_TYPE_OBJECT; NULL: it has none that can be selected */
    const struct cel_class *class;   /* CEL_TYPE_OBJECT of a library (cel/value.h), or NULL */
    const void *data;                /* of whoever gave the fields */
};

extern const struct cel_type cel_type_error, cel_type_dyn, cel_type_null, cel_type_bool,
    cel_type_int, cel_type_uint, cel_type_double, cel_type_string, cel_type_bytes,
    cel_type_timestamp, cel_type_duration, cel_type_list, cel_type_map, cel_type_optional,
    cel_type_type;

/* The type with these parameters; NULL when the arena is full. */
const struct cel_type *cel_type_list_of(const struct cel_type *element, struct arena *arena);
const struct cel_type *cel_type_map_of(const struct cel_type *key, const struct cel_type *value,
                                       struct arena *arena);
const struct cel_type *cel_type_optional_of(const struct cel_type *value, struct arena *arena);
const struct cel_type *cel_type_type_of(const struct cel_type *named, struct arena *arena);

/* Whether they are the same type, parameters and all. */
bool cel_type_same(const struct cel_type *a, const struct cel_type *b);

/* Whether nothing is known of it. */
static inline bool cel_type_is_dyn(const struct cel_type *type)
{
    return type->kind == CEL_TYPE_DYN || type->kind == CEL_TYPE_ERROR;
}

/* Appends it as a signature has it: "list(map(string, dyn))". */
void cel_type_write(const struct cel_type *type, struct buf *out);

#endif
