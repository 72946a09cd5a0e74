#ifndef TG_SERVER_METRICS_METRIC_H
#define TG_SERVER_METRICS_METRIC_H

#include "base/view.h"

#include <stddef.h>
#include <stdint.h>

struct buf;
struct metric_sources;
struct samples;

enum metric_type { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM };

enum { METRIC_LABELS = 4 };

/* One row of the registry. The name and the labels follow Prometheus' conventions:
 * https://prometheus.io/docs/practices/naming/ */
struct metric {
    const char *name;
    enum metric_type type;
    const char *help;                  /* one sentence: what it counts; docs/operations.md has it */
    const char *labels[METRIC_LABELS]; /* those that it has, in the order of the samples' values */
    /* Adds the samples, by the functions below; none where a source is NULL. */
    void (*collect)(const struct metric_sources *from, struct samples *to);
};

/* The rows of one topic, in the order in which they are written. */
struct metric_table {
    const struct metric *rows;
    size_t count;
};

#define METRIC_TABLE(rows)                                                                         \
    {                                                                                              \
        rows, sizeof(rows) / sizeof((rows)[0])                                                     \
    }

/* "counter", ... */
const char *metric_type_name(enum metric_type type);

/* Appends the metric in the Prometheus text format, or nothing when it has no samples. Any thread.
 * https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format */
void metric_write(const struct metric *metric, const struct metric_sources *from, struct buf *out);

/* Adds a sample. values has a view for each label of the metric, and is NULL where it has none; an
 * absent view leaves its label out. */
void samples_add(struct samples *to, const struct view *values, int64_t value);

/* The same of a duration in nanoseconds, written in seconds. */
void samples_add_seconds(struct samples *to, const struct view *values, int64_t ns);

/* Adds the samples of a histogram of durations: bounds are the upper ones in nanoseconds, counts
 * has one more than bounds, not cumulative, for what is beyond; sum is in nanoseconds. */
void samples_add_histogram(struct samples *to, const int64_t *bounds, const uint64_t *counts,
                           size_t count, int64_t sum);

#endif
