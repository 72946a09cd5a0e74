#include "rollout/watch/pod_facts.h"

#include "base/arena.h"
#include "base/json/json.h"
#include "base/text/quote.h"
#include "base/time/timefmt.h"
#include "base/view.h"
#include "kube/limits.h"
#include "rollout/limits.h"
#include "rollout/watch/owner.h"
#include "rollout/watch/waiting.h"

#include <stdlib.h>
#include <string.h>
#include <yyjson.h>

/* A container by its list and name: a pod may have very many of them. */
struct named {
    struct view name;
    enum container_list list;
    size_t place;
    const void *what;
};

/* In order of list, name and place. */
struct names {
    struct named *all;
    size_t count;
};

/* A pod that is being cut. */
struct cut {
    yyjson_val *spec, *status;
    const struct pod_facts *before; /* or NULL */
    struct names inits;             /* of what the spec says of init containers */
    struct names known;             /* of before->containers */
    int64_t now;
    struct object_facts_draft draft;
    struct pod_facts *out;
};

/* --- containers ------------------------------------------------------------------------------- */

static const struct {
    enum container_list list;
    const char *statuses;
} lists[] = {
    {CONTAINERS, "containerStatuses"},
    {INIT_CONTAINERS, "initContainerStatuses"},
};

enum { LISTS = sizeof(lists) / sizeof(lists[0]) };

static int compare_keys(const struct named *a, const struct named *b)
{
    return a->list != b->list ? (a->list < b->list ? -1 : 1) : view_cmp(a->name, b->name);
}

static int compare_named(const void *left, const void *right)
{
    const struct named *a = left, *b = right;
    int order = compare_keys(a, b);

    return order != 0 ? order : a->place < b->place ? -1 : a->place > b->place;
}

static int names_room(struct names *names, size_t count, struct arena *arena)
{
    names->all = arena_array(arena, count + 1, sizeof(*names->all));
    return names->all ? 0 : -1;
}

static void names_add(struct names *names, enum container_list list, struct view name,
                      const void *what)
{
    names->all[names->count] = (struct named){name, list, names->count, what};
    names->count++;
}

/* The first of that name, or NULL. */
static const void *names_find(const struct names *names, enum container_list list, struct view name)
{
    const struct named key = {.name = name, .list = list};
    size_t first = 0, end = names->count;

    while (first < end) {
        size_t middle = first + (end - first) / 2;

        if (compare_keys(&names->all[middle], &key) < 0)
            first = middle + 1;
        else
            end = middle;
    }
    if (first == names->count || compare_keys(&names->all[first], &key) != 0)
        return NULL;
    return names->all[first].what;
}

/* Returns -1 when memory runs out. */
static int name_containers(struct cut *cut, struct arena *arena)
{
    yyjson_val *specs = yyjson_obj_get(cut->spec, "initContainers"), *spec;
    uint32_t known = cut->before ? cut->before->container_count : 0;
    size_t i, n;

    if (names_room(&cut->inits, yyjson_arr_size(specs), arena) < 0 ||
        names_room(&cut->known, known, arena) < 0)
        return -1;
    yyjson_arr_foreach(specs, i, n, spec)
    {
        names_add(&cut->inits, INIT_CONTAINERS, json_text(spec, "name"), spec);
    }
    for (i = 0; i < known; i++) {
        const struct container_facts *c = &cut->before->containers[i];

        names_add(&cut->known, (enum container_list)c->list,
                  object_facts_text(&cut->before->head, c->name), c);
    }
    qsort(cut->inits.all, cut->inits.count, sizeof(struct named), compare_named);
    qsort(cut->known.all, cut->known.count, sizeof(struct named), compare_named);
    return 0;
}

/* An init container that goes on beside the others. */
static bool is_sidecar(const struct cut *cut, struct view name)
{
    yyjson_val *spec = (yyjson_val *)(uintptr_t)names_find(&cut->inits, INIT_CONTAINERS, name);

    return view_eq_str(json_text(spec, "restartPolicy"), "Always");
}

/* An end that should not have been: an ordinary init container is to end with 0. */
static bool is_exit(yyjson_val *terminated, bool may_end)
{
    return yyjson_is_obj(terminated) &&
           !(may_end && yyjson_get_sint(yyjson_obj_get(terminated, "exitCode")) == 0);
}

