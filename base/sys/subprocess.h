#ifndef TG_BASE_SYS_SUBPROCESS_H
#define TG_BASE_SYS_SUBPROCESS_H

#include <stdbool.h>
#include <stddef.h>

struct buf;

/* Another program, and how it is run. */
struct subprocess {
    const char *const *argv; /* the program first, which is looked for in PATH; NULL ends it */
    const char *const *env;  /* NAME=VALUE on top of our own environment; NULL ends it */
    bool keeps_stdin;        /* else it reads nothing */
    int seconds;             /* after that it is killed */
};

/* Runs it to its end, and puts what it wrote to standard output into `out`; its standard error is
 * ours. Returns its exit status, 128 and N more when signal N ended it; or -1 with errno: ENOENT,
 * there is no such program; ETIMEDOUT, it took too long; EFBIG, it wrote more than `out` takes. It
 * does not run on after an error. Any thread. */
int subprocess_run(const struct subprocess *p, struct buf *out);

#endif
