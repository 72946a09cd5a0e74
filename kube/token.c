#include "kube/token.h"

#include "base/buf.h"
#include "base/limits.h"
#include "base/view.h"
#include "kube/config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void token_forget(struct buf *token)
{
    if (token->p)
        explicit_bzero(token->p, token->room);
    buf_reset(token);
}

static int read_file(const char *file, struct buf *token)
{
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    ssize_t n = -1;
    char piece[1024];

    while (fd >= 0 && (n = read(fd, piece, sizeof(piece))) > 0)
        buf_add(token, (struct view){piece, (size_t)n});
    explicit_bzero(piece, sizeof(piece));
    if (fd >= 0)
        close(fd);
    return n < 0 ? -1 : 0;
}

/* What a header can hold: RFC 6750, section 2.1, and a little more. */
static bool is_token(struct view token)
{
    for (size_t i = 0; i < token.n; i++)
        if (token.p[i] < 0x21 || token.p[i] > 0x7E)
            return false;
    return token.n > 0;
}

int token_read(const struct config *config, struct buf *token, char *problem, size_t room)
{
    struct view text;

    token_forget(token);
    if (!config->token && !config->token_file)
        return 0;
    if (!config->token_file) {
        buf_add_str(token, config->token);
    } else if (read_file(config->token_file, token) < 0) {
        snprintf(problem, room, "the token file \"%s\" cannot be read: %s", config->token_file,
                 strerror(errno));
        return -1;
    }
    text = view_trim(buf_view(token));
    if (token->failed || !is_token(text)) {
        token_forget(token);
        snprintf(problem, room,
                 "the token is empty, larger than %d bytes or holds what no token holds",
                 LIMIT_TOKEN);
        return -1;
    }
    memmove(token->p, text.p, text.n);
    token->n = text.n;
    token->p[token->n] = '\0';
    return 0;
}
