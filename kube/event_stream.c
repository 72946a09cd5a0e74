#include "kube/event_stream.h"

#include "base/arena.h"
#include "base/json.h"
#include "base/limits.h"

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
    status =
        doc ? read_event(s, yyjson_doc_get_root(doc)) : refuse(s, "a line of the watch is no JSON");
    arena_release(&arena);
    return status;
}

int event_stream_read(struct event_stream *s, struct view piece)
{
    struct view line;
    int status = 0;

    while (status == 0 && view_find(piece, '\n') >= 0) {
        view_cut(piece, '\n', &line, &piece);
        if (s->line.n > 0) {
            buf_add(&s->line, line);
            line = buf_view(&s->line);
        }
        if (line.n > LIMIT_KUBE_EVENT || s->line.failed)
            return refuse(s, "an event of the watch is too large");
        status = read_line(s, line);
        buf_reset(&s->line);
    }
    buf_add(&s->line, piece);
    if (status == 0 && s->line.failed)
        return refuse(s, "an event of the watch is too large");
    return status;
}
