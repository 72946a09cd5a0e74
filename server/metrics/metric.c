#include "server/metrics/metric.h"

#include "base/buf.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>

enum { NS_PER_SECOND = 1000000000 };

struct samples {
    const struct metric *metric;
    struct buf *out;
    bool begun;
};

const char *metric_type_name(enum metric_type type)
{
    switch (type) {
    case METRIC_COUNTER: return "counter";
    case METRIC_GAUGE: return "gauge";
    case METRIC_HISTOGRAM: return "histogram";
    }
    return "";
}

static void begin(struct samples *to)
{
    const struct metric *m = to->metric;

    if (!to->begun)
        buf_printf(to->out, "# HELP %s %s\n# TYPE %s %s\n", m->name, m->help, m->name,
                   metric_type_name(m->type));
    to->begun = true;
}

/* "{" or "," before the first label or another one. */
static void add_label(struct buf *out, bool first, const char *name, struct view value)
{
    buf_printf(out, "%c%s=\"", first ? '{' : ',', name);
    for (size_t i = 0; i < value.n; i++) {
        if (value.p[i] == '"' || value.p[i] == '\\')
            buf_add_char(out, '\\');
        if (value.p[i] == '\n')
            buf_add_str(out, "\\n");
        else
            buf_add_char(out, value.p[i]);
    }
    buf_add_char(out, '"');
}

/* All of a sample but its value. */
static void begin_sample(struct samples *to, const struct view *values)
{
    const struct metric *m = to->metric;
    bool first = true;

    begin(to);
    buf_add_str(to->out, m->name);
    for (size_t i = 0; i < METRIC_LABELS && m->labels[i]; i++) {
        if (!values[i].p)
            continue;
        add_label(to->out, first, m->labels[i], values[i]);
        first = false;
    }
    if (!first)
        buf_add_char(to->out, '}');
    buf_add_char(to->out, ' ');
}

static void add_seconds(struct buf *out, int64_t ns)
{
    buf_printf(out, "%" PRId64 ".%09" PRId64 "\n", ns / NS_PER_SECOND, ns % NS_PER_SECOND);
}

void samples_add(struct samples *to, const struct view *values, int64_t value)
{
    begin_sample(to, values);
    buf_printf(to->out, "%" PRId64 "\n", value);
}

void samples_add_seconds(struct samples *to, const struct view *values, int64_t ns)
{
    begin_sample(to, values);
    add_seconds(to->out, ns);
}

static void add_bucket(struct samples *to, const char *bound, uint64_t count)
{
    buf_printf(to->out, "%s_bucket", to->metric->name);
    add_label(to->out, true, "le", view_of(bound));
    buf_printf(to->out, "} %" PRIu64 "\n", count);
}

void samples_add_histogram(struct samples *to, const int64_t *bounds, const uint64_t *counts,
                           size_t count, int64_t sum)
{
    uint64_t below = 0;
    char bound[32];

    begin(to);
    for (size_t i = 0; i < count; i++) {
        below += counts[i];
        snprintf(bound, sizeof(bound), "%g", (double)bounds[i] / NS_PER_SECOND);
        add_bucket(to, bound, below);
    }
    below += counts[count];
    add_bucket(to, "+Inf", below);
    buf_printf(to->out, "%s_sum ", to->metric->name);
    add_seconds(to->out, sum);
    buf_printf(to->out, "%s_count %" PRIu64 "\n", to->metric->name, below);
}

void metric_write(const struct metric *metric, const struct metric_sources *from, struct buf *out)
{
    struct samples samples = {.metric = metric, .out = out};

    metric->collect(from, &samples);
}
