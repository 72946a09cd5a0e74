#include "kube/events.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/json/json.h"
#include "base/text/quote.h"
#include "base/time/timefmt.h"
#include "base/time/timestamp.h"
#include "kube/client.h"
#include "kube/limits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TRIES = 4, NAME_SHOWN = 200, NAME_ROOM = 256, NAME_MARK = 8 };

static struct view namespace_of(const struct events_note *note)
{
    return note->namespace_.n > 0 ? note->namespace_ : VIEW("default");
}

/* --- objects ---------------------------------------------------------------------------------- */

/* One name for each uid, reason and key, so that a second write finds the first Event. Returns 0,
 * or -1 when memory runs out. */
static int write_name(const struct events_note *note, char out[static NAME_ROOM])
{
    const struct view parts[] = {note->uid, view_of(note->reason), note->key};
    struct view shown = view_first(note->name, NAME_SHOWN);
    unsigned char digests[3][DIGEST_BYTES], digest[DIGEST_BYTES];
    char mark[DIGEST_TEXT];

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        if (digest_of(parts[i], digests[i]) < 0)
            return -1;
    if (digest_of((struct view){(const char *)digests, sizeof(digests)}, digest) < 0)
        return -1;
    digest_hex(digest, NAME_MARK, mark);
    while (shown.n > 0 && (shown.p[shown.n - 1] == '-' || shown.p[shown.n - 1] == '.'))
        shown.n--; /* a part of a DNS name does not end so */
    snprintf(out, NAME_ROOM, "%.*s.%s", VIEW_ARGS(shown), mark);
    return 0;
}

/* Text for people as a string: what is not UTF-8 becomes U+FFFD, and what is too long is cut
 * between two characters. */
static json_t *text_of(struct view text)
{
    struct buf quoted;
    json_t *whole = NULL, *cut = NULL;
    const char *p;
    size_t n;

    buf_init(&quoted, 6 * text.n + 16);
    quote_json(&quoted, text);
    if (!quoted.failed)
        whole = json_loadb(quoted.p, quoted.n, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    if (whole) {
        p = json_string_value(whole);
        n = json_string_length(whole);
        if (n > LIMIT_EVENT_NOTE)
            for (n = LIMIT_EVENT_NOTE; n > 0 && ((unsigned char)p[n] & 0xC0) == 0x80;)
                n--;
        cut = json_stringn(p, n);
    }
    json_decref(whole);
    buf_release(&quoted);
    return cut;
}

static json_t *regarding_of(const struct events_note *note)
{
    const struct {
        const char *key;
        struct view value;
    } fields[] = {
        {"apiVersion", note->api_version},
        {"kind", note->kind},
        {"namespace", note->namespace_},
        {"name", note->name},
        {"uid", note->uid},
        {"resourceVersion", note->version},
    };
    json_t *regarding = json_object();

    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
        if (fields[i].value.n > 0 &&
            json_object_set_new(regarding, fields[i].key,
                                json_stringn(fields[i].value.p, fields[i].value.n)) < 0) {
            json_decref(regarding);
            return NULL;
        }
    return regarding;
}

json_t *events_first(const struct events_note *note, struct view identity, const char *stamp)
{
    struct view namespace_ = namespace_of(note);
    char name[NAME_ROOM], at[TIMEFMT_ROOM];

    if (write_name(note, name) < 0)
        return NULL;
    timefmt_rfc3339(note->at, NULL, at);
    return json_pack("{s:s, s:s, s:{s:s, s:s%}, s:s, s:s, s:s, s:i, s:{s:s}, s:s, s:s%, s:s, s:s, "
                     "s:s, s:o, s:o}",
                     "apiVersion", "v1", "kind", "Event", "metadata", "name", name, "namespace",
                     namespace_.p, namespace_.n, "eventTime", stamp, "firstTimestamp", at,
                     "lastTimestamp", at, "count", 1, "source", "component", note->controller,
                     "reportingComponent", note->controller, "reportingInstance", identity.p,
                     identity.n, "type", note->warning ? "Warning" : "Normal", "reason",
                     note->reason, "action", note->action, "message", text_of(note->note),
                     "involvedObject", regarding_of(note));
}

json_t *events_again(struct view version, int64_t count, const char *stamp)
{
    return json_pack("{s:{s:s%}, s:I, s:s}", "metadata", "resourceVersion", version.p, version.n,
                     "count", (json_int_t)(count > 0 ? count + 1 : 2), "lastTimestamp", stamp);
}

/* --- calls ------------------------------------------------------------------------------------ */

struct writing {
    struct client *client;
    const struct events_note *note;
    int64_t until;
    struct client_answer *answer;
    char name[NAME_ROOM];
    char stamp[TIMESTAMP_TEXT];
};

/* Sends a body, which it frees, or asks for the Event. What is returned is in the arena. */
static yyjson_val *send(struct writing *w, const char *verb, const char *type, json_t *body,
                        struct arena *arena)
{
    struct view namespace_ = namespace_of(w->note);
    char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
    struct client_call call = {
        .verb = verb, .resource = "events", .type = type, .body = view_of(text), .until = w->until};
    bool named = strcmp(verb, "create") != 0;
    yyjson_val *root = NULL;
    struct buf path;

    buf_init(&path, LIMIT_KUBE_URL);
    buf_printf(&path, "/api/v1/namespaces/%.*s/events%s%s", VIEW_ARGS(namespace_), named ? "/" : "",
               named ? w->name : "");
    call.path = path.p;
    *w->answer = (struct client_answer){0};
    if (path.failed || (type && !text))
        snprintf(w->answer->problem, sizeof(w->answer->problem), "out of memory");
    else
        root = client_json(w->client, &call, arena, w->answer);
    buf_release(&path);
    free(text);
    json_decref(body);
    return root;
}

static int count_one_more(struct writing *w, struct arena *arena)
{
    yyjson_val *event = send(w, "get", NULL, NULL, arena);
    int64_t count = yyjson_get_int(yyjson_obj_get(event, "count"));
    struct view version = json_text(yyjson_obj_get(event, "metadata"), "resourceVersion");
    char at[TIMEFMT_ROOM];

    if (!event)
        return -1;
    timefmt_rfc3339(w->note->at, NULL, at);
    return send(w, "patch", CLIENT_MERGE_PATCH, events_again(version, count, at), arena) ? 0 : -1;
}

/* The Event may be created or deleted between two calls: then this starts again. */
int events_write(struct client *c, const struct events_note *note, struct view identity,
                 int64_t until, struct client_answer *answer)
{
    struct events_note at = *note;
    struct writing w = {.client = c, .note = &at, .until = until, .answer = answer};
    int status = -1;

    *answer = (struct client_answer){.problem = "out of memory"};
    if (write_name(note, w.name) < 0)
        return -1;
    if (at.at == 0)
        at.at = clock_wall();
    timestamp_micro(w.stamp);
    for (int i = 0; i < TRIES && status < 0; i++) {
        json_t *first = events_first(&at, identity, w.stamp);
        struct arena arena;

        arena_init(&arena, 2 * LIMIT_KUBE_EVENT);
        if (send(&w, "create", CLIENT_JSON, first, &arena))
            status = 0;
        else if (answer->status == 409)
            status = count_one_more(&w, &arena);
        arena_release(&arena);
        if (answer->status != 404 && answer->status != 409)
            break;
    }
    return status;
}
