#include "server/server_state.h"

#include "base/limits.h"
#include "base/sys/clock.h"
#include "policy/set.h"
#include "server/cluster.h"
#include "server/decision_log.h"
#include "server/metrics/freeze_metrics.h"
#include "server/rules/rule_counters.h"

void gate_init(struct gate *g, struct log *log, struct decision_log *decisions)
{
    *g = (struct gate){
        .log = log, .decisions = decisions, .review_cpu = LIMIT_REVIEW_CPU * INT64_C(1000000)};
    metrics_init(&g->metrics);
    buf_init(&g->rules_problem, LIMIT_ANSWER);
    buf_init(&g->certificate_problem, LIMIT_ANSWER);
    pthread_mutex_init(&g->lock, NULL);
}

void gate_release(struct gate *g)
{
    rules_release(g->rules);
    buf_release(&g->rules_problem);
    buf_release(&g->certificate_problem);
    pthread_mutex_destroy(&g->lock);
}

int gate_use_rules(struct gate *g, struct policy_set *set)
{
    struct rules *before = gate_rules(g);
    struct rules *rules = rules_create(set, before), *old;

    rules_release(before);
    if (!rules)
        return -1;
    atomic_store(&g->metrics.rules_loaded, rules_set(rules)->loaded);
    pthread_mutex_lock(&g->lock);
    old = g->rules;
    g->rules = rules;
    pthread_mutex_unlock(&g->lock);
    rules_release(old);
    return 0;
}

static void note(struct gate *g, struct buf *where, struct view problem)
{
    pthread_mutex_lock(&g->lock);
    buf_reset(where);
    buf_add(where, view_trim(problem));
    pthread_mutex_unlock(&g->lock);
}

void gate_note_rules(struct gate *g, struct view problem)
{
    note(g, &g->rules_problem, problem);
}

void gate_note_certificate(struct gate *g, struct view problem)
{
    note(g, &g->certificate_problem, problem);
}

void gate_set_serving(struct gate *g)
{
    pthread_mutex_lock(&g->lock);
    g->serving = true;
    pthread_mutex_unlock(&g->lock);
}

void gate_set_stopping(struct gate *g)
{
    pthread_mutex_lock(&g->lock);
    g->stopping = true;
    pthread_mutex_unlock(&g->lock);
}

struct rules *gate_rules(struct gate *g)
{
    struct rules *rules;

    pthread_mutex_lock(&g->lock);
    rules = rules_acquire(g->rules);
    pthread_mutex_unlock(&g->lock);
    return rules;
}

static void write_part(struct buf *out, bool good, const char *name, struct view problem)
{
    buf_printf(out, "[%c] %s", good ? '+' : '-', name);
    if (problem.n > 0)
        buf_printf(out, ": the newest files are not in force:\n%.*s", VIEW_ARGS(problem));
    buf_add_char(out, '\n');
}

static void write_vain(struct buf *out, const struct rules *rules)
{
    if (!rules || rules_set(rules)->vain == 0)
        return;
    buf_add_str(out, "[-] rules that can never find anything, in force as they were before:\n");
    policy_set_write_vain(rules_set(rules), out);
}

static const char *why_not_ready(const struct gate *g)
{
    if (g->stopping)
        return "stopping";
    if (!g->rules)
        return "no rules are loaded";
    return g->serving ? NULL : "starting";
}

bool gate_is_ready(struct gate *g, bool verbose, struct buf *out)
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

static bool has_rules_problem(struct gate *g)
{
    bool has;

    pthread_mutex_lock(&g->lock);
    has = g->rules_problem.n > 0 || (g->rules && rules_set(g->rules)->vain > 0);
    pthread_mutex_unlock(&g->lock);
    return has;
}

void gate_write_metrics(struct gate *g, struct buf *out)
{
    struct rules *rules = gate_rules(g);

    metrics_write(&g->metrics, decision_log_dropped(g->decisions), out);
    metrics_head(
        out, "tidegate_rules_problem", "gauge",
        "1 while the newest rules, of files or of ConfigMaps, are not all in force, or one "
        "can never find anything.");
    buf_printf(out, "tidegate_rules_problem %d\n", has_rules_problem(g));
    rules_write(rules, out);
    if (rules)
        freeze_metrics_write(rules_set(rules), clock_wall(), out);
    if (g->cluster)
        cluster_write_metrics(g->cluster, out);
    rules_release(rules);
}
