#include "server/rules/rule_schemas.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/diag.h"
#include "base/mem.h"
#include "base/sys/log.h"
#include "base/sys/worker.h"
#include "kube/client.h"
#include "kube/discovery.h"
#include "kube/kube.h"
#include "kube/limits.h"
#include "policy/limits.h"
#include "policy/set.h"
#include "policy/set_paths.h"
#include "policy/shapes/shapes.h"

#include <stdlib.h>

struct rule_schemas {
    const struct kube *kube;
    struct rule_schemas_options options;
    struct client *client;
    struct worker worker;
    /* guarded by the worker's lock: */
    bool asked;
};

/* A version of an API group whose kinds are searched. */
struct wanted {
    struct view group, version;
};

/* The search for the kinds of one set that no schema here describes. */
struct lookup {
    struct rule_schemas *r;
    const struct policy_set *set;
    struct shapes *shapes;
    struct arena arena;
    struct unknown_kind *kinds;
    size_t count;
    struct wanted *wanted;
    size_t wanted_count, wanted_room;
};

/* --- which versions have the kinds ------------------------------------------------------------ */

static const char no_such_kind[] = "the cluster has none";
static const char no_fields[] = "the cluster's OpenAPI does not say what fields it has";

/* The kind is text as in a match: Widget, or example.com/Widget. */
static bool is_meant(const struct unknown_kind *unknown, const struct discovery_kind *kind)
{
    struct view group, name;

    if (!view_cut(unknown->kind, '/', &group, &name))
        return view_eq(unknown->kind, kind->kind);
    return view_eq(group, kind->group) && view_eq(name, kind->kind);
}

static bool is_last_wanted(const struct lookup *l, const struct discovery_kind *kind)
{
    const struct wanted *last = l->wanted_count > 0 ? &l->wanted[l->wanted_count - 1] : NULL;

    return last && view_eq(last->group, kind->group) && view_eq(last->version, kind->version);
}

/* The kinds of one version follow each other. */
static int add_wanted(struct lookup *l, const struct discovery_kind *kind)
{
    if (is_last_wanted(l, kind))
        return 0;
    if (l->wanted_count == l->wanted_room) {
        size_t room = l->wanted_room ? 2 * l->wanted_room : 16;
        struct wanted *grown = arena_grow(&l->arena, l->wanted, l->wanted_room * sizeof(*grown),
                                          room * sizeof(*grown));

        if (!grown)
            return -1;
        l->wanted = grown;
        l->wanted_room = room;
    }
    l->wanted[l->wanted_count++] = (struct wanted){kind->group, kind->version};
    return 0;
}

static int take_kind(void *ctx, const struct discovery_kind *kind)
{
    struct lookup *l = ctx;

    for (size_t i = 0; i < l->count; i++)
        if (is_meant(&l->kinds[i], kind)) {
            l->kinds[i].why = no_fields;
            if (add_wanted(l, kind) < 0)
                return -1;
        }
    return 0;
}

static void set_why(struct lookup *l, const char *why)
{
    for (size_t i = 0; i < l->count; i++)
        l->kinds[i].why = why;
}

/* Returns -1 with the reason at each kind. */
static int discover(struct lookup *l)
{
    struct client_answer answer;
    yyjson_val *core = discovery_ask_core(l->r->client, &l->arena, &answer);
    yyjson_val *groups = core ? discovery_ask_groups(l->r->client, &l->arena, &answer) : NULL;

    if (!groups) {
        set_why(l, arena_str(&l->arena, view_of(answer.problem)));
        return -1;
    }
    set_why(l, no_such_kind);
    if (discovery_each(core, take_kind, l) == 0 && discovery_each(groups, take_kind, l) == 0)
        return 0;
    set_why(l, "out of memory");
    return -1;
}

/* --- their schemas -----------------------------------------------------------------------------
 */

/* Why the kinds of one version could not be read. */
static void note_problem(struct lookup *l, const struct wanted *wanted, struct view problem)
{
    const char *why = arena_str(&l->arena, problem);

    for (size_t i = 0; i < l->count; i++) {
        struct view group, kind;

        if (!view_cut(l->kinds[i].kind, '/', &group, &kind) || view_eq(group, wanted->group))
            l->kinds[i].why = l->kinds[i].why == no_such_kind || !why ? l->kinds[i].why : why;
    }
}

static void read_schemas(struct lookup *l, const struct wanted *wanted, const struct source *text)
{
    struct arena arena;
    struct diags diags;
    size_t found;

    arena_init(&arena, LIMIT_RULES_MEMORY);
    diags_init(&diags, &arena);
    if (shapes_read(l->shapes, text, &diags, &found) < 0)
        note_problem(l, wanted, diags.first ? diags.first->message : VIEW("out of memory"));
    arena_release(&arena);
}

