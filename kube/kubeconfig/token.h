#ifndef TG_KUBE_KUBECONFIG_TOKEN_H
#define TG_KUBE_KUBECONFIG_TOKEN_H

#include <stddef.h>

struct buf;

/* Puts a bearer token, without blanks around it, into a buffer of LIMIT_TOKEN bytes: what the file
 * has, or else the text; nothing when both are NULL. The file is read each time: a kubelet writes a
 * new one about each hour. Returns 0; or -1 with one line in problem. The caller wipes the buffer
 * (secret_wipe). Any thread. */
int token_read(const char *text, const char *file, struct buf *token, char *problem, size_t room);

#endif
