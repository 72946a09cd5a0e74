#include "server/rules/rule_writer.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/diag.h"
#include "base/json/json.h"
#include "base/json/json_block.h"
#include "base/mem.h"
#include "base/sys/log.h"
#include "base/sys/worker.h"
#include "base/text/quote.h"
#include "base/time/timefmt.h"
#include "kube/cache.h"
#include "kube/client.h"
#include "kube/kube.h"
#include "kube/lease.h"
#include "kube/limits.h"
#include "policy/limits.h"
#include "policy/set.h"
#include "rollout/limits.h"
#include "server/rules/last_good.h"
#include "server/rules/object_status.h"
#include "server/rules/rule_versions.h"

#include <inttypes.h>
#include <yyjson.h>

enum { AGAIN = 5, CONDITION_MESSAGE = 4096 };

/* What is to be there of one object. */
struct wanted {
    struct view object, uid, text; /* text: of the last good version; absent: it is not to change */
    struct view problem, extra;    /* extra: object_status_write() */
    int64_t generation;
    bool exists, has_good, is_deleted;
};

/* What is to be there of all, with the memory that it is in. */
struct wish {
    struct arena arena;
    struct wanted *wanted;
    size_t count;
    struct object_status status; /* while it is made */
    bool failed;
};

struct rule_writer {
    struct rule_writer_options options;
    struct lease_options lease_options;
    struct lease *lease;
    struct client *client;
    struct worker worker;
    /* guarded by the worker's lock: */
    struct wish *wish; /* NULL: there is no new one */
};

/* --- what is wanted --------------------------------------------------------------------------- */

static void free_wish(struct wish *wish)
{
    if (!wish)
        return;
    arena_release(&wish->arena);
    mem_free(wish);
}

static struct view copy(struct wish *wish, struct view from)
{
    struct view to = arena_copy(&wish->arena, from.p ? from : VIEW(""));

    wish->failed = wish->failed || !to.p;
    return to;
}

static void count_version(void *ctx, const struct rule_version *version)
{
    (void)version;
    ++*(size_t *)ctx;
}

static struct view extra_of(struct wish *wish, struct view object)
{
    struct view copied;
    struct buf text;

    buf_init(&text, LIMIT_MESSAGE);
    object_status_write(&wish->status, object, &text);
    wish->failed = wish->failed || text.failed;
    copied = copy(wish, buf_view(&text));
    buf_release(&text);
    return copied;
}

static void add_wanted(void *ctx, const struct rule_version *version)
{
    struct wish *wish = ctx;
    const struct rule_unit *newest = version->newest, *unit = newest ? newest : version->good;
    struct wanted *wanted = &wish->wanted[wish->count++];
    bool in_force = newest && version->chosen == newest;

    *wanted = (struct wanted){.object = copy(wish, unit->name),
                              .uid = copy(wish, unit->uid),
                              .problem = copy(wish, version->problem),
                              .extra = extra_of(wish, unit->name),
                              .generation = unit->generation,
                              .exists = newest && newest->lost.n == 0,
                              .has_good = version->good,
                              .is_deleted = !newest && !version->chosen};
    if (in_force && wanted->exists)
        wanted->text = copy(wish, newest->files[0].text);
}

int64_t rule_writer_want(struct rule_writer *w, const struct rule_versions *versions,
                         const struct policy_set *set, int64_t now)
{
    struct wish *wish = mem_alloc(sizeof(*wish)), *old;
    size_t count = 0;
    int64_t until;

    if (!wish)
        return now + AGAIN;
    *wish = (struct wish){.count = 0};
    arena_init(&wish->arena, LIMIT_RULES_MEMORY);
    rule_versions_each(versions, count_version, &count);
    wish->wanted = arena_array(&wish->arena, count + 1, sizeof(*wish->wanted));
    if (wish->wanted && object_status_at(set, now, &wish->arena, &wish->status) == 0)
        rule_versions_each(versions, add_wanted, wish);
    else
        wish->failed = true;
    if (wish->failed) {
        free_wish(wish);
        return now + AGAIN;
    }
    until = wish->status.until;
    worker_lock(&w->worker);
    old = w->wish;
    w->wish = wish;
    worker_wake(&w->worker);
    worker_unlock(&w->worker);
    free_wish(old);
    return until;
}