static void fetch_schemas(struct lookup *l, const struct wanted *wanted)
{
    struct view path =
        wanted->group.n == 0
            ? arena_printf(&l->arena, "/openapi/v3/api/%.*s", VIEW_ARGS(wanted->version))
            : arena_printf(&l->arena, "/openapi/v3/apis/%.*s/%.*s", VIEW_ARGS(wanted->group),
                           VIEW_ARGS(wanted->version));
    const struct client_call call = {.verb = "get", .resource = "openapi", .path = path.p};
    struct client_answer answer;
    struct buf body;

    if (!path.p)
        return;
    buf_init(&body, LIMIT_KUBE_ANSWER);
    if (client_text(l->r->client, &call, &body, &answer) < 0)
        note_problem(l, wanted, view_of(answer.problem));
    else
        read_schemas(l, wanted, &(struct source){.name = path, .text = buf_view(&body)});
    buf_release(&body);
}

/* --- logging ---------------------------------------------------------------------------------- */

static void log_warnings(struct lookup *l)
{
    struct diags diags;
    struct buf text;

    diags_init(&diags, &l->arena);
    if (set_paths_check(l->set, l->shapes, l->kinds, l->count, &diags) < 0)
        LOG(l->r->kube->log, LOG_LEVEL_WARNING, "rules_warning",
            LOG_STR("warning", "paths are not checked: out of memory"));
    buf_init(&text, LIMIT_ANSWER);
    for (const struct diag *d = diags.first; d; d = d->next)
        diag_write(d, &text);
    if (text.n > 0)
        LOG(l->r->kube->log, LOG_LEVEL_WARNING, "rules_warning",
            LOG_VIEW("warning", buf_view(&text)));
    buf_release(&text);
}

/* --schemas was read at the start, and its problems were reported then. */
static struct shapes *known_shapes(struct lookup *l)
{
    const char *schemas = l->r->options.schemas;
    struct shapes *shapes = shapes_create();
    struct diags diags;

    diags_init(&diags, &l->arena);
    if (shapes && schemas)
        shapes_load(shapes, schemas, &diags);
    return shapes;
}

static void find_schemas(struct rule_schemas *r, const struct policy_set *set)
{
    struct lookup l = {.r = r, .set = set};

    arena_init(&l.arena, LIMIT_RULES_MEMORY);
    l.shapes = known_shapes(&l);
    if (l.shapes && set_paths_unknown(set, l.shapes, &l.arena, &l.kinds, &l.count) == 0 &&
        l.count > 0) {
        client_end_by(r->client, clock_monotonic_ns() + LIMIT_KUBE_TIME * INT64_C(1000000000));
        if (discover(&l) == 0)
            for (size_t i = 0; i < l.wanted_count; i++)
                fetch_schemas(&l, &l.wanted[i]);
        if (!client_is_stopped(r->client))
            log_warnings(&l);
    }
    shapes_free(l.shapes);
    arena_release(&l.arena);
}

/* --- the thread ------------------------------------------------------------------------------- */

/* False: it is to stop. */
static bool await(struct rule_schemas *r)
{
    bool stopping;

    worker_lock(&r->worker);
    while (!r->worker.stopping && !r->asked)
        worker_wait(&r->worker, INT64_MAX);
    r->asked = false;
    stopping = r->worker.stopping;
    worker_unlock(&r->worker);
    return !stopping;
}

static void *run_schemas(void *arg)
{
    struct rule_schemas *r = arg;

    while (await(r)) {
        struct policy_set *rules = r->options.rules(r->options.ctx);

        if (rules)
            find_schemas(r, rules);
        policy_set_release(rules);
    }
    return NULL;
}

/* --- life ------------------------------------------------------------------------------------- */

struct rule_schemas *rule_schemas_start(const struct kube *kube,
                                        const struct rule_schemas_options *options)
{
    struct rule_schemas *r = mem_alloc(sizeof(*r));

    if (!r)
        return NULL;
    *r = (struct rule_schemas){.kube = kube, .options = *options, .asked = true};
    worker_init(&r->worker);
    r->client = client_create(kube);
    if (r->client && worker_start(&r->worker, run_schemas, r) == 0)
        return r;
    rule_schemas_stop(r);
    return NULL;
}

void rule_schemas_stop(struct rule_schemas *r)
{
    if (!r)
        return;
    worker_stop(&r->worker);
    if (r->client)
        client_stop(r->client);
    worker_release(&r->worker);
    client_free(r->client);
    mem_free(r);
}

void rule_schemas_look(struct rule_schemas *r)
{
    worker_lock(&r->worker);
    r->asked = true;
    worker_wake(&r->worker);
    worker_unlock(&r->worker);
}