static void count_oom(struct container_facts *c, yyjson_val *terminated)
{
    struct view id = json_text(terminated, "containerID");
    uint64_t digest = object_facts_digest(id.n > 0 ? id : json_text(terminated, "finishedAt"));

    if (!view_eq_str(json_text(terminated, "reason"), "OOMKilled") || digest == c->oom_ids[0] ||
        digest == c->oom_ids[1])
        return;
    c->oom_ids[1] = c->oom_ids[0];
    c->oom_ids[0] = digest;
    c->oom_kills++;
}

static uint32_t count_of(yyjson_val *value)
{
    int64_t n = yyjson_get_sint(value);

    return n > 0 && n < INT32_MAX ? (uint32_t)n : 0;
}

/* How it ended, and how often. restartCount rises when it is started again, which may be long
 * after; and it may fall when the kubelet has forgotten containers. */
static void cut_ends(struct cut *cut, struct container_facts *c, yyjson_val *status, bool may_end)
{
    yyjson_val *state = yyjson_obj_get(status, "state");
    yyjson_val *now = yyjson_obj_get(state, "terminated");
    yyjson_val *last = yyjson_obj_get(yyjson_obj_get(status, "lastState"), "terminated");
    yyjson_val *end = is_exit(now, may_end) ? now : is_exit(last, may_end) ? last : NULL;
    uint32_t exits = count_of(yyjson_obj_get(status, "restartCount"));

    if (end == now || (!now && !c->running))
        exits += end != NULL;
    if (exits > c->exits)
        c->exits = exits;
    count_oom(c, last);
    count_oom(c, now);
    if (!end)
        return;
    c->ended = object_facts_add(&cut->draft, json_text(end, "reason"));
    c->ended_message = object_facts_add(
        &cut->draft, quote_last(view_trim(json_text(end, "message")), LIMIT_LAST_WORDS));
    c->exit_code = (int32_t)yyjson_get_sint(yyjson_obj_get(end, "exitCode"));
}

static int64_t waiting_since(const struct cut *cut, const struct container_facts *before,
                             struct view reason)
{
    enum waiting_kind kind = waiting_kind_of(reason);
    struct view old =
        before ? object_facts_text(&cut->before->head, before->waiting) : (struct view){0};

    if (!old.p || waiting_kind_of(old) != kind || (kind == WAITING_PASSES && !view_eq(old, reason)))
        return cut->now;
    return before->waiting_since;
}

static void cut_container(struct cut *cut, size_t list, yyjson_val *status)
{
    struct container_facts *c = &cut->out->containers[cut->out->container_count++];
    struct view name = json_text(status, "name");
    const struct container_facts *before = names_find(&cut->known, lists[list].list, name);
    yyjson_val *state = yyjson_obj_get(status, "state");
    yyjson_val *waiting = yyjson_obj_get(state, "waiting");
    struct view reason = json_text(waiting, "reason");
    bool may_end = lists[list].list == INIT_CONTAINERS && !is_sidecar(cut, name);

    if (before) {
        c->exits = before->exits;
        c->oom_kills = before->oom_kills;
        memcpy(c->oom_ids, before->oom_ids, sizeof(c->oom_ids));
    }
    c->name = object_facts_add(&cut->draft, name);
    c->list = (uint8_t)lists[list].list;
    c->running = yyjson_is_obj(yyjson_obj_get(state, "running"));
    timefmt_parse(json_text(yyjson_obj_get(state, "running"), "startedAt"), &c->started);
    c->ready = yyjson_is_true(yyjson_obj_get(status, "ready"));
    cut_ends(cut, c, status, may_end);
    if (reason.n == 0)
        return;
    c->waiting_since = waiting_since(cut, before, reason);
    c->waiting = object_facts_add(&cut->draft, reason);
    c->waiting_message =
        object_facts_add(&cut->draft, quote_first(json_text(waiting, "message"), LIMIT_LAST_WORDS));
}

static void cut_containers(struct cut *cut)
{
    for (size_t list = 0; list < LISTS; list++) {
        size_t i, n;
        yyjson_val *status;

        yyjson_arr_foreach(yyjson_obj_get(cut->status, lists[list].statuses), i, n, status)
        {
            cut_container(cut, list, status);
        }
    }
}

static size_t count_containers(const struct cut *cut)
{
    size_t count = 0;

    for (size_t list = 0; list < LISTS; list++)
        count += yyjson_arr_size(yyjson_obj_get(cut->status, lists[list].statuses));
    return count;
}

/* --- the pod ---------------------------------------------------------------------------------- */

static yyjson_val *condition(yyjson_val *status, const char *type)
{
    size_t i, n;
    yyjson_val *one;

    yyjson_arr_foreach(yyjson_obj_get(status, "conditions"), i, n, one)
    {
        if (view_eq_str(json_text(one, "type"), type))
            return one;
    }
    return NULL;
}