/* --- calls ------------------------------------------------------------------------------------ */

/* One pass over what is wanted. */
struct pass {
    struct rule_writer *w;
    struct arena arena;
    enum rule_definition known[RULE_KINDS];
    struct view definitions[RULE_KINDS];
    bool failed; /* something has to be tried again */
};

static yyjson_val *find(struct pass *p, struct cache *cache, struct view name)
{
    struct view block;

    if (cache_find(cache, name, clock_monotonic_ns(), &p->arena, &block) != CACHE_FOUND)
        return NULL;
    return json_block_open(block);
}

static void call(struct pass *p, const struct client_call *call, struct view object)
{
    struct client_answer answer;

    if (client_do(p->w->client, call, &answer) == 0 || client_is_stopped(p->w->client))
        return;
    p->failed = true;
    if (answer.status != 404 && answer.status != 409)
        LOG(p->w->options.kube->log, LOG_LEVEL_WARNING, "rule_status_fails",
            LOG_STR("verb", call->verb), LOG_STR("resource", call->resource),
            LOG_VIEW("object", object), LOG_STR("error", answer.problem));
}

static bool is_kept(struct pass *p, yyjson_val *map, const struct last_good *good)
{
    struct last_good there;

    return map && last_good_read(map, &p->arena, &there) == 0 &&
           view_eq(there.object, good->object) && view_eq(there.definition, good->definition) &&
           view_eq(there.text, good->text);
}

/* Writes the last good version into its ConfigMap, or deletes that. */
static void keep(struct pass *p, const struct wanted *wanted, struct view definition)
{
    struct view name = last_good_name(wanted->object, &p->arena);
    yyjson_val *map = name.p ? find(p, p->w->options.good, name) : NULL;
    const struct last_good good = {wanted->object, definition, wanted->text};
    bool writes = wanted->text.p && definition.p;
    struct client_call request = {.verb = wanted->is_deleted ? "delete"
                                          : map              ? "update"
                                                             : "create",
                                  .resource = "configmaps"};
    struct buf body;

    if (!name.p || (wanted->is_deleted ? !map : !writes || is_kept(p, map, &good)))
        return;
    buf_init(&body, 2 * LIMIT_RULE_OBJECT);
    request.path = arena_printf(&p->arena, "/api/v1/namespaces/%.*s/configmaps%s%.*s",
                                VIEW_ARGS(p->w->options.own_namespace), map ? "/" : "",
                                VIEW_ARGS(map ? name : VIEW("")))
                       .p;
    if (!wanted->is_deleted && last_good_write(&good, &body) == 0)
        request.body = buf_view(&body);
    if (request.path && (wanted->is_deleted || request.body.p))
        call(p, &request, wanted->object);
    buf_release(&body);
}

/* --- status ----------------------------------------------------------------------------------- */

struct condition {
    bool ready;
    const char *reason;
    struct view message;
};

static struct condition condition_of(const struct wanted *wanted)
{
    if (wanted->problem.n == 0)
        return (struct condition){true, "InForce", VIEW("this version is in force")};
    return (struct condition){false, wanted->has_good ? "LastGoodInForce" : "NotInForce",
                              quote_first(view_trim(wanted->problem), CONDITION_MESSAGE)};
}

static yyjson_val *ready_of(yyjson_val *object)
{
    yyjson_val *conditions = yyjson_obj_get(yyjson_obj_get(object, "status"), "conditions"), *one;
    yyjson_arr_iter each = yyjson_arr_iter_with(conditions);

    while ((one = yyjson_arr_iter_next(&each)))
        if (view_eq_str(json_text(one, "type"), "Ready"))
            return one;
    return NULL;
}

