#include "base/sys/cpu_count.h"

#include "base/view.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

enum { TEXT_ROOM = 64 };

/* What is at the beginning of a file; empty when it cannot be read. */
static struct view read_text(const char *folder, const char *name, char text[TEXT_ROOM])
{
    char path[PATH_MAX];
    ssize_t n;
    int fd;

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return (struct view){text, 0};
    do
        n = read(fd, text, TEXT_ROOM);
    while (n < 0 && errno == EINTR);
    close(fd);
    return (struct view){text, n < 0 ? 0 : (size_t)n};
}

/* Takes a number and the blanks after it. 0 for anything else, which is how no quota is written:
 * "max", "-1". */
static uint64_t take_number(struct view *text)
{
    uint64_t n = 0;
    size_t i = 0;

    while (i < text->n && i < 18 && text->p[i] >= '0' && text->p[i] <= '9')
        n = n * 10 + (uint64_t)(text->p[i++] - '0');
    while (i < text->n && (text->p[i] == ' ' || text->p[i] == '\n'))
        i++;
    *text = (struct view){text->p + i, text->n - i};
    return n;
}

/* The cores that a quota is good for, rounded up; UINT_MAX when there is none. */
static unsigned quota(const char *cgroup)
{
    char text[TEXT_ROOM], other[TEXT_ROOM];
    struct view rest = read_text(cgroup, "cpu.max", text);
    uint64_t time, period, cores;

    if (rest.n > 0) {
        time = take_number(&rest);
        period = take_number(&rest);
    } else {
        rest = read_text(cgroup, "cpu/cpu.cfs_quota_us", text);
        time = take_number(&rest);
        rest = read_text(cgroup, "cpu/cpu.cfs_period_us", other);
        period = take_number(&rest);
    }
    if (time == 0 || period == 0)
        return UINT_MAX;
    cores = (time - 1) / period + 1;
    return cores < UINT_MAX ? (unsigned)cores : UINT_MAX;
}

static unsigned affinity(void)
{
    cpu_set_t set;
    long online;

    if (sched_getaffinity(0, sizeof(set), &set) == 0)
        return (unsigned)CPU_COUNT(&set);
    online = sysconf(_SC_NPROCESSORS_ONLN); /* more than the set has room for */
    return online < 1 ? 1 : (unsigned)online;
}

unsigned cpu_count(const char *cgroup)
{
    unsigned cores = affinity(), paid = quota(cgroup);

    return paid < cores ? paid : cores;
}
