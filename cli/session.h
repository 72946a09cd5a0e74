#ifndef TG_CLI_SESSION_H
#define TG_CLI_SESSION_H

#include "base/arena.h"
#include "base/view.h"
#include "kube/calls.h"
#include "kube/kube.h"
#include "kube/kubeconfig/config.h"

#include <stddef.h>

struct client_answer;
struct command;
struct permission;

/* A person's talk with a cluster, from the options to the last call. One thread. */
struct session {
    const struct command *command;
    const char *kubeconfig, *context, *given_namespace, *own_namespace; /* the options */
    struct view namespace_; /* given, else the kubeconfig's, else "default" */
    struct config config;
    struct calls calls;
    struct kube kube; /* of both */
    struct client *client;
    struct arena arena; /* lives as long as the session */
};

/* Rows of the options that each such command has. */
enum {
    SESSION_NAMESPACE = 'n',
    SESSION_KUBECONFIG = 1,
    SESSION_CONTEXT,
    SESSION_OWN_NAMESPACE,
    SESSION_OPTIONS,
};
#define SESSION_ROW_NAMESPACE                                                                      \
    {                                                                                              \
        SESSION_NAMESPACE, "namespace", "NS", "where the workload is (as kubectl has it)"          \
    }
#define SESSION_ROW_KUBECONFIG                                                                     \
    {                                                                                              \
        SESSION_KUBECONFIG, "kubeconfig", "FILE", "how to reach the cluster (as kubectl has it)"   \
    }
#define SESSION_ROW_CONTEXT                                                                        \
    {                                                                                              \
        SESSION_CONTEXT, "context", "NAME", "which context of it, in place of the current one"     \
    }
#define SESSION_ROW_OWN_NAMESPACE                                                                  \
    {                                                                                              \
        SESSION_OWN_NAMESPACE, "own-namespace", "NS", "where its records are (tidegate-system)"    \
    }

void session_init(struct session *s, const struct command *command);

/* Takes an option of the rows above; others are left alone. */
void session_option(struct session *s, int id, const char *value);

/* Reads how the cluster is reached; opens no connection yet. Returns 0, or -1 after a message; the
 * session is to be closed in both cases. */
int session_open(struct session *s);
void session_close(struct session *s);

/* Prints "tidegate NAME: MESSAGE" to standard error, without control characters. */
void session_tell(const struct session *s, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Prints that something could not be asked (`what` begins the line), and where rights are missing
 * the rule of RBAC that allows the `count` rows. */
void session_refused(const struct session *s, const char *what, const struct client_answer *answer,
                     const struct permission *rows, size_t count);

#endif