static bool says(yyjson_val *ready, const struct condition *c, int64_t generation)
{
    return view_eq_str(json_text(ready, "status"), c->ready ? "True" : "False") &&
           view_eq_str(json_text(ready, "reason"), c->reason) &&
           view_eq(json_text(ready, "message"), c->message) &&
           yyjson_get_sint(yyjson_obj_get(ready, "observedGeneration")) == generation;
}

/* Whether a status has each key of the extra as it is there; null: it has it not. */
static bool shows(yyjson_val *status, struct view extra)
{
    yyjson_doc *doc = yyjson_read(extra.p, extra.n, 0);
    yyjson_obj_iter each = yyjson_obj_iter_with(yyjson_doc_get_root(doc));
    yyjson_val *key;
    bool same = doc;

    while ((key = yyjson_obj_iter_next(&each))) {
        yyjson_val *wanted = yyjson_obj_iter_get_val(key);
        yyjson_val *there = yyjson_obj_get(status, yyjson_get_str(key));

        same = same && (yyjson_is_null(wanted) ? !there : there && yyjson_equals(wanted, there));
    }
    yyjson_doc_free(doc);
    return same;
}

static void write_patch(const struct wanted *wanted, const struct condition *c, yyjson_val *before,
                        struct buf *out)
{
    struct view since = json_text(before, "lastTransitionTime");
    char now[TIMEFMT_ROOM];

    if (!since.p || !view_eq_str(json_text(before, "status"), c->ready ? "True" : "False"))
        since = view_of(timefmt_rfc3339(clock_wall(), NULL, now));
    buf_add_str(out, "{\"metadata\":{\"uid\":");
    quote_json(out, wanted->uid);
    buf_printf(out,
               "},\"status\":{\"observedGeneration\":%" PRId64 ",\"conditions\":[{\"type\":"
               "\"Ready\",\"status\":\"%s\",\"reason\":\"%s\",\"observedGeneration\":%" PRId64
               ",\"lastTransitionTime\":\"%.*s\",\"message\":",
               wanted->generation, c->ready ? "True" : "False", c->reason, wanted->generation,
               VIEW_ARGS(since));
    quote_json(out, c->message);
    buf_add_str(out, "}]");
    if (wanted->extra.n > 2) /* without its braces */
        buf_printf(out, ",%.*s", (int)wanted->extra.n - 2, wanted->extra.p + 1);
    buf_add_str(out, "}}");
}

static void show(struct pass *p, const struct wanted *wanted, int kind)
{
    const struct condition c = condition_of(wanted);
    struct client_call request = {
        .verb = "patch", .type = CLIENT_MERGE_PATCH, .resource = policy_set_kinds[kind].resource};
    struct view singular, name;
    yyjson_val *object, *ready;
    struct buf body;

    view_cut(wanted->object, '/', &singular, &name);
    object = find(p, p->w->options.kinds[kind], name);
    ready = ready_of(object);
    if (!object || (says(ready, &c, wanted->generation) &&
                    shows(yyjson_obj_get(object, "status"), wanted->extra)))
        return;
    buf_init(&body, LIMIT_MESSAGE);
    write_patch(wanted, &c, ready, &body);
    request.body = buf_view(&body);
    request.path = arena_printf(&p->arena, "/apis/tidegate.dev/v1alpha1/%s/%.*s/status",
                                policy_set_kinds[kind].resource, VIEW_ARGS(name))
                       .p;
    if (request.path && !body.failed)
        call(p, &request, wanted->object);
    buf_release(&body);
}

/* --- the thread ------------------------------------------------------------------------------- */

