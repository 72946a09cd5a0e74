#include "cel/show.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/text/base64.h"
#include "base/text/quote.h"
#include "cel/equal.h"
#include "cel/instant.h"
#include "cel/limits.h"
#include "cel/list.h"
#include "cel/number.h"
#include "cel/run.h"

#include <stdlib.h>

enum { MOST_SHOWN = 1024 };

static void write_double(double d, struct buf *out)
{
    char room[CEL_NUMBER_ROOM];

    buf_add(out, cel_double_text(d, room));
}

static void write_timestamp(struct cel_value v, struct buf *out)
{
    char room[CEL_INSTANT_ROOM];

    buf_add(out, cel_timestamp_text(v, room));
}

static void write_duration(struct cel_value v, struct buf *out)
{
    char room[CEL_INSTANT_ROOM];

    buf_add(out, cel_duration_text(v, room));
}

/* --- for errors ------------------------------------------------------------------------------- */

static void show(struct cel_value v, struct buf *out, unsigned depth);

static void show_parts(struct cel_value v, struct buf *out, unsigned depth)
{
    struct cel_iter iter = cel_iter(v);

    buf_add_char(out, v.kind == CEL_LIST ? '[' : '{');
    while (!out->failed && cel_iter_next(&iter)) {
        if (iter.index > 1)
            buf_add_str(out, ", ");
        if (v.kind == CEL_MAP) {
            show(iter.key, out, depth - 1);
            buf_add_str(out, ": ");
        }
        show(iter.value, out, depth - 1);
    }
    buf_add_char(out, v.kind == CEL_LIST ? ']' : '}');
}

static void show_object(const struct cel_object *object, struct buf *out)
{
    if (object->class->write)
        object->class->write(object, out);
    else
        buf_add_str(out, object->class->name);
}

static void show(struct cel_value v, struct buf *out, unsigned depth)
{
    if (depth == 0)
        return;
    switch ((enum cel_kind)v.kind) {
    case CEL_ERROR: cel_error_write(v.error, out); break;
    case CEL_NULL: buf_add_str(out, "null"); break;
    case CEL_BOOL: buf_add_str(out, v.truth ? "true" : "false"); break;
    case CEL_INT: buf_printf(out, "%lld", (long long)v.i); break;
    case CEL_UINT: buf_printf(out, "%llu", (unsigned long long)v.u); break;
    case CEL_DOUBLE: write_double(v.d, out); break;
    case CEL_STRING: buf_add(out, cel_text(v)); break;
    case CEL_BYTES: quote_json(out, cel_text(v)); break;
    case CEL_TIMESTAMP: write_timestamp(v, out); break;
    case CEL_DURATION: write_duration(v, out); break;
    case CEL_LIST:
    case CEL_MAP: show_parts(v, out, depth); break;
    case CEL_TYPE: buf_add_str(out, v.type->name); break;
    case CEL_OPTIONAL:
        buf_add_str(out, v.some ? "optional(" : "optional.none(");
        if (v.some)
            show(*v.some, out, depth - 1);
        buf_add_char(out, ')');
        break;
    case CEL_OBJECT: show_object(v.object, out); break;
    }
}

struct view cel_show(struct cel_run *run, struct cel_value v)
{
    struct view text;
    struct buf out;

    buf_init(&out, MOST_SHOWN);
    show(v, &out, LIMIT_CEL_DEPTH);
    text = arena_copy(run->arena, buf_view(&out));
    buf_release(&out);
    return text;
}

/* --- as JSON ---------------------------------------------------------------------------------- */

static void write_value(struct cel_value v, struct buf *out, unsigned depth);

static int by_key(const void *a, const void *b)
{
    const struct cel_entry *left = a, *right = b;
    int order;

    if (left->key.kind != right->key.kind)
        return left->key.kind < right->key.kind ? -1 : 1;
    return cel_compare(left->key, right->key, &order) ? order : 0;
}

static void write_list(struct cel_value v, struct buf *out, unsigned depth)
{
    struct cel_iter iter = cel_iter(v);

    buf_add_char(out, '[');
    while (cel_iter_next(&iter)) {
        buf_add_str(out, iter.index > 1 ? "," : "");
        write_value(iter.value, out, depth - 1);
    }
    buf_add_char(out, ']');
}

static void write_map(struct cel_value v, struct buf *out, unsigned depth)
{
    struct cel_iter iter = cel_iter(v);
    size_t count = 0;
    struct cel_entry *entries = mem_alloc((cel_count(v) + 1) * sizeof(*entries));

    if (!entries) {
        out->failed = true;
        return;
    }
    while (cel_iter_next(&iter))
        entries[count++] = (struct cel_entry){iter.key, iter.value};
    qsort(entries, count, sizeof(*entries), by_key);
    buf_add_str(out, "{\"map\":[");
    for (size_t i = 0; i < count; i++) {
        buf_add_str(out, i > 0 ? ",[" : "[");
        write_value(entries[i].key, out, depth - 1);
        buf_add_char(out, ',');
        write_value(entries[i].value, out, depth - 1);
        buf_add_char(out, ']');
    }
    buf_add_str(out, "]}");
    mem_free(entries);
}

/* {"kind":text}, the text as a JSON string. */
static void write_named(const char *kind, struct cel_value v, struct buf *out)
{
    struct buf text;

    buf_init(&text, MOST_SHOWN);
    if (v.kind == CEL_BYTES)
        base64_encode(cel_text(v), &text);
    else
        show(v, &text, 2);
    buf_printf(out, "{\"%s\":", kind);
    quote_json(out, buf_view(&text));
    buf_add_char(out, '}');
    buf_release(&text);
}

static void write_optional(struct cel_value v, struct buf *out, unsigned depth)
{
    buf_add_str(out, "{\"optional\":[");
    if (v.some)
        write_value(*v.some, out, depth - 1);
    buf_add_str(out, "]}");
}

static void write_value(struct cel_value v, struct buf *out, unsigned depth)
{
    if (depth == 0) {
        buf_add_str(out, "null");
        return;
    }
    switch ((enum cel_kind)v.kind) {
    case CEL_ERROR: write_named("error", v, out); break;
    case CEL_NULL:
    case CEL_BOOL:
    case CEL_INT: show(v, out, 1); break;
    case CEL_STRING: quote_json(out, cel_text(v)); break;
    case CEL_UINT: write_named("uint", v, out); break;
    case CEL_DOUBLE: write_named("double", v, out); break;
    case CEL_BYTES: write_named("bytes", v, out); break;
    case CEL_TIMESTAMP: write_named("timestamp", v, out); break;
    case CEL_DURATION: write_named("duration", v, out); break;
    case CEL_TYPE: write_named("type", v, out); break;
    case CEL_LIST: write_list(v, out, depth); break;
    case CEL_MAP: write_map(v, out, depth); break;
    case CEL_OPTIONAL: write_optional(v, out, depth); break;
    case CEL_OBJECT: write_named(v.object->class->name, v, out); break;
    }
}

void cel_write(struct cel_value v, struct buf *out)
{
    write_value(v, out, LIMIT_CEL_DEPTH);
}
