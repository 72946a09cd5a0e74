#ifndef TG_TESTS_UNIT_BASE_SYS_PIPE_TEXT_H
#define TG_TESTS_UNIT_BASE_SYS_PIPE_TEXT_H

#include <unistd.h>

/* All that can be read until the writer's end is closed. */
static size_t pipe_text(int fd, char *text, size_t room)
{
    size_t n = 0;
    ssize_t got;

    while (n + 1 < room && (got = read(fd, text + n, room - n - 1)) > 0)
        n += (size_t)got;
    text[n] = '\0';
    return n;
}

#endif
