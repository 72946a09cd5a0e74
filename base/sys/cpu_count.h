#ifndef TG_BASE_SYS_CPU_COUNT_H
#define TG_BASE_SYS_CPU_COUNT_H

#define CPU_COUNT_CGROUP "/sys/fs/cgroup"

/* How many cores the calling thread may keep busy, at least 1: those of its affinity, or fewer when
 * its cgroup, whose files are in a folder (CPU_COUNT_CGROUP in a container), has a quota of their
 * time: with one and a half it is 2. Both versions of cgroups, v2 by cpu.max and v1 by
 * cpu/cpu.cfs_*_us: https://docs.kernel.org/admin-guide/cgroup-v2.html#cpu-interface-files
 * https://docs.kernel.org/scheduler/sched-bwc.html */
unsigned cpu_count(const char *cgroup);

#endif
