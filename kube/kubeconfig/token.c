#include "kube/kubeconfig/token.h"

#include "base/buf.h"
#include "base/limits.h"
#include "base/sys/secret.h"
#include "base/view.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* What a header can hold: RFC 6750, section 2.1, and a little more. */
static bool is_token(struct view token)
{
    for (size_t i = 0; i < token.n; i++)
        if (token.p[i] < 0x21 || token.p[i] > 0x7E)
            return false;
    return token.n > 0;
}

int token_read(const char *text, const char *file, struct buf *token, char *problem, size_t room)
{
    struct view trimmed;
    int error = 0;

    secret_wipe(token);
    if (!text && !file)
        return 0;
    if (file)
        error = secret_read(file, token);
    else
        buf_add_str(token, text);
    if (error != 0 && error != EFBIG) {
        snprintf(problem, room, "the token file \"%s\" cannot be read: %s", file, strerror(error));
        return -1;
    }
    trimmed = view_trim(buf_view(token));
    if (token->failed || !is_token(trimmed)) {
        secret_wipe(token);
        snprintf(problem, room,
                 "the token is empty, larger than %d bytes or holds what no token holds",
                 LIMIT_TOKEN);
        return -1;
    }
    memmove(token->p, trimmed.p, trimmed.n);
    token->n = trimmed.n;
    token->p[token->n] = '\0';
    return 0;
}