static bool holds(yyjson_val *condition_)
{
    return view_eq_str(json_text(condition_, "status"), "True");
}

/* https://kubernetes.io/docs/concepts/workloads/pods/disruptions/#pod-disruption-conditions and the
 * reasons that a kubelet gives for ending, or not admitting, a pod for its node's sake. */
static bool is_leaving(yyjson_val *pod)
{
    static const char *const reasons[] = {"Evicted",    "NodeLost",     "NodeAffinity",
                                          "Preempting", "NodeShutdown", "Terminated",
                                          "Shutdown"};
    yyjson_val *status = yyjson_obj_get(pod, "status");
    struct view phase = json_text(status, "phase"), reason = json_text(status, "reason");

    if (yyjson_obj_get(yyjson_obj_get(pod, "metadata"), "deletionTimestamp") ||
        view_eq_str(phase, "Succeeded") || holds(condition(status, "DisruptionTarget")))
        return true;
    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
        if (view_eq_str(phase, "Failed") && view_eq_str(reason, reasons[i]))
            return true;
    return false;
}

/* A pod whose containers stay ready while it no longer is has lost its node, or was taken out by
 * the keeper of a readiness gate: neither is its template's doing.
 * https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-readiness-gate */
static void cut_readiness(struct cut *cut)
{
    struct pod_facts *out = cut->out;
    const struct pod_facts *before = cut->before;
    bool is_scheduled = json_text(cut->spec, "nodeName").n > 0;

    out->ready = holds(condition(cut->status, "Ready"));
    out->was_ready = out->ready || (before && before->was_ready);
    out->flaps = before ? before->flaps : 0;
    if (!is_scheduled || out->ready ||
        (out->was_ready && holds(condition(cut->status, "ContainersReady"))))
        return;
    out->flaps += before && before->ready;
    out->unready_since = before && before->unready_since ? before->unready_since : cut->now;
}

static void cut_scheduling(struct cut *cut)
{
    struct pod_facts *out = cut->out;
    const struct pod_facts *before = cut->before;
    yyjson_val *scheduled = condition(cut->status, "PodScheduled");

    out->node = object_facts_add(&cut->draft, json_text(cut->spec, "nodeName"));
    if (!view_eq_str(json_text(scheduled, "reason"), "Unschedulable"))
        return;
    out->unschedulable_since =
        before && before->unschedulable_since ? before->unschedulable_since : cut->now;
    out->unschedulable = object_facts_add(
        &cut->draft, quote_first(json_text(scheduled, "message"), LIMIT_LAST_WORDS));
}

static void cut_pod(struct cut *cut, yyjson_val *metadata)
{
    struct pod_facts *out = cut->out;
    struct owner owner = owner_of(metadata);
    yyjson_val *labels = yyjson_obj_get(metadata, "labels");

    out->head.namespace_ = object_facts_add(&cut->draft, json_text(metadata, "namespace"));
    out->head.name = object_facts_add(&cut->draft, json_text(metadata, "name"));
    out->uid = object_facts_add(&cut->draft, json_text(metadata, "uid"));
    out->owner = object_facts_add(&cut->draft, owner.uid);
    if (owner.guarded_kind)
        out->revision =
            object_facts_add(&cut->draft, json_text(labels, "controller-revision-hash"));
    cut_scheduling(cut);
    cut_readiness(cut);
    cut_containers(cut);
}

bool pod_facts_is_judged(yyjson_val *pod)
{
    struct owner owner = owner_of(yyjson_obj_get(pod, "metadata"));

    return owner_has_pods(&owner) && !is_leaving(pod);
}

struct pod_facts *pod_facts_extract(yyjson_val *pod, const struct pod_facts *before, int64_t now,
                                    struct arena *arena)
{
    struct cut cut = {.spec = yyjson_obj_get(pod, "spec"),
                      .status = yyjson_obj_get(pod, "status"),
                      .before = before,
                      .now = now};
    struct pod_facts *out = NULL;
    struct arena scratch;
    size_t head;

    arena_init(&scratch, 2 * LIMIT_KUBE_EVENT);
    head = sizeof(*out) + count_containers(&cut) * sizeof(struct container_facts);
    object_facts_begin(&cut.draft, head);
    cut.out = arena_alloc(&scratch, head);
    if (cut.out && name_containers(&cut, &scratch) == 0) {
        cut_pod(&cut, yyjson_obj_get(pod, "metadata"));
        out = object_facts_end(&cut.draft, &cut.out->head, arena);
    }
    arena_release(&scratch);
    return out;
}
