/* What the guard does with an object of very many parts, and with a workload of very many pods:
 * eight times as many cost at most 40 times as much of a processor. Caches explain much of that;
 * the square would be 64 times. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "cmocka_all.h"
#include "kube/cache.h"
#include "kube/limits.h"
#include "policy/guard/guard.h"
#include "policy/limits.h"
#include "policy/object/guarded_kind.h"
#include "rollout/judge/judge.h"
#include "rollout/limits.h"
#include "rollout/watch/pod_facts.h"
#include "rollout/watch/snapshot.h"
#include "rollout/watch/store.h"
#include "rollout/watch/workload_facts.h"
#include "unit/rollout/lists.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <yyjson.h>

enum { PARTS = 2500, PODS = 750, TIMES = 8, MOST_GROWTH = 40, ROUNDS = 3 };

/* Does the work once with so many parts; returns nanoseconds of processor time. */
typedef int64_t work(const void *what, size_t count);

static int64_t least(work *does, const void *what, size_t count)
{
    int64_t least = INT64_MAX;

    for (int i = 0; i < ROUNDS; i++) {
        int64_t took = does(what, count);

        least = took < least ? took : least;
    }
    return least;
}

static void hold(work *does, const void *what, size_t count, const char *name)
{
    int64_t few = least(does, what, count), many = least(does, what, TIMES * count);

    if (many > MOST_GROWTH * few)
        fail_msg("%s: %zu take %.2f ms, %zu take %.2f ms", name, count, (double)few / 1e6,
                 TIMES * count, (double)many / 1e6);
}

/* --- one object ------------------------------------------------------------------------------- */

/* Each # is the number of the part, and ~ the same from the end. */
struct shape {
    const char *name, *head;
    struct {
        const char *before, *part;
    } lists[3];
    const char *tail;
};

static const struct shape shapes[] = {
    {"containers that started", "'status':{", {{"'containerStatuses':[", "{'name':'c#'}"}}, "]}"},
    {"init containers, and their specs in another order",
     "'spec':{",
     {{"'initContainers':[", "{'name':'c~'}"},
      {"]},'status':{'initContainerStatuses':[", "{'name':'c#'}"}},
     "]}"},
    {"containers of one name",
     "'spec':{",
     {{"'initContainers':[", "{'name':'c'}"},
      {"]},'status':{'initContainerStatuses':[", "{'name':'c'}"},
      {"],'containerStatuses':[", "{'name':'c'}"}},
     "]}"},
    {"conditions", "'status':{", {{"'conditions':[", "{'type':'c#','status':'True'}"}}, "]}"},
    {"containers of a template",
     "'spec':{'template':{'spec':{",
     {{"'containers':[", "{'name':'c#','image':'a:b'}"}, {"],'initContainers':[", "{'name':'c~'}"}},
     "]}}}"},
};

static void write_part(struct buf *out, const char *part, size_t n, size_t count)
{
    for (; *part; part++)
        if (*part == '#' || *part == '~')
            buf_printf(out, "%zu", *part == '#' ? n : count - 1 - n);
        else
            buf_printf(out, "%c", *part == '\'' ? '"' : *part);
}

/* An object of that shape. It has as many owners. */
static yyjson_doc *object_of(const struct shape *shape, size_t count)
{
    struct buf text;
    yyjson_doc *doc;

    buf_init(&text, 1 << 26);
    write_part(&text,
               "{'metadata':{'name':'a','namespace':'n','uid':'u','generation':1,"
               "'ownerReferences':[",
               0, 0);
    for (size_t i = 0; i < count; i++)
        write_part(&text, "{'apiVersion':'apps/v1','kind':'ReplicaSet','uid':'o#'},", i, count);
    write_part(&text, "{'apiVersion':'apps/v1','kind':'ReplicaSet','uid':'o','controller':true}]},",
               0, 0);
    write_part(&text, shape->head, 0, 0);
    for (size_t l = 0; l < 3 && shape->lists[l].before; l++) {
        write_part(&text, shape->lists[l].before, 0, 0);
        for (size_t i = 0; i < count; i++) {
            buf_add_str(&text, i > 0 ? "," : "");
            write_part(&text, shape->lists[l].part, i, count);
        }
    }
    write_part(&text, shape->tail, 0, 0);
    buf_add_str(&text, "}");
    assert_false(text.failed);
    doc = yyjson_read(text.p, text.n, 0);
    assert_non_null(doc);
    buf_release(&text);
    return doc;
}

