#include "server/metrics/process_metrics.h"

#include "base/buf.h"
#include "server/metrics/metrics.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static void write_gauge(struct buf *out, const char *name, const char *help, uint64_t value)
{
    metrics_head(out, name, "gauge", help);
    buf_printf(out, "%s %" PRIu64 "\n", name, value);
}

static void write_cpu(struct buf *out)
{
    struct rusage usage;

    if (getrusage(RUSAGE_SELF, &usage) < 0)
        return;
    metrics_head(out, "process_cpu_seconds_total", "counter",
                 "Total user and system CPU time spent in seconds.");
    buf_printf(out, "process_cpu_seconds_total %.6f\n",
               (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                   (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6);
}

static void write_descriptors(struct buf *out)
{
    DIR *dir = opendir("/proc/self/fd");
    struct rlimit limit;
    uint64_t count = 0;

    while (dir && readdir(dir))
        count++;
    if (dir) {
        closedir(dir);
        /* Neither ".", ".." nor the directory itself. */
        write_gauge(out, "process_open_fds", "Number of open file descriptors.", count - 3);
    }
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
        write_gauge(out, "process_max_fds", "Maximum number of open file descriptors.",
                    limit.rlim_cur);
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

static uint64_t number(struct view v)
{
    uint64_t n = 0;

    for (size_t i = 0; i < v.n && v.p[i] >= '0' && v.p[i] <= '9'; i++)
        n = n * 10 + (uint64_t)(v.p[i] - '0');
    return n;
}

/* Seconds since 1970 at which the machine was started. */
static uint64_t boot_time(void)
{
    static const char key[] = "\nbtime ";
    char text[16384], *at;

    read_file("/proc/stat", text, sizeof(text));
    at = strstr(text, key);
    return at ? number(view_of(at + sizeof(key) - 1)) : 0;
}

/* Fields 22 (starttime, in clock ticks), 23 (vsize, bytes) and 24 (rss, pages): proc(5). */
static void write_stat(struct buf *out)
{
    char text[1024];
    struct view rest, field = {NULL, 0};
    uint64_t value[3] = {0};
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
    write_gauge(out, "process_start_time_seconds",
                "Start time of the process since unix epoch in seconds.",
                boot_time() + value[0] / (uint64_t)sysconf(_SC_CLK_TCK));
    write_gauge(out, "process_virtual_memory_bytes", "Virtual memory size in bytes.", value[1]);
    write_gauge(out, "process_resident_memory_bytes", "Resident memory size in bytes.",
                value[2] * (uint64_t)sysconf(_SC_PAGESIZE));
}

void process_metrics_write(struct buf *out)
{
    write_cpu(out);
    write_descriptors(out);
    write_stat(out);
}
