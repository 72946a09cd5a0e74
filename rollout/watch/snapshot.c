#include "rollout/watch/snapshot.h"

#include "base/arena.h"
#include "kube/cache_block.h"
#include "kube/cache_table.h"
#include "policy/object/guarded_kind.h"
#include "rollout/watch/pod_facts.h"
#include "rollout/watch/store_list.h"
#include "rollout/watch/workload_facts.h"

#include <stdlib.h>
#include <string.h>

/* The entries of the store, whose resources are enum store_list (rollout/watch/store.h). */
static const struct object_facts *facts_of(const struct cache_entry *e)
{
    return (const void *)cache_block_view(e->block).p;
}

/* Texts of a snapshot are in copies of the facts' blocks. */
static const void *copy_of(struct arena *arena, const struct object_facts *facts)
{
    return arena_copy(arena, (struct view){(const char *)facts, facts->size}).p;
}

static bool is_same_namespace(const struct object_facts *a, const struct object_facts *b)
{
    return view_eq(object_facts_text(a, a->namespace_), object_facts_text(b, b->namespace_));
}

/* An ownerReference names an owner in its own namespace; who may write objects in another one might
 * say otherwise. */
static bool is_owned(const struct cache_entry *e, const struct cache_entry *workload)
{
    return e->block && is_same_namespace(facts_of(e), facts_of(workload));
}

static const struct revision_kind *revisions_of(const struct cache_entry *workload)
{
    return store_list_workload((enum store_list)workload->resource)->revisions;
}

/* --- revisions -------------------------------------------------------------------------------- */

/* The next revision of the workload, from e on; NULL past the last. */
static const struct cache_entry *revision_at(const struct cache_entry *workload,
                                             const struct cache_entry *e)
{
    const struct revision_kind *kind = revisions_of(workload);

    while (e &&
           !(is_owned(e, workload) && store_list_revision((enum store_list)e->resource) == kind))
        e = e->links->next;
    return e;
}

int64_t snapshot_revision_of(const struct cache_entry *workload, struct view hash)
{
    const struct cache_entry *e = workload->links->owned;
    int64_t newest = 0;

    for (; (e = revision_at(workload, e)); e = e->links->next) {
        const struct revision_facts *facts = (const void *)facts_of(e);

        if (facts->number > newest && view_eq(hash, (struct view){facts->hash, FACTS_HASH}))
            newest = facts->number;
    }
    return newest;
}

static int compare_revisions(const void *left, const void *right)
{
    const struct snapshot_revision *a = left, *b = right;

    if (a->number != b->number)
        return a->number > b->number ? -1 : 1;
    return view_cmp(a->name, b->name);
}

static int draw_revisions(const struct cache_entry *workload, struct arena *arena,
                          struct snapshot *out)
{
    const struct cache_entry *e = workload->links->owned;
    struct snapshot_revision *revisions;
    size_t count = 0;

    for (; (e = revision_at(workload, e)); e = e->links->next)
        count++;
    if (!(revisions = arena_array(arena, count + 1, sizeof(*revisions))))
        return -1;
    out->revisions = revisions;
    for (e = workload->links->owned; (e = revision_at(workload, e)); e = e->links->next) {
        const struct revision_facts *facts = copy_of(arena, facts_of(e));

        if (!facts)
            return -1;
        revisions[out->revision_count++] =
            (struct snapshot_revision){.name = object_facts_text(&facts->head, facts->head.name),
                                       .hash = {facts->hash, FACTS_HASH},
                                       .number = facts->number};
    }
    qsort(revisions, count, sizeof(*revisions), compare_revisions);
    return 0;
}

static int compare_names(const void *left, const void *right)
{
    const struct snapshot_revision *const *a = left, *const *b = right;

    return view_cmp((*a)->name, (*b)->name);
}

const struct snapshot_revision **snapshot_by_name(const struct snapshot *snapshot,
                                                  struct arena *arena)
{
    const struct snapshot_revision **by_name =
        arena_array(arena, snapshot->revision_count + 1, sizeof(const struct snapshot_revision *));

    if (!by_name)
        return NULL;
    for (size_t i = 0; i < snapshot->revision_count; i++)
        by_name[i] = &snapshot->revisions[i];
    qsort(by_name, snapshot->revision_count, sizeof(*by_name), compare_names);
    return by_name;
}

