#ifndef STORE_FIXTURE_H
#define STORE_FIXTURE_H

#include "base/arena.h"
#include "base/buf.h"
#include "cmocka_all.h"
#include "kube/cache.h"
#include "policy/limits.h"
#include "policy/object/guarded_kind.h"
#include "rollout/limits.h"
#include "rollout/watch/snapshot.h"
#include "rollout/watch/store.h"
#include "unit/rollout/lists.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <yyjson.h>

/* --- telling ---------------------------------------------------------------------------------- */

/* Reads an object; quotes are single ones in the texts here. */
__attribute__((format(printf, 1, 0))) static yyjson_doc *read_text(const char *format, va_list args)
{
    char text[4096];
    yyjson_doc *doc;

    vsnprintf(text, sizeof(text), format, args);
    for (char *p = text; *p; p++)
        if (*p == '\'')
            *p = '"';
    doc = yyjson_read(text, strlen(text), 0);
    if (!doc)
        fail_msg("no JSON: %s", text);
    return doc;
}

static void __attribute__((format(printf, 4, 5)))
put(struct cache *s, enum store_list list, int64_t now, const char *format, ...)
{
    va_list args;
    yyjson_doc *doc;

    va_start(args, format);
    doc = read_text(format, args);
    va_end(args);
    cache_put(s, list, yyjson_doc_get_root(doc), now);
    yyjson_doc_free(doc);
}

static struct cache *created(void)
{
    struct cache *s = store_create(LIMIT_STORE_MEMORY);

    assert_non_null(s);
    return s;
}

#define OWNER(version, kind, uid)                                                                  \
    "'ownerReferences':[{'apiVersion':'" version "','kind':'" kind "','uid':'" uid "',"            \
    "'controller':true}]"
#define TEMPLATE(image)                                                                            \
    "'template':{'metadata':{'labels':{'app':'api'}},'spec':{'containers':[{'name':'api',"         \
    "'image':'" image "'}]}}"

#define DEPLOYMENT(uid, generation, image, status)                                                 \
    "{'metadata':{'name':'api','namespace':'shop','uid':'" uid "','generation':" generation        \
    ",'labels':{'app':'api'}},'spec':{'replicas':3," TEMPLATE(image) "},'status':{" status "}}"
#define REPLICASET(uid, name, owner, revision, image)                                              \
    "{'metadata':{'name':'" name "','namespace':'shop','uid':'" uid "','generation':1,"            \
    "'annotations':{'deployment.kubernetes.io/revision':'" revision "'}," owner                    \
    "},'spec':{" TEMPLATE(image) "}}"
#define POD(uid, name, owner, rest)                                                                \
    "{'metadata':{'name':'" name "','namespace':'shop','uid':'" uid "'," owner "}," rest "}"

#define OF_DEPLOYMENT OWNER("apps/v1", "Deployment", "d")
#define OF_RS(uid)    OWNER("apps/v1", "ReplicaSet", uid)
#define OBSERVED(n)                                                                                \
    "'observedGeneration':" n ",'replicas':3,'updatedReplicas':2,'availableReplicas':1"
#define STARTED "'spec':{'nodeName':'n1'}"

/* A Deployment at its second template, with a pod of each. */
static void tell_deployment(struct cache *s)
{
    put(s, STORE_DEPLOYMENTS, 1, DEPLOYMENT("d", "2", "r/api:v2", OBSERVED("2")));
    put(s, STORE_REPLICASETS, 1, REPLICASET("rs1", "api-1", OF_DEPLOYMENT, "1", "r/api:v1"));
    put(s, STORE_REPLICASETS, 1, REPLICASET("rs2", "api-2", OF_DEPLOYMENT, "2", "r/api:v2"));
    put(s, STORE_PODS, 1, POD("p1", "api-1-a", OF_RS("rs1"), STARTED));
    put(s, STORE_PODS, 1, POD("p2", "api-2-a", OF_RS("rs2"), STARTED));
}

/* --- reading ---------------------------------------------------------------------------------- */

static void write_pods(const struct snapshot_pod *pods, size_t count, const char *what,
                       struct buf *out)
{
    buf_add_str(out, what);
    for (size_t i = 0; i < count; i++)
        buf_printf(out, " %.*s(%.*s)", VIEW_ARGS(pods[i].name), VIEW_ARGS(pods[i].revision));
}

static void write_snapshot(const struct snapshot *snapshot, struct buf *out)
{
    buf_printf(out, "%s %.*s/%.*s %.*s %s", snapshot->guarded_kind->kind,
               VIEW_ARGS(snapshot->namespace_), VIEW_ARGS(snapshot->name),
               VIEW_ARGS(snapshot->images), snapshot->observed ? "observed" : "not observed");
    buf_printf(out, " %" PRId64 "/%" PRId64 "/%" PRId64 "/%" PRId64, snapshot->desired,
               snapshot->updated, snapshot->available, snapshot->total);
    buf_printf(out, "%s%s%s", snapshot->deleting ? " deleting" : "",
               snapshot->paused ? " paused" : "", snapshot->on_delete ? " on-delete" : "");
    if (snapshot->refused.p)
        buf_printf(out, " refused@%" PRId64 " %.*s", snapshot->refused_since,
                   VIEW_ARGS(snapshot->refused));
    buf_add_str(out, "; revisions");
    for (size_t i = 0; i < snapshot->revision_count; i++)
        buf_printf(out, " %.*s:%" PRId64, VIEW_ARGS(snapshot->revisions[i].name),
                   snapshot->revisions[i].number);
    write_pods(snapshot->pods, snapshot->pod_count, "; pods", out);
    write_pods(snapshot->old_pods, snapshot->old_pod_count, "; old", out);
}

/* The snapshot of a workload as text, "" when there is none. */
static const char *snapshot(struct cache *s, const char *uid)
{
    static char text[4096];
    struct arena arena;
    struct snapshot seen;
    struct buf out;

    text[0] = '\0';
    arena_init(&arena, LIMIT_ARENA);
    buf_init(&out, sizeof(text));
    if (store_snapshot(s, view_of(uid), &arena, &seen) == 0) {
        write_snapshot(&seen, &out);
        snprintf(text, sizeof(text), "%s", out.p);
    }
    buf_release(&out);
    arena_release(&arena);
    return text;
}

/* The uids in the queue, which is empty then. */
static const char *queue(struct cache *s)
{
    static char text[4096];
    struct arena arena;
    struct view uid;

    text[0] = '\0';
    arena_init(&arena, LIMIT_ARENA);
    while (cache_dequeue(s, &arena, &uid)) {
        strncat(text, text[0] ? " " : "", 2);
        strncat(text, uid.p, uid.n);
    }
    arena_release(&arena);
    return text;
}

static const char seen_deployment[] =
    "Deployment shop/api api:v2 observed 3/2/1/3; revisions api-2:2 api-1:1; pods api-2-a(api-2); "
    "old api-1-a(api-1)";

#endif
