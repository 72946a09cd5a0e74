#ifndef TG_SERVER_METRICS_PROCESS_METRICS_H
#define TG_SERVER_METRICS_PROCESS_METRICS_H

#include <stdint.h>

/* What the kernel says of the process; -1: it could not be asked. */
struct process_figures {
    int64_t cpu_ns;
    int64_t open_fds, max_fds;
    int64_t start_time;                      /* Unix seconds */
    int64_t virtual_memory, resident_memory; /* bytes */
};

/* Asks for all of it, from /proc. Any thread. */
void process_figures_read(struct process_figures *out);

#endif
