#include "cli/guard/record_client.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/json/json.h"
#include "cli/session.h"
#include "cli/workload_arg.h"
#include "kube/client.h"
#include "kube/limits.h"
#include "kube/permissions.h"
#include "policy/object/guarded_kind.h"
#include "rollout/record/record.h"
#include "rollout/record/record_cache.h"

#include <stdbool.h>
#include <stdio.h>

/* Of a parsed answer. */
#define MEMORY ((size_t)16 * LIMIT_KUBE_ANSWER)

struct view record_client_path(struct session *s)
{
    return arena_printf(&s->arena, "/api/v1/namespaces/%s/configmaps", s->own_namespace);
}

static void refuse(const struct session *s, const char *verb, const struct client_answer *answer)
{
    const struct permission row = {"", "configmaps", NULL, verb, s->own_namespace, NULL};
    char what[512];

    snprintf(what, sizeof(what), "the records in namespace %s cannot be read", s->own_namespace);
    session_refused(s, what, answer, &row, 1);
}

static int read_record(const struct session *s, yyjson_val *map, struct record *out)
{
    struct view name = json_text(yyjson_obj_get(map, "metadata"), "name");
    struct view text = json_text(yyjson_obj_get(map, "data"), RECORD_CACHE_KEY);
    const char *problem = "holds no record";

    if (text.p && record_read(text, out, &problem) == 0)
        return 0;
    session_tell(s, "the ConfigMap %s/%.*s %s", s->own_namespace, VIEW_ARGS(name), problem);
    return -1;
}

/* --- all of them ------------------------------------------------------------------------------ */

static yyjson_val *get_page(struct session *s, struct view next, unsigned objects,
                            struct arena *arena, struct client_answer *answer)
{
    struct client_call call = {.verb = "list", .resource = "configmaps"};
    yyjson_val *root = NULL;
    char number[16];
    struct buf path;

    *answer = (struct client_answer){.problem = "out of memory"};
    buf_init(&path, LIMIT_KUBE_URL);
    buf_add(&path, record_client_path(s));
    client_query(&path, "labelSelector", VIEW(RECORD_CACHE_SELECTOR));
    snprintf(number, sizeof(number), "%u", objects);
    client_query(&path, "limit", view_of(number));
    if (next.n > 0)
        client_query(&path, "continue", next);
    call.path = path.p;
    if (!path.failed)
        root = client_json(s->client, &call, arena, answer);
    buf_release(&path);
    return root;
}

static int take_page(struct session *s, yyjson_val *root,
                     void (*take)(void *ctx, struct record *record), void *ctx)
{
    yyjson_val *item;
    size_t i, count;
    int unread = 0;

    yyjson_arr_foreach(yyjson_obj_get(root, "items"), i, count, item)
    {
        struct record record;

        record_init(&record);
        if (read_record(s, item, &record) == 0)
            take(ctx, &record);
        else
            unread++;
        record_release(&record);
    }
    return unread;
}

/* A page that is too large to be read whole is requested in smaller ones. */
int record_client_each(struct session *s, void (*take)(void *ctx, struct record *record), void *ctx)
{
    unsigned objects = LIMIT_KUBE_PAGE_WHOLE;
    struct client_answer answer;
    struct arena arena;
    struct buf next;
    int unread = 0;

    buf_init(&next, LIMIT_KUBE_URL / 2);
    do {
        yyjson_val *root;

        arena_init(&arena, MEMORY);
        root = get_page(s, buf_view(&next), objects, &arena, &answer);
        if (root) {
            unread += take_page(s, root, take, ctx);
            buf_reset(&next);
            buf_add(&next, json_text(yyjson_obj_get(root, "metadata"), "continue"));
        } else if (answer.status == 200 && objects > 1) {
            objects /= 2;
        } else {
            refuse(s, "list", &answer);
            unread = -1;
        }
        arena_release(&arena);
    } while (unread >= 0 && (answer.problem[0] || next.n > 0));
    buf_release(&next);
    return unread;
}

/* --- one of them ------------------------------------------------------------------------------ */

static int tell_none(struct session *s, const struct workload_arg *target)
{
    struct view text =
        workload_arg_text(view_of(target->guarded_kind->kind), target->name, &s->arena);

    session_tell(s,
                 "%.*s in namespace %.*s is not guarded: %s has no record of it; a RolloutGuard "
                 "has to match it",
                 VIEW_ARGS(text), VIEW_ARGS(s->namespace_), s->own_namespace);
    return 0;
}

int record_client_find(struct session *s, const struct workload_arg *target, struct arena *arena,
                       struct record *out)
{
    struct view name =
        record_name(view_of(target->guarded_kind->kind), s->namespace_, target->name, arena);
    struct view path = arena_printf(arena, "/api/v1/namespaces/%s/configmaps/%.*s",
                                    s->own_namespace, VIEW_ARGS(name));
    const struct client_call call = {.verb = "get", .resource = "configmaps", .path = path.p};
    struct client_answer answer = {.problem = "out of memory"};
    yyjson_val *root = NULL;

    if (name.p && path.p)
        root = client_json(s->client, &call, arena, &answer);
    if (root)
        return read_record(s, root, out) == 0 ? 1 : -1;
    if (answer.status == 404)
        return 0;
    refuse(s, "get", &answer);
    return -1;
}

int record_client_get(struct session *s, const struct workload_arg *target, struct record *out)
{
    int found = record_client_find(s, target, &s->arena, out);

    return found == 0 ? tell_none(s, target) : found;
}
