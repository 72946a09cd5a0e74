#include "kube/event_stream.h"

#include "base/arena.h"
#include "base/json/json.h"
#include "kube/limits.h"

#include <stdint.h>
#include <yyjson.h>

enum { PARSED = 16 }; /* times the size of a text: what its tree may take */

void event_stream_init(struct event_stream *s, int (*take)(void *ctx, const struct event *event),
                       void *ctx)
{
    *s = (struct event_stream){.take = take, .ctx = ctx};
    buf_init(&s->line, LIMIT_KUBE_EVENT);
}

void event_stream_release(struct event_stream *s)
{
    buf_release(&s->line);
}

static int refuse(struct event_stream *s, const char *problem)
{
    s->problem = problem;
    return -1;
}

static int read_type(struct view text, enum event_type *type)
{
    static const struct {
        const char *name;
        enum event_type type;
    } types[] = {
        {"ADDED", EVENT_UPSERT},      {"MODIFIED", EVENT_UPSERT}, {"DELETED", EVENT_DELETED},
        {"BOOKMARK", EVENT_BOOKMARK}, {"ERROR", EVENT_ERROR},
    };

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (!view_eq_str(text, types[i].name))
            continue;
        *type = types[i].type;
        return 0;
    }
    return -1;
}

static int read_event(struct event_stream *s, yyjson_val *root)
{
    struct event event = {.object = yyjson_obj_get(root, "object")};

    if (read_type(json_text(root, "type"), &event.type) < 0)
        return refuse(s, "an event of the watch has no type that is known");
    if (!yyjson_is_obj(event.object))
        return refuse(s, "an event of the watch has no object");
    event.version = json_text(yyjson_obj_get(event.object, "metadata"), "resourceVersion");
    if (event.type != EVENT_ERROR && (event.version.n == 0 || event.version.n > LIMIT_KUBE_VERSION))
        return refuse(s, "an event of the watch has no resourceVersion");
    return s->take(s->ctx, &event);
}

static int read_line(struct event_stream *s, struct view line)
{
    struct arena arena;
    yyjson_alc memory = json_memory(&arena);
    yyjson_doc *doc;
    int status;

    if (view_trim(line).n == 0)
        return 0;
    arena_init(&arena, PARSED * line.n + 4096);
    doc = yyjson_read_opts((char *)(uintptr_t)line.p, line.n, 0, &memory, NULL);
    status = doc ? read_event(s, yyjson_doc_get_root(doc))
                 : refuse(s, "a line of the watch is not JSON");
    arena_release(&arena);
    return status;
}

/* For a line that is too large. It may be a deletion, and of any object. */
static int skip_line(struct event_stream *s)
{
    struct event event = {.type = EVENT_UPSERT, .skipped = true};
    struct arena arena;
    yyjson_alc memory = json_memory(&arena);
    struct buf text;
    yyjson_val *root;
    int status;

    arena_init(&arena, PARSED * LIMIT_KUBE_BEGINNING + 4096);
    buf_init(&text, 2 * LIMIT_KUBE_BEGINNING);
    json_add_beginning(view_first(buf_view(&s->line), LIMIT_KUBE_BEGINNING), &text);
    root = yyjson_doc_get_root(yyjson_read_opts(text.p, text.n, 0, &memory, NULL));
    if (read_type(json_text(root, "type"), &event.type) == 0)
        event.object = yyjson_obj_get(root, "object");
    event.version = json_text(yyjson_obj_get(event.object, "metadata"), "resourceVersion");
    status = s->take(s->ctx, &event);
    buf_release(&text);
    arena_release(&arena);
    buf_release(&s->line);
    s->skips = true;
    return status;
}

/* Keeps the beginning of a line, as far as it is not too large. */
static int keep(struct event_stream *s, struct view part)
{
    struct view fits = view_first(part, LIMIT_KUBE_EVENT - s->line.n);

    buf_add(&s->line, fits);
    if (s->line.failed)
        return refuse(s, "out of memory for an event of the watch");
    return fits.n < part.n ? skip_line(s) : 0;
}

/* The line that a part ends. */
static int end_line(struct event_stream *s, struct view part)
{
    enum { KEPT = 64 * 1024 }; /* of memory, from one line to the next */
    int status = 0;

    if (s->line.n > 0 || part.n > LIMIT_KUBE_EVENT) {
        status = s->skips ? 0 : keep(s, part);
        part = buf_view(&s->line);
    }
    if (status == 0 && !s->skips)
        status = read_line(s, part);
    s->skips = false;
    if (s->line.room > KEPT)
        buf_release(&s->line);
    buf_reset(&s->line);
    return status;
}

int event_stream_read(struct event_stream *s, struct view piece)
{
    struct view part;
    int status = 0;

    while (status == 0 && piece.n > 0) {
        bool ends = view_cut(piece, '\n', &part, &piece);

        if (ends)
            status = end_line(s, part);
        else if (!s->skips)
            status = keep(s, part);
    }
    return status;
}
