#include "server/server_state.h"

#include "base/arena.h"
#include "base/clock.h"
#include "policy/freezes/freezes.h"
#include "policy/limits.h"
#include "policy/set.h"
#include "rollout/limits.h"
#include "server/cluster.h"
#include "server/decision_log.h"
#include "server/metrics/process_metrics.h"
#include "server/metrics/registry.h"
#include "server/rules/rule_counters.h"

void server_state_init(struct server_state *g, struct log *log, struct decision_log *decisions)
{
    *g = (struct server_state){
        .log = log, .decisions = decisions, .review_cpu = LIMIT_REVIEW_CPU * INT64_C(1000000)};
    server_counters_init(&g->counters);
    buf_init(&g->rules_problem, LIMIT_ANSWER);
    buf_init(&g->certificate_problem, LIMIT_ANSWER);
    pthread_mutex_init(&g->lock, NULL);
}

void server_state_release(struct server_state *g)
{
    rule_counters_release(g->rules);
    buf_release(&g->rules_problem);
    buf_release(&g->certificate_problem);
    pthread_mutex_destroy(&g->lock);
}

int server_state_use_rules(struct server_state *g, struct policy_set *set)
{
    struct rule_counters *before = server_state_rules(g);
    struct rule_counters *rules = rule_counters_create(set, before), *old;

    rule_counters_release(before);
    if (!rules)
        return -1;
    atomic_store(&g->counters.rules_loaded, rule_counters_set(rules)->loaded);
    pthread_mutex_lock(&g->lock);
    old = g->rules;
    g->rules = rules;
    pthread_mutex_unlock(&g->lock);
    rule_counters_release(old);
    return 0;
}

static void note(struct server_state *g, struct buf *where, struct view problem)
{
    pthread_mutex_lock(&g->lock);
    buf_reset(where);
    buf_add(where, view_trim(problem));
    pthread_mutex_unlock(&g->lock);
}

void server_state_note_rules(struct server_state *g, struct view problem)
{
    note(g, &g->rules_problem, problem);
}

void server_state_note_certificate(struct server_state *g, struct view problem)
{
    note(g, &g->certificate_problem, problem);
}

void server_state_set_serving(struct server_state *g)
{
    pthread_mutex_lock(&g->lock);
    g->serving = true;
    pthread_mutex_unlock(&g->lock);
}

void server_state_set_stopping(struct server_state *g)
{
    pthread_mutex_lock(&g->lock);
    g->stopping = true;
    pthread_mutex_unlock(&g->lock);
}

struct rule_counters *server_state_rules(struct server_state *g)
{
    struct rule_counters *rules;

    pthread_mutex_lock(&g->lock);
    rules = rule_counters_acquire(g->rules);
    pthread_mutex_unlock(&g->lock);
    return rules;
}

struct policy_set *server_state_set(void *server)
{
    struct rule_counters *rules = server_state_rules(server);
    struct policy_set *set = rules ? policy_set_acquire(rule_counters_set(rules)) : NULL;

    rule_counters_release(rules);
    return set;
}

static void write_part(struct buf *out, bool good, const char *name, struct view problem)
{
    buf_printf(out, "[%c] %s", good ? '+' : '-', name);
    if (problem.n > 0)
        buf_printf(out, ": the newest files are not in force:\n%.*s", VIEW_ARGS(problem));
    buf_add_char(out, '\n');
}

static void write_vain(struct buf *out, const struct rule_counters *rules)
{
    if (!rules || rule_counters_set(rules)->vain == 0)
        return;
    buf_add_str(out, "[-] rules that can never find anything, in force as they were before:\n");
    policy_set_write_vain(rule_counters_set(rules), out);
}

static const char *why_not_ready(const struct server_state *g)
{
    if (g->stopping)
        return "stopping";
    if (!g->rules)
        return "no rules are loaded";
    return g->serving ? NULL : "starting";
}

bool server_state_is_ready(struct server_state *g, bool verbose, struct buf *out)
{
    const char *why_not;

    pthread_mutex_lock(&g->lock);
    why_not = why_not_ready(g);
    if (verbose) {
        write_part(out, g->rules, "rules", buf_view(&g->rules_problem));
        write_vain(out, g->rules);
        write_part(out, g->serving, "certificate", buf_view(&g->certificate_problem));
        write_part(out, !g->stopping, "serving", VIEW(""));
        if (g->cluster)
            cluster_write_state(g->cluster, out);
    }
    if (why_not)
        buf_printf(out, "not ready: %s\n", why_not);
    else
        buf_add_str(out, "ready\n");
    pthread_mutex_unlock(&g->lock);
    return !why_not;
}

static bool has_rules_problem(struct server_state *g)
{
    bool has;

    pthread_mutex_lock(&g->lock);
    has = g->rules_problem.n > 0 || (g->rules && rule_counters_set(g->rules)->vain > 0);
    pthread_mutex_unlock(&g->lock);
    return has;
}

void server_state_write_metrics(struct server_state *g, struct buf *out)
{
    struct rule_counters *rules = server_state_rules(g);
    struct cluster_figures cluster;
    struct freeze_place *freezes = NULL;
    struct process_figures process;
    struct metric_sources sources = {.now = clock_monotonic_ns(),
                                     .server = &g->counters,
                                     .log_lines_dropped = decision_log_dropped(g->decisions),
                                     .has_rules_problem = has_rules_problem(g),
                                     .rules = rules,
                                     .process = &process};
    struct arena arena;

    arena_init(&arena, LIMIT_ARENA);
    if (rules && freezes_at(rule_counters_set(rules), clock_wall(), &arena, &freezes) == 0)
        sources.freezes = freezes;
    if (g->cluster)
        cluster_figures(g->cluster, &cluster, &sources);
    process_figures_read(&process);
    registry_write(&sources, out);
    arena_release(&arena);
    rule_counters_release(rules);
}
