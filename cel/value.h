#ifndef TG_CEL_VALUE_H
#define TG_CEL_VALUE_H

#include "base/view.h"
#include "cel/type.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <yyjson.h>

struct arena;
struct buf;
struct cel_run;

/* A value of the Common Expression Language: 16 bytes, passed by value. What it points to is
 * somebody else's and is never changed: the parsed document, the compiled program or the arena of
 * the evaluation. https://github.com/google/cel-spec/blob/master/doc/langdef.md#values */
enum cel_kind {
    CEL_ERROR, /* an error is a value, that || and && may absorb */
    CEL_NULL,
    CEL_BOOL,
    CEL_INT,
    CEL_UINT,
    CEL_DOUBLE,
    CEL_STRING,
    CEL_BYTES,
    CEL_TIMESTAMP,
    CEL_DURATION,
    CEL_LIST,
    CEL_MAP,
    CEL_TYPE,
    CEL_OPTIONAL,
    CEL_OBJECT, /* of a class of a library: net.IP, or of whoever gave the variable */
};

/* How a list or map is held. Read them through cel/list.h and cel/map.h only. */
enum cel_form {
    CEL_FORM_ARRAY, /* list: elements; map: entries */
    CEL_FORM_JSON,  /* an array or object of a document */
    CEL_FORM_JOIN,  /* list: one after another, `a + b` */
};

struct cel_value {
    uint8_t kind; /* enum cel_kind */
    uint8_t form; /* enum cel_form of a CEL_LIST or CEL_MAP */
    int16_t zone; /* CEL_TIMESTAMP: minutes east of UTC, as it was written */
    uint32_t n;   /* CEL_STRING, CEL_BYTES: how many bytes; CEL_TIMESTAMP: nanoseconds */
    union {
        bool truth;
        int64_t i; /* CEL_INT; CEL_DURATION: nanoseconds; CEL_TIMESTAMP: seconds since 1970 */
        uint64_t u;
        double d;
        const char *text;
        yyjson_val *json;
        const struct cel_list *list;
        const struct cel_join *join;
        const struct cel_map *map;
        const struct cel_type *type;
        const struct cel_value *some; /* CEL_OPTIONAL; NULL: none */
        const struct cel_object *object;
        const struct cel_error *error;
    };
};

/* Why an expression has no value: "no such key: " and "foo". */
struct cel_error {
    const char *what;
    struct view about;
    uint32_t at; /* the byte of the expression's text, or CEL_NOWHERE */
};

#define CEL_NOWHERE UINT32_MAX

struct cel_list {
    size_t count;
    struct cel_value items[];
};

struct cel_join {
    size_t count; /* of both */
    struct cel_value first, second;
};

/* Entries as they were put in; beyond a few, found by a hash (cel/map.h). */
struct cel_entry {
    struct cel_value key, value;
};

struct cel_map {
    size_t count, room;
    struct cel_entry *entries;
    uint32_t *slots;   /* NULL: there are few */
    size_t slot_count; /* a power of two */
};

/* A kind of objects of a library. All functions may be called from any thread, and any but equal
 * may be NULL. */
struct cel_class {
    const char *name; /* of its type: "net.IP" */
    const struct cel_type *type;
    bool (*equal)(const struct cel_object *a, const struct cel_object *b);
    /* Below, at or above 0, as a is before, like or after b (cel/lib/ordered.h). */
    int (*order)(const struct cel_object *a, const struct cel_object *b);
    /* A field or, of a map that is made as it is asked for, an entry: false when there is none. */
    bool (*field)(const struct cel_object *object, struct view name, struct cel_run *run,
                  struct cel_value *value);
    /* Its size, as costs are counted by it; NULL: 1. */
    size_t (*size)(const struct cel_object *object);
    /* Appends it as string() has it; NULL: it has no string. */
    void (*write)(const struct cel_object *object, struct buf *out);
};

/* The beginning of each object; a library has its own struct, with this as the first member. */
struct cel_object {
    const struct cel_class *class;
};

static inline struct cel_value cel_null(void)
{
    return (struct cel_value){.kind = CEL_NULL};
}

static inline struct cel_value cel_bool(bool truth)
{
    return (struct cel_value){.kind = CEL_BOOL, .u = truth};
}

static inline struct cel_value cel_int(int64_t i)
{
    return (struct cel_value){.kind = CEL_INT, .i = i};
}

static inline struct cel_value cel_uint(uint64_t u)
{
    return (struct cel_value){.kind = CEL_UINT, .u = u};
}

static inline struct cel_value cel_double(double d)
{
    return (struct cel_value){.kind = CEL_DOUBLE, .d = d};
}

/* Text is UTF-8 and stays where it is; less than 4 GiB. */
static inline struct cel_value cel_string(struct view text)
{
    return (struct cel_value){.kind = CEL_STRING, .n = (uint32_t)text.n, .text = text.p};
}

static inline struct cel_value cel_bytes(struct view bytes)
{
    return (struct cel_value){.kind = CEL_BYTES, .n = (uint32_t)bytes.n, .text = bytes.p};
}

static inline struct cel_value cel_duration(int64_t nanoseconds)
{
    return (struct cel_value){.kind = CEL_DURATION, .i = nanoseconds};
}

static inline struct cel_value cel_timestamp(int64_t seconds, uint32_t nanoseconds)
{
    return (struct cel_value){.kind = CEL_TIMESTAMP, .n = nanoseconds, .i = seconds};
}

static inline struct cel_value cel_of_list(const struct cel_list *list)
{
    return (struct cel_value){.kind = CEL_LIST, .form = CEL_FORM_ARRAY, .list = list};
}

static inline struct cel_value cel_of_map(const struct cel_map *map)
{
    return (struct cel_value){.kind = CEL_MAP, .form = CEL_FORM_ARRAY, .map = map};
}

static inline struct cel_value cel_of_type(const struct cel_type *type)
{
    return (struct cel_value){.kind = CEL_TYPE, .type = type};
}

static inline struct cel_value cel_of_object(const struct cel_object *object)
{
    return (struct cel_value){.kind = CEL_OBJECT, .object = object};
}

static inline struct cel_value cel_of_error(const struct cel_error *error)
{
    return (struct cel_value){.kind = CEL_ERROR, .error = error};
}

/* An optional with a value that lives as long as it does, or without one: optional.none(). */
static inline struct cel_value cel_some(const struct cel_value *value)
{
    return (struct cel_value){.kind = CEL_OPTIONAL, .some = value};
}

/* The bytes of a CEL_STRING or CEL_BYTES. */
static inline struct view cel_text(struct cel_value v)
{
    return (struct view){v.text, v.n};
}

static inline bool cel_is_true(struct cel_value v)
{
    return v.kind == CEL_BOOL && v.truth;
}

/* A value of a document, without copying; NULL is null. Whole numbers of int64 are int, all others
 * double, as Kubernetes decodes JSON. Any thread. */
struct cel_value cel_of_json(yyjson_val *json);

/* The type of a value, as type() has it: of lists and maps without parameters. Never NULL. */
const struct cel_type *cel_type_of(struct cel_value v);

/* Appends the value as JSON that has one form for one value: numbers of int, strings, bools, null
 * and lists are those of JSON; all else is {"kind": ...}: {"double":"1.5"}, {"bytes":base64},
 * {"map":[[key,value],...]} by key, {"optional":[]}. What is deeper than LIMIT_CEL_DEPTH is null.
 */
void cel_write(struct cel_value v, struct buf *out);

/* Appends why an expression has no value. */
void cel_error_write(const struct cel_error *error, struct buf *out);

#endif