/* Whether it still leads. */
static bool write_one(struct pass *p, const struct wanted *wanted)
{
    int kind = rule_definition_kind(wanted->object);

    if (!lease_is_held(p->w->lease, clock_monotonic_ns()) || client_is_stopped(p->w->client))
        return false;
    client_end_by(p->w->client, lease_ends(p->w->lease));
    if (kind < 0)
        return true;
    if (wanted->text.p && p->known[kind] == RULE_DEFINITION_UNKNOWN)
        p->known[kind] = rule_definition_ask(p->w->client, &policy_set_kinds[kind], &p->arena,
                                             &p->definitions[kind]);
    p->failed = p->failed || (wanted->text.p && p->known[kind] == RULE_DEFINITION_UNKNOWN);
    keep(p, wanted,
         p->known[kind] == RULE_DEFINITION_THERE ? p->definitions[kind] : (struct view){NULL, 0});
    if (wanted->exists)
        show(p, wanted, kind);
    return true;
}

/* Returns false when it is to be done again. */
static bool write_all(struct rule_writer *w, const struct wish *wish)
{
    struct pass p = {
        .w = w,
        .known = {RULE_DEFINITION_UNKNOWN, RULE_DEFINITION_UNKNOWN, RULE_DEFINITION_UNKNOWN}};
    size_t i = 0;

    arena_init(&p.arena, LIMIT_RULES_MEMORY);
    while (i < wish->count && write_one(&p, &wish->wanted[i]))
        i++;
    arena_release(&p.arena);
    return i == wish->count && !p.failed;
}

/* Waits for a new wish or for the time to go on with the old one. */
static struct wish *await(struct rule_writer *w, struct wish *wish, bool done)
{
    int64_t at = done ? INT64_MAX : clock_monotonic_ns() + AGAIN * INT64_C(1000000000);
    struct wish *next;

    worker_lock(&w->worker);
    while (!w->worker.stopping && !w->wish && worker_wait(&w->worker, wish ? at : INT64_MAX))
        ;
    next = w->wish;
    w->wish = NULL;
    worker_unlock(&w->worker);
    if (!next)
        return wish;
    free_wish(wish);
    return next;
}

static void *run_writer(void *arg)
{
    struct rule_writer *w = arg;
    struct wish *wish = NULL;
    bool done = false;

    for (;;) {
        wish = await(w, wish, done);
        if (client_is_stopped(w->client))
            break;
        done = wish && write_all(w, wish);
    }
    free_wish(wish);
    return NULL;
}

void rule_writer_write_state(struct rule_writer *w, struct buf *out)
{
    struct buf holder;

    buf_init(&holder, LIMIT_MESSAGE);
    lease_holder(w->lease, &holder);
    buf_printf(out, "[+] rules: their status is written by %.*s\n",
               VIEW_ARGS(holder.n > 0 ? buf_view(&holder) : VIEW("nobody yet")));
    buf_release(&holder);
}

/* --- life ------------------------------------------------------------------------------------- */

struct rule_writer *rule_writer_start(const struct rule_writer_options *options)
{
    struct rule_writer *w = mem_alloc(sizeof(*w));

    if (!w)
        return NULL;
    *w = (struct rule_writer){
        .options = *options,
        .lease_options = {.namespace_ = options->own_namespace, .name = VIEW("tidegate-rules")}};
    worker_init(&w->worker);
    w->client = client_create(options->kube);
    w->lease = w->client ? lease_start(options->kube, &w->lease_options) : NULL;
    if (w->lease && worker_start(&w->worker, run_writer, w) == 0)
        return w;
    rule_writer_stop(w);
    return NULL;
}

void rule_writer_stop(struct rule_writer *w)
{
    if (!w)
        return;
    if (w->client)
        client_stop(w->client);
    worker_stop(&w->worker);
    worker_join(&w->worker);
    lease_stop(w->lease);
    free_wish(w->wish);
    worker_release(&w->worker);
    client_free(w->client);
    mem_free(w);
}