/* As a pod that is seen a second time, as a workload and as a revision. */
static int64_t cut(const void *shape, size_t count)
{
    yyjson_doc *doc = object_of(shape, count);
    yyjson_val *root = yyjson_doc_get_root(doc);
    struct pod_facts *pod, *again;
    struct workload_facts *workload;
    struct revision_facts *revision;
    struct arena arena;
    int64_t began;

    arena_init(&arena, LIMIT_KUBE_EVENT);
    began = clock_thread_ns();
    assert_true(pod_facts_is_judged(root));
    pod = pod_facts_extract(root, NULL, 1, &arena);
    again = pod_facts_extract(root, pod, 2, &arena);
    workload = workload_facts_extract(&guarded_kinds[GUARDED_DEPLOYMENT], root, NULL, 1, &arena);
    revision =
        workload_facts_extract_revision(&revision_kinds[REVISION_REPLICASET], root, NULL, &arena);
    began = clock_thread_ns() - began;
    assert_true(pod && again && workload && revision);
    arena_release(&arena);
    yyjson_doc_free(doc);
    return began;
}

static void an_object_of_many_parts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
        hold(cut, &shapes[i], PARTS, shapes[i].name);
}

/* --- one workload ----------------------------------------------------------------------------- */

static void __attribute__((format(printf, 3, 4)))
put(struct cache *s, enum store_list list, const char *format, ...)
{
    char text[1024];
    yyjson_doc *doc;
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    for (char *p = text; *p; p++)
        *p = *p == '\'' ? '"' : *p;
    doc = yyjson_read(text, strlen(text), 0);
    assert_non_null(doc);
    cache_put(s, list, yyjson_doc_get_root(doc), 1);
    yyjson_doc_free(doc);
}

/* Of a StatefulSet or DaemonSet, each pod with a revision of its own. */
static int64_t draw(const void *list, size_t count)
{
    enum store_list of = *(const enum store_list *)list;
    const char *kind = store_list_workload(of)->kind;
    struct cache *s = store_create(LIMIT_STORE_MEMORY);
    struct arena arena;
    struct snapshot seen;
    int64_t began;

    put(s, of, "{'metadata':{'name':'a','namespace':'n','uid':'d','generation':1}}");
    for (size_t i = 0; i < count; i++) {
        put(s, STORE_CONTROLLERREVISIONS,
            "{'metadata':{'name':'a-%zu','namespace':'n','uid':'r%zu','generation':1,"
            "'ownerReferences':[{'apiVersion':'apps/v1','kind':'%s','uid':'d','controller':true}]},"
            "'revision':%zu}",
            i, i, kind, i);
        put(s, STORE_PODS,
            "{'metadata':{'name':'p%zu','namespace':'n','uid':'p%zu','labels':{"
            "'controller-revision-hash':'%s%zu'},'ownerReferences':[{'apiVersion':'apps/v1',"
            "'kind':'%s','uid':'d','controller':true}]},'spec':{'nodeName':'n1'}}",
            i, i, of == STORE_DAEMONSETS ? "" : "a-", i, kind);
    }
    arena_init(&arena, LIMIT_ARENA);
    began = clock_thread_ns();
    assert_int_equal(store_snapshot(s, VIEW("d"), &arena, &seen), 0);
    began = clock_thread_ns() - began;
    assert_int_equal(seen.pod_count, 1);
    assert_int_equal(seen.old_pod_count, count - 1);
    arena_release(&arena);
    cache_free(s);
    return began;
}

static void a_workload_of_many_revisions(void **state)
{
    static const enum store_list lists[] = {STORE_STATEFULSETS, STORE_DAEMONSETS};

    (void)state;
    for (size_t i = 0; i < 2; i++)
        hold(draw, &lists[i], PODS, store_list_workload(lists[i])->kind);
}

/* Pods that no node takes, and whose container waits. */
static int64_t look(const void *guard, size_t count)
{
    static const struct snapshot_container container = {.name = {"c", 1}, .waiting = {"w", 1}};
    struct snapshot snapshot = {.guarded_kind = &guarded_kinds[GUARDED_DEPLOYMENT],
                                .observed = true,
                                .desired = (int64_t)count,
                                .pod_count = count};
    struct probes none = {0};
    struct snapshot_pod *pods;
    struct judgement judged;
    struct arena arena;
    int64_t began;

    arena_init(&arena, LIMIT_ARENA);
    pods = arena_array(&arena, count, sizeof(*pods));
    assert_non_null(pods);
    for (size_t i = 0; i < count; i++)
        pods[i] = (struct snapshot_pod){.name = VIEW("p"),
                                        .unready_since = 1,
                                        .unschedulable_since = 1,
                                        .containers = &container,
                                        .container_count = 1};
    snapshot.pods = pods;
    began = clock_thread_ns();
    judge(guard, &snapshot, &none, (int64_t)count, 1, &arena, &judged);
    began = clock_thread_ns() - began;
    arena_release(&arena);
    return began;
}

static void a_workload_of_many_pods(void **state)
{
    static const struct rollout_guard guard = {
        .fail = {.unschedulable = {.on = true, .lasting = 60}, .readiness = {.within = 60}}};

    (void)state;
    hold(look, &guard, PODS, "pods that no node takes");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_object_of_many_parts),
        cmocka_unit_test(a_workload_of_many_revisions),
        cmocka_unit_test(a_workload_of_many_pods),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
