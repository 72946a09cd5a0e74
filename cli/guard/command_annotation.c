#include "cli/guard/command_annotation.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/json/json.h"
#include "base/text/quote.h"
#include "cli/command.h"
#include "cli/guard/workload_command.h"
#include "kube/client.h"
#include "kube/limits.h"
#include "kube/whoami.h"
#include "policy/object/guard_command.h"
#include "policy/object/guarded_kind.h"
#include "policy/object/template_hash.h"
#include "policy/object/workload.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

enum { TRIES = 5 };

/* A workload as it was read. */
struct sighting {
    struct view hash, uid, version;
};

/* --- reading ---------------------------------------------------------------------------------- */

static struct client_call call_of(struct workload_command *s, const char *verb)
{
    const struct guarded_kind *guarded_kind = s->target.guarded_kind;
    struct view path =
        arena_printf(&s->session.arena, "/apis/%s/%s/namespaces/%.*s/%s/%.*s", guarded_kind->group,
                     guarded_kind->version, VIEW_ARGS(s->session.namespace_),
                     guarded_kind->resource, VIEW_ARGS(s->target.name));

    return (struct client_call){.verb = verb, .resource = guarded_kind->resource, .path = path.p};
}

/* As kubectl prints it: "Error from server (Forbidden): ...". */
static void tell_refusal(struct workload_command *s, const struct client_answer *answer)
{
    struct view message = client_message(s->session.client, &s->session.arena);
    struct buf plain;

    if (answer->status == 0 || message.n == 0) {
        session_tell(&s->session, "%s", answer->problem);
        return;
    }
    buf_init(&plain, (size_t)4 * LIMIT_KUBE_ERROR);
    quote_plain(&plain, message);
    fprintf(stderr, "Error from server (%s): %.*s\n", answer->reason, VIEW_ARGS(buf_view(&plain)));
    buf_release(&plain);
}

static int look(struct workload_command *s, struct sighting *out)
{
    const struct client_call call = call_of(s, "get");
    struct client_answer answer = {.problem = "out of memory"};
    yyjson_val *object = NULL, *metadata;
    struct workload w;

    if (call.path)
        object = client_json(s->session.client, &call, &s->session.arena, &answer);
    if (!object && answer.status == 404)
        return 0;
    if (!object) {
        tell_refusal(s, &answer);
        return -1;
    }
    metadata = yyjson_obj_get(object, "metadata");
    w = workload_of(workload_kind_of(view_of(s->target.guarded_kind->group),
                                     view_of(s->target.guarded_kind->kind)),
                    object);
    *out = (struct sighting){.hash = template_hash(&w, &s->session.arena, NULL),
                             .uid = json_text(metadata, "uid"),
                             .version = json_text(metadata, "resourceVersion")};
    if (out->hash.p)
        return 1;
    session_tell(&s->session, "out of memory");
    return -1;
}

int command_annotation_look(struct workload_command *s, struct view *hash)
{
    struct sighting sighting = {0};
    int found = look(s, &sighting);

    *hash = sighting.hash;
    return found;
}

int command_annotation_sign(struct workload_command *s, struct guard_command *order)
{
    struct client_answer answer;
    struct whoami who;

    if (whoami_ask(s->session.client, 0, &s->session.arena, &who, &answer) < 0) {
        tell_refusal(s, &answer);
        return -1;
    }
    order->by = who.user;
    order->at = clock_wall();
    return 0;
}

/* --- writing ---------------------------------------------------------------------------------- */

/* With the precondition that it is what was read. */
static char *patch_of(const struct sighting *seen, const char *key, struct view value)
{
    json_t *patch = json_pack("{s{ss% ss% s{ss%}}}", "metadata", "uid", seen->uid.p, seen->uid.n,
                              "resourceVersion", seen->version.p, seen->version.n, "annotations",
                              key, value.p, value.n);
    char *text = patch ? json_dumps(patch, JSON_COMPACT) : NULL;

    json_decref(patch);
    return text;
}

/* Returns the status of HTTP; 0 when no answer came. */
static unsigned write_once(struct workload_command *s, const struct sighting *seen, const char *key,
                           struct view value, struct client_answer *answer)
{
    struct client_call call = call_of(s, "patch");
    char *body = patch_of(seen, key, value);

    *answer = (struct client_answer){.problem = "out of memory"};
    call.type = CLIENT_MERGE_PATCH;
    call.body = view_of(body);
    if (body && call.path)
        client_do(s->session.client, &call, answer);
    free(body);
    return answer->status;
}

int command_annotation_write(struct workload_command *s, const char *key,
                             const struct guard_command *order, bool only)
{
    struct view value = guard_command_print(order, &s->session.arena);
    struct client_answer answer;
    struct sighting seen;
    unsigned status = 409;

    for (int i = 0; value.p && status == 409 && i < TRIES; i++) {
        int found = look(s, &seen);

        if (found == 0)
            session_tell(&s->session, "%.*s is gone meanwhile", VIEW_ARGS(s->text));
        if (found <= 0)
            return found < 0 ? EXIT_USAGE : EXIT_DENIED;
        if (only && !view_eq(seen.hash, order->hash)) {
            session_tell(&s->session, "its template was changed meanwhile; look at it again");
            return EXIT_DENIED;
        }
        status = write_once(s, &seen, key, value, &answer);
    }
    if (status == 200)
        return EXIT_OK;
    tell_refusal(s, &answer);
    return status == 403 || status == 422 ? EXIT_DENIED : EXIT_USAGE;
}