const struct snapshot_revision *snapshot_revision_named(const struct snapshot *snapshot,
                                                        const struct snapshot_revision **by_name,
                                                        struct view name)
{
    const struct snapshot_revision key = {.name = name}, *wanted = &key;
    const struct snapshot_revision **found =
        bsearch(&wanted, by_name, snapshot->revision_count, sizeof(*by_name), compare_names);

    return found ? *found : NULL;
}

/* --- pods ------------------------------------------------------------------------------------- */

static struct snapshot_container container_of(const struct pod_facts *pod,
                                              const struct container_facts *c)
{
    return (struct snapshot_container){
        .name = object_facts_text(&pod->head, c->name),
        .list = (enum container_list)c->list,
        .running = c->running,
        .ready = c->ready,
        .started = c->started,
        .exits = c->exits,
        .oom_kills = c->oom_kills,
        .ended = object_facts_text(&pod->head, c->ended),
        .exit_code = c->exit_code,
        .ended_message = object_facts_text(&pod->head, c->ended_message),
        .waiting = object_facts_text(&pod->head, c->waiting),
        .waiting_message = object_facts_text(&pod->head, c->waiting_message),
        .waiting_since = c->waiting_since};
}

static int draw_pod(const struct pod_facts *pod, struct view revision, struct arena *arena,
                    struct snapshot_pod *out)
{
    struct snapshot_container *containers =
        arena_array(arena, pod->container_count + 1, sizeof(*containers));

    if (!containers)
        return -1;
    for (uint32_t i = 0; i < pod->container_count; i++)
        containers[i] = container_of(pod, &pod->containers[i]);
    *out = (struct snapshot_pod){.name = object_facts_text(&pod->head, pod->head.name),
                                 .uid = object_facts_text(&pod->head, pod->uid),
                                 .node = object_facts_text(&pod->head, pod->node),
                                 .revision = revision,
                                 .ready = pod->ready,
                                 .unready_since = pod->unready_since,
                                 .flaps = pod->flaps,
                                 .unschedulable_since = pod->unschedulable_since,
                                 .unschedulable = object_facts_text(&pod->head, pod->unschedulable),
                                 .containers = containers,
                                 .container_count = pod->container_count};
    return 0;
}

/* Those of the newest revision are put in from the front, the others from the back. */
struct pods {
    struct snapshot_pod *all;
    size_t newest, room;
    const struct snapshot_revision **by_name;
};

/* The label controller-revision-hash is the whole name of a StatefulSet's revision, and the end of
 * the name of a DaemonSet's. */
static struct view made_by_label(const struct snapshot *snapshot, const struct pods *pods,
                                 const struct pod_facts *pod, struct arena *arena)
{
    struct view label = object_facts_text(&pod->head, pod->revision);
    const struct snapshot_revision *found;

    if (label.n == 0)
        return (struct view){NULL, 0};
    found = snapshot_revision_named(snapshot, pods->by_name, label);
    if (!found)
        found = snapshot_revision_named(
            snapshot, pods->by_name,
            arena_printf(arena, "%.*s-%.*s", VIEW_ARGS(snapshot->name), VIEW_ARGS(label)));
    return found ? found->name : (struct view){NULL, 0};
}

static const struct cache_entry *pod_at(const struct cache_entry *workload,
                                        const struct cache_entry *e)
{
    while (e && !(e->resource == STORE_PODS && is_owned(e, workload)))
        e = e->links->next;
    return e;
}

static size_t count_pods_of(const struct cache_entry *owner, const struct cache_entry *workload)
{
    size_t count = 0;

    for (const struct cache_entry *e = pod_at(workload, owner->links->owned); e;
         e = pod_at(workload, e->links->next))
        count++;
    return count;
}

static size_t count_pods(const struct cache_entry *workload)
{
    const struct cache_entry *e = workload->links->owned;
    size_t count = 0;

    if (!revisions_of(workload)->owns_pods)
        return count_pods_of(workload, workload);
    for (; (e = revision_at(workload, e)); e = e->links->next)
        count += count_pods_of(e, workload);
    return count;
}

