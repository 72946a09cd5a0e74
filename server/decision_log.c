#include "server/decision_log.h"

#include "base/buf.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/sys/line_queue.h"
#include "base/text/quote.h"
#include "base/time/timefmt.h"
#include "base/time/timestamp.h"
#include "policy/evaluate.h"
#include "rollout/limits.h"
#include "server/limits.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>

enum { NOTE = 160 };

struct decision_log {
    struct line_queue *queue;
    unsigned every_allowed;
    atomic_uint allowed;
    char note[NOTE];
};

static struct view tell_lost(void *arg, uint64_t lost)
{
    struct decision_log *d = arg;
    char time[TIMESTAMP_TEXT];

    timestamp_now(time);
    snprintf(d->note, sizeof(d->note),
             "{\"time\":\"%s\",\"event\":\"lines_dropped\",\"count\":%" PRIu64 "}\n", time, lost);
    return view_of(d->note);
}

struct decision_log *decision_log_create(int fd, unsigned every_allowed)
{
    struct decision_log *d = mem_alloc(sizeof(*d));

    if (!d)
        return NULL;
    *d = (struct decision_log){.every_allowed = every_allowed};
    d->queue = line_queue_create(fd, LIMIT_LOG_QUEUE, tell_lost, d);
    if (d->queue)
        return d;
    mem_free(d);
    return NULL;
}

int decision_log_parse_sample(struct view text, unsigned *every_allowed)
{
    struct view count = view_from(text, 2);
    unsigned n = 0;

    if (view_eq_str(text, "all") || view_eq_str(text, "none")) {
        *every_allowed = view_eq_str(text, "all");
        return 0;
    }
    if (!view_starts(text, "1/") || count.n == 0 || count.n > 6)
        return -1;
    for (size_t i = 0; i < count.n; i++) {
        if (count.p[i] < '0' || count.p[i] > '9')
            return -1;
        n = n * 10 + (unsigned)(count.p[i] - '0');
    }
    if (n == 0)
        return -1;
    *every_allowed = n;
    return 0;
}

static bool is_wanted(struct decision_log *d, const struct verdict *v)
{
    if (!v->allowed || v->first || v->rollback_revision != 0)
        return true;
    return d->every_allowed > 0 &&
           atomic_fetch_add_explicit(&d->allowed, 1, memory_order_relaxed) % d->every_allowed == 0;
}

static void write_text(struct buf *line, const char *name, struct view value)
{
    if (value.n == 0)
        return;
    buf_add_str(line, ",\"");
    buf_add_str(line, name);
    buf_add_str(line, "\":");
    quote_json(line, view_first(value, LIMIT_LOG_VALUE));
}

static void write_rollback(struct buf *line, const struct verdict *v)
{
    char since[TIMEFMT_ROOM];

    if (v->rollback_revision != 0)
        buf_printf(line, ",\"rollback\":{\"revision\":%" PRId64 ",\"healthyAt\":\"%s\"}",
                   v->rollback_revision, timefmt_rfc3339(v->rollback_healthy_at, NULL, since));
}

static const char *status_name(enum rule_status status)
{
    switch (status) {
    case RULE_BROKEN: return "broken";
    case RULE_UNANSWERED: return "unanswered";
    case RULE_EXISTING: return "existing";
    case RULE_EXEMPT: return "exempt";
    case RULE_NOTED: return "noted";
    }
    return "broken";
}

static void write_rule(struct buf *line, const struct rule_result *r)
{
    buf_add_str(line, "{\"mode\":\"");
    buf_add_str(line, mode_name(r->rule->mode));
    buf_add_str(line, "\",\"result\":\"");
    buf_add_str(line, status_name(r->status));
    buf_add_char(line, '"');
    write_text(line, "policy", r->policy->name);
    write_text(line, "rule", r->rule->id);
    if (r->findings)
        write_text(line, "path", r->findings->path);
    write_text(line, "error", r->error);
    write_text(line, "trace", r->trace);
    if (r->exemption)
        write_text(line, "reason", r->exemption->reason);
    buf_add_char(line, '}');
}

static void write_rules(struct buf *line, const struct verdict *v, size_t most)
{
    const struct rule_result *r = v->first;
    size_t n = 0;

    buf_add_str(line, ",\"rules\":[");
    for (; r && n < most; r = r->next, n++) {
        buf_add_str(line, n > 0 ? "," : "");
        write_rule(line, r);
    }
    buf_add_char(line, ']');
    for (n = 0; r; r = r->next)
        n++;
    if (n > 0)
        buf_printf(line, ",\"rulesLeftOut\":%zu", n);
}

/* In seconds, to the nearest microsecond. */
static void write_duration(struct buf *line, int64_t ns)
{
    uint64_t us = ns > 0 ? ((uint64_t)ns + 500) / 1000 : 0;

    buf_add_str(line, ",\"durationSeconds\":");
    buf_add_uint(line, us / 1000000, 1);
    buf_add_char(line, '.');
    buf_add_uint(line, us % 1000000, 6);
}

/* Every review writes a line, so this avoids printf, which would take more time than all the rest.
 */
static void write_line(struct buf *line, const struct request *r, const struct verdict *v,
                       int64_t duration, size_t most_rules)
{
    char time[TIMESTAMP_TEXT];

    timestamp_now(time);
    buf_add_str(line, "{\"time\":\"");
    buf_add_str(line, time);
    buf_add_str(line, v->allowed ? "\",\"verdict\":\"allowed\"" : "\",\"verdict\":\"denied\"");
    write_text(line, "uid", r->uid);
    write_text(line, "user", r->user);
    write_text(line, "operation", view_of(operation_name(r->operation)));
    write_text(line, "kind", r->kind);
    write_text(line, "subresource", r->subresource);
    write_text(line, "namespace", r->namespace_);
    write_text(line, "name", r->name);
    buf_add_str(line, r->dry_run ? ",\"dryRun\":true" : ",\"dryRun\":false");
    write_text(line, "templateHash", v->template_hash);
    write_rollback(line, v);
    write_rules(line, v, most_rules);
    write_duration(line, duration);
    buf_add_str(line, "}\n");
}

void decision_log_write(struct decision_log *d, const struct request *request,
                        const struct verdict *verdict, int64_t duration)
{
    struct buf line;

    if (!is_wanted(d, verdict))
        return;
    buf_init(&line, LIMIT_LOG_LINE);
    write_line(&line, request, verdict, duration, LIMIT_LOG_RULES);
    if (line.failed) {
        buf_reset(&line);
        write_line(&line, request, verdict, duration, 0);
    }
    line_queue_put(d->queue,
                   line.failed ? VIEW("{\"event\":\"line_left_out\"}\n") : buf_view(&line));
    buf_release(&line);
}

void decision_log_add(struct decision_log *d, struct view line)
{
    line_queue_put(d->queue, line);
}

uint64_t decision_log_dropped(struct decision_log *d)
{
    return line_queue_dropped(d->queue);
}

void decision_log_free(struct decision_log *d)
{
    if (!d)
        return;
    line_queue_free(d->queue);
    mem_free(d);
}
