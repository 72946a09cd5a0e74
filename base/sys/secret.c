#include "base/sys/secret.h"

#include "base/buf.h"
#include "base/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

void secret_wipe(struct buf *b)
{
    if (b->p)
        explicit_bzero(b->p, b->room);
    buf_reset(b);
}

/* Reads until the end, or one byte more than the limit. Returns 0 or an errno. */
static int read_all(int fd, char text[static LIMIT_TOKEN + 1], size_t *n)
{
    *n = 0;
    while (*n <= LIMIT_TOKEN) {
        ssize_t got = read(fd, text + *n, LIMIT_TOKEN + 1 - *n);

        if (got == 0)
            return 0;
        if (got < 0 && errno != EINTR)
            return errno;
        *n += got > 0 ? (size_t)got : 0;
    }
    return EFBIG;
}

int secret_read(const char *file, struct buf *out)
{
    char text[LIMIT_TOKEN + 1]; /* a buffer that grew would leave copies behind */
    int fd = open(file, O_RDONLY | O_CLOEXEC), error;
    size_t n;

    if (fd < 0)
        return errno;
    error = read_all(fd, text, &n);
    close(fd);
    while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == '\r'))
        n--;
    if (error == 0)
        buf_add(out, (struct view){text, n});
    if (out->failed)
        error = EFBIG;
    if (error != 0)
        secret_wipe(out);
    explicit_bzero(text, sizeof(text));
    return error;
}