/* Draws the pods of one owner, whose revision (absent: theirs are on their labels) is that. */
static int draw_pods_of(const struct cache_entry *owner, const struct cache_entry *workload,
                        const struct snapshot *snapshot, struct view revision, struct arena *arena,
                        struct pods *pods)
{
    for (const struct cache_entry *e = pod_at(workload, owner->links->owned); e;
         e = pod_at(workload, e->links->next)) {
        const struct pod_facts *pod;
        struct view made_of = revision;
        bool is_newest;

        if (!(pod = copy_of(arena, facts_of(e))))
            return -1;
        if (!revision.p)
            made_of = made_by_label(snapshot, pods, pod, arena);
        is_newest = snapshot->revision_count > 0 && view_eq(made_of, snapshot->revisions[0].name);
        if (draw_pod(pod, made_of, arena, &pods->all[is_newest ? pods->newest++ : --pods->room]))
            return -1;
    }
    return 0;
}

static int draw_all_pods(const struct cache_entry *workload, struct arena *arena,
                         const struct snapshot *snapshot, struct pods *pods)
{
    const struct cache_entry *e = workload->links->owned;

    if (!revisions_of(workload)->owns_pods)
        return draw_pods_of(workload, workload, snapshot, (struct view){NULL, 0}, arena, pods);
    for (; (e = revision_at(workload, e)); e = e->links->next) {
        struct view name = arena_copy(arena, object_facts_text(facts_of(e), facts_of(e)->name));

        if (!name.p || draw_pods_of(e, workload, snapshot, name, arena, pods) < 0)
            return -1;
    }
    return 0;
}

static int compare_pods(const void *left, const void *right)
{
    const struct snapshot_pod *a = left, *b = right;

    return view_cmp(a->name, b->name);
}

static int draw_pods(const struct cache_entry *workload, struct arena *arena, struct snapshot *out)
{
    size_t count = count_pods(workload);
    struct pods pods = {.all = arena_array(arena, count + 1, sizeof(struct snapshot_pod)),
                        .room = count,
                        .by_name = snapshot_by_name(out, arena)};

    if (!pods.all || !pods.by_name || draw_all_pods(workload, arena, out, &pods) < 0)
        return -1;
    out->pods = pods.all;
    out->pod_count = pods.newest;
    out->old_pods = pods.all + pods.newest;
    out->old_pod_count = count - pods.newest;
    qsort(pods.all, out->pod_count, sizeof(*pods.all), compare_pods);
    qsort(pods.all + pods.newest, out->old_pod_count, sizeof(*pods.all), compare_pods);
    return 0;
}

/* --- the workload ----------------------------------------------------------------------------- */

static void draw_workload(const struct cache_entry *workload, const struct workload_facts *facts,
                          struct snapshot *out)
{
    const struct object_facts *head = &facts->head;

    *out =
        (struct snapshot){.guarded_kind = store_list_workload((enum store_list)workload->resource),
                          .namespace_ = object_facts_text(head, head->namespace_),
                          .name = object_facts_text(head, head->name),
                          .uid = object_facts_text(head, facts->uid),
                          .labels = object_facts_text(head, facts->labels),
                          .hash = {facts->hash, FACTS_HASH},
                          .images = object_facts_text(head, facts->images),
                          .restarted = object_facts_text(head, facts->restarted),
                          .generation = facts->generation,
                          .deleting = facts->deleting,
                          .paused = facts->paused,
                          .on_delete = facts->on_delete,
                          .desired = facts->pods.desired,
                          .updated = facts->pods.updated,
                          .available = facts->pods.available,
                          .total = facts->pods.total,
                          .refused = object_facts_text(head, facts->refused),
                          .refused_since = facts->refused_since,
                          .rollback_order = object_facts_text(head, facts->rollback_order),
                          .release_order = object_facts_text(head, facts->release_order)};
}

int snapshot_of(const struct cache_entry *workload, struct arena *arena, struct snapshot *out)
{
    const struct workload_facts *facts = copy_of(arena, facts_of(workload));

    if (!facts)
        return -1;
    draw_workload(workload, facts, out);
    if (draw_revisions(workload, arena, out) < 0 || draw_pods(workload, arena, out) < 0)
        return -1;
    out->observed =
        facts->observed && out->revision_count > 0 &&
        view_eq(out->revisions[0].hash, (struct view){facts->revision_hash, FACTS_HASH});
    return 0;
}
