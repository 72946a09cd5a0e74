#include "server/metrics/process_metrics.h"

#include "base/view.h"
#include "server/metrics/registry.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* --- from the kernel -------------------------------------------------------------------------- */

static int64_t cpu_time(void)
{
    struct rusage usage;

    if (getrusage(RUSAGE_SELF, &usage) < 0)
        return -1;
    return ((int64_t)usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000000 +
           ((int64_t)usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1000;
}

static int64_t open_descriptors(void)
{
    DIR *dir = opendir("/proc/self/fd");
    int64_t count = -3; /* neither ".", ".." nor the directory itself */

    if (!dir)
        return -1;
    while (readdir(dir))
        count++;
    closedir(dir);
    return count;
}

static int64_t descriptor_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return -1;
    return limit.rlim_cur < INT64_MAX ? (int64_t)limit.rlim_cur : INT64_MAX;
}

static size_t read_file(const char *path, char *text, size_t room)
{
    FILE *f = fopen(path, "re");
    size_t n = f ? fread(text, 1, room - 1, f) : 0;

    if (f)
        fclose(f);
    text[n] = '\0';
    return n;
}

static int64_t number(struct view v)
{
    int64_t n = 0;

    for (size_t i = 0; i < v.n && v.p[i] >= '0' && v.p[i] <= '9'; i++)
        n = n * 10 + (v.p[i] - '0');
    return n;
}

/* Seconds since 1970 at which the machine was started. */
static int64_t boot_time(void)
{
    static const char key[] = "\nbtime ";
    char text[16384], *at;

    read_file("/proc/stat", text, sizeof(text));
    at = strstr(text, key);
    return at ? number(view_of(at + sizeof(key) - 1)) : 0;
}

/* Fields 22 (starttime, in clock ticks), 23 (vsize, bytes) and 24 (rss, pages): proc(5). */
static void read_stat(struct process_figures *out)
{
    char text[1024];
    struct view rest, field = {NULL, 0};
    int64_t value[3] = {0};
    char *after;

    read_file("/proc/self/stat", text, sizeof(text));
    after = strrchr(text, ')');
    if (!after)
        return;
    rest = view_of(after + 2);
    for (int i = 3; i <= 24; i++) {
        view_cut(rest, ' ', &field, &rest);
        if (i >= 22)
            value[i - 22] = number(field);
    }
    out->start_time = boot_time() + value[0] / sysconf(_SC_CLK_TCK);
    out->virtual_memory = value[1];
    out->resident_memory = value[2] * sysconf(_SC_PAGESIZE);
}

void process_figures_read(struct process_figures *out)
{
    *out = (struct process_figures){cpu_time(), open_descriptors(), descriptor_limit(), -1, -1, -1};
    read_stat(out);
}

/* --- the metrics that Prometheus' own client libraries have ------------------------------------
 */
/* https://prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics */

static void collect_cpu(const struct metric_sources *from, struct samples *to)
{
    if (from->process && from->process->cpu_ns >= 0)
        samples_add_seconds(to, NULL, from->process->cpu_ns);
}

static void add_known(struct samples *to, int64_t value)
{
    if (value >= 0)
        samples_add(to, NULL, value);
}

static void collect_open_fds(const struct metric_sources *from, struct samples *to)
{
    if (from->process)
        add_known(to, from->process->open_fds);
}

static void collect_max_fds(const struct metric_sources *from, struct samples *to)
{
    if (from->process)
        add_known(to, from->process->max_fds);
}

static void collect_start_time(const struct metric_sources *from, struct samples *to)
{
    if (from->process)
        add_known(to, from->process->start_time);
}

static void collect_virtual_memory(const struct metric_sources *from, struct samples *to)
{
    if (from->process)
        add_known(to, from->process->virtual_memory);
}

static void collect_resident_memory(const struct metric_sources *from, struct samples *to)
{
    if (from->process)
        add_known(to, from->process->resident_memory);
}

static const struct metric rows[] = {
    {"process_cpu_seconds_total",
     METRIC_COUNTER,
     "Total user and system CPU time spent in seconds.",
     {NULL},
     collect_cpu},
    {"process_open_fds",
     METRIC_GAUGE,
     "Number of open file descriptors.",
     {NULL},
     collect_open_fds},
    {"process_max_fds",
     METRIC_GAUGE,
     "Maximum number of open file descriptors.",
     {NULL},
     collect_max_fds},
    {"process_start_time_seconds",
     METRIC_GAUGE,
     "Start time of the process since unix epoch in seconds.",
     {NULL},
     collect_start_time},
    {"process_virtual_memory_bytes",
     METRIC_GAUGE,
     "Virtual memory size in bytes.",
     {NULL},
     collect_virtual_memory},
    {"process_resident_memory_bytes",
     METRIC_GAUGE,
     "Resident memory size in bytes.",
     {NULL},
     collect_resident_memory},
};

const struct metric_table process_metrics = METRIC_TABLE(rows);
