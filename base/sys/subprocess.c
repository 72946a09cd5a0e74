#include "base/sys/subprocess.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

static size_t count(const char *const *list)
{
    size_t n = 0;

    while (list[n])
        n++;
    return n;
}

static bool is_replaced(const char *entry, const char *const *by)
{
    size_t name = strcspn(entry, "=") + 1;

    for (; *by; by++)
        if (strncmp(entry, *by, name) == 0)
            return true;
    return false;
}

/* NULL when memory runs out. */
static const char **make_environment(const char *const *ours)
{
    const char *const *inherited = (const char *const *)environ;
    const char **list = mem_alloc((count(inherited) + count(ours) + 1) * sizeof(*list));
    size_t n = 0;

    if (!list)
        return NULL;
    for (size_t i = 0; inherited[i]; i++)
        if (!is_replaced(inherited[i], ours))
            list[n++] = inherited[i];
    for (size_t i = 0; ours[i]; i++)
        list[n++] = ours[i];
    list[n] = NULL;
    return list;
}

/* Signals that we ignore are the program's own matter. Returns 0 or an errno. */
static int spawn(const struct subprocess *p, const char **env, int out, pid_t *pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t usual, none;
    int error = posix_spawn_file_actions_init(&actions);

    if (error)
        return error;
    error = posix_spawnattr_init(&attributes);
    if (error)
        goto out;
    sigemptyset(&none);
    sigemptyset(&usual);
    sigaddset(&usual, SIGPIPE);
    posix_spawnattr_setsigdefault(&attributes, &usual);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    error = posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    if (!error && !p->keeps_stdin)
        error = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (!error)
        error = posix_spawnp(pid, p->argv[0], &actions, &attributes,
                             (char *const *)(uintptr_t)p->argv, (char *const *)(uintptr_t)env);
    posix_spawnattr_destroy(&attributes);
out:
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

/* What is there now, without waiting. Returns false at the end of it. */
static bool take(int fd, struct buf *out)
{
    char piece[4096];
    ssize_t n;

    while ((n = read(fd, piece, sizeof(piece))) > 0)
        buf_add(out, (struct view){piece, (size_t)n});
    explicit_bzero(piece, sizeof(piece));
    return n < 0 && (errno == EAGAIN || errno == EINTR);
}

/* Until it has ended: who inherited its output may live on. Returns 0 or an errno. */
static int follow(int process, int from, int64_t end, struct buf *out)
{
    struct pollfd fds[2] = {{.fd = process, .events = POLLIN}, {.fd = from, .events = POLLIN}};
    int64_t left;

    while (!fds[0].revents) {
        left = (end - clock_monotonic_ns()) / 1000000;
        if (left <= 0)
            return ETIMEDOUT;
        if (poll(fds, 2, (int)left) < 0 && errno != EINTR)
            return errno;
        if (fds[1].revents && !take(from, out))
            fds[1].fd = -1;
        if (out->failed)
            return EFBIG;
    }
    if (fds[1].fd >= 0)
        take(from, out);
    return out->failed ? EFBIG : 0;
}

/* Returns its exit status, or -1 with errno. */
static int await(const struct subprocess *p, pid_t pid, int from, struct buf *out)
{
    int64_t end = clock_monotonic_ns() + p->seconds * INT64_C(1000000000);
    int process = pidfd_open(pid, 0), error = process < 0 ? errno : 0, status = 0;

    if (!error)
        error = follow(process, from, end, out);
    if (error)
        kill(pid, SIGKILL);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (process >= 0)
        close(process);
    errno = error;
    if (error)
        return -1;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int subprocess_run(const struct subprocess *p, struct buf *out)
{
    const char **env = make_environment(p->env);
    int ends[2], error, status = -1;
    pid_t pid;

    if (!env || pipe2(ends, O_CLOEXEC) < 0) {
        error = env ? errno : ENOMEM;
        mem_free(env);
        errno = error;
        return -1;
    }
    error = spawn(p, env, ends[1], &pid);
    close(ends[1]);
    mem_free(env);
    if (!error) {
        fcntl(ends[0], F_SETFL, O_NONBLOCK);
        status = await(p, pid, ends[0], out);
        error = errno;
    }
    close(ends[0]);
    errno = error;
    return status;
}
