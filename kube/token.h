#ifndef TG_KUBE_TOKEN_H
#define TG_KUBE_TOKEN_H

#include <stddef.h>

struct buf;
struct config;

/* Puts the bearer token into a buffer of LIMIT_TOKEN bytes, without blanks around it; nothing when
 * there is none. A token file is read each time: a kubelet writes a new one about each hour.
 * Returns 0; or -1 with one line in problem. */
int token_read(const struct config *config, struct buf *token, char *problem, size_t room);

/* Overwrites and empties it. */
void token_forget(struct buf *token);

#endif
