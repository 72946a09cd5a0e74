#include "base/sys/file.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/diag.h"
#include "base/limits.h"
#include "base/mem.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- one file --------------------------------------------------------------------------------- */

static void report(struct diags *diags, const struct source *source, int error)
{
    diag_error(diags, (struct place){source, 0, 0}, "cannot be read: %s", strerror(error));
}

/* Reads until the end, or one byte more than the limit of text. Returns 0 or an errno. */
static int read_all(int fd, struct buf *text)
{
    char piece[32 * 1024];

    while (!text->failed) {
        ssize_t n = read(fd, piece, sizeof(piece));

        if (n == 0)
            return 0;
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno;
        buf_add(text, (struct view){piece, (size_t)n});
    }
    return 0;
}

static int read_file(int fd, size_t limit, struct source *source, struct arena *arena,
                     struct diags *diags)
{
    struct buf text;
    int error, status = -1;

    buf_init(&text, limit);
    error = read_all(fd, &text);
    if (error != 0) {
        report(diags, source, error);
        goto out;
    }
    if (text.failed) {
        diag_error(diags, (struct place){source, 0, 0}, "larger than the limit of %zu bytes",
                   limit);
        if (limit == LIMIT_FILE) /* of rules or manifests, which may be in several */
            diag_hint(diags, "split it into several files");
        goto out;
    }
    source->text = arena_copy(arena, buf_view(&text));
    if (!source->text.p) {
        report(diags, source, ENOMEM);
        goto out;
    }
    status = 0;
out:
    buf_release(&text);
    return status;
}

const struct source *file_read(const char *path, size_t limit, struct arena *arena,
                               struct diags *diags)
{
    bool stdin_meant = strcmp(path, "-") == 0;
    struct source *source = arena_alloc(arena, sizeof(*source));
    int fd, status;

    if (!source || !(source->name = arena_copy(arena, view_of(path))).p) {
        report(diags, NULL, ENOMEM);
        return NULL;
    }
    fd = stdin_meant ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        report(diags, source, errno);
        return NULL;
    }
    status = read_file(fd, limit, source, arena, diags);
    if (!stdin_meant)
        close(fd);
    return status < 0 ? NULL : source;
}

/* --- directories ------------------------------------------------------------------------------ */

bool file_is_wanted(struct view name)
{
    return !view_starts(name, ".") &&
           (view_ends(name, ".yaml") || view_ends(name, ".yml") || view_ends(name, ".json"));
}

/* The next wanted entry of dir, links followed: its name with *about, or NULL at the end. With a
 * problem the name of the entry that has it (or "" for the directory) and *error. */
static const char *next_file(DIR *dir, struct stat *about, int *error)
{
    struct dirent *entry;

    *error = 0;
    errno = 0;
    while ((entry = readdir(dir))) {
        if (!file_is_wanted(view_of(entry->d_name)))
            continue;
        if (fstatat(dirfd(dir), entry->d_name, about, 0) < 0) {
            *error = errno;
            return entry->d_name;
        }
        if (S_ISREG(about->st_mode))
            return entry->d_name;
        errno = 0;
    }
    *error = errno;
    return *error ? "" : NULL;
}

/* A growing list of paths in an arena. */
struct paths {
    const char **items;
    size_t count, room;
};

static int push_path(struct paths *paths, const char *path, struct arena *arena)
{
    if (paths->count == paths->room) {
        size_t room = paths->room ? 2 * paths->room : 32, size = sizeof(*paths->items);
        const char **items = arena_grow(arena, paths->items, paths->room * size, room * size);

        if (!items)
            return -1;
        paths->items = items;
        paths->room = room;
    }
    paths->items[paths->count++] = path;
    return 0;
}

static int add_path(struct paths *paths, const char *directory, const char *name,
                    struct arena *arena)
{
    const char *slash = view_ends(view_of(directory), "/") ? "" : "/";
    struct view path = arena_printf(arena, "%s%s%s", directory, slash, name);

    return path.p ? push_path(paths, path.p, arena) : -1;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int list(DIR *dir, const struct source *source, struct paths *paths, struct arena *arena,
                struct diags *diags)
{
    struct place place = {source, 0, 0};
    struct stat about;
    const char *name;
    int error;

    while ((name = next_file(dir, &about, &error))) {
        if (error != 0 && name[0] == '\0') {
            report(diags, source, error);
            return -1;
        }
        if (error != 0) {
            diag_error(diags, place, "\"%s\" cannot be read: %s", name, strerror(error));
            return -1;
        }
        if (paths->count == LIMIT_FILES) {
            diag_error(diags, place, "more than %d files", LIMIT_FILES);
            return -1;
        }
        if (add_path(paths, source->name.p, name, arena) < 0) {
            report(diags, source, ENOMEM);
            return -1;
        }
    }
    return 0;
}

int file_list(const char *directory, struct arena *arena, struct diags *diags, const char ***paths,
              size_t *count)
{
    struct source *source = arena_alloc(arena, sizeof(*source));
    struct paths found = {.count = 0};
    DIR *dir;
    int status;

    if (!source || !(source->name = arena_copy(arena, view_of(directory))).p) {
        report(diags, NULL, ENOMEM);
        return -1;
    }
    dir = opendir(directory);
    if (!dir) {
        report(diags, source, errno);
        return -1;
    }
    status = list(dir, source, &found, arena, diags);
    closedir(dir);
    if (found.count > 0)
        qsort(found.items, found.count, sizeof(*found.items), by_name);
    *paths = found.items;
    *count = found.count;
    return status;
}

/* --- several ---------------------------------------------------------------------------------- */

static bool is_directory(const char *path)
{
    struct stat about;

    return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

/* By another path, or through a link. */
static bool is_known(const struct paths *paths, const char *path)
{
    struct stat about, other;

    if (stat(path, &about) < 0)
        return false;
    for (size_t i = 0; i < paths->count; i++)
        if (stat(paths->items[i], &other) == 0 && other.st_dev == about.st_dev &&
            other.st_ino == about.st_ino)
            return true;
    return false;
}

/* What one root adds to those before it. */
static int add_root(const char *root, bool first, struct paths *paths, struct arena *arena,
                    struct diags *diags)
{
    const char **found = &root;
    size_t count = 1;
    int status = 0;

    if (is_directory(root)) {
        count = 0;
        status = file_list(root, arena, diags, &found, &count);
    }
    for (size_t i = 0; i < count; i++) {
        if (!first && is_known(paths, found[i]))
            continue;
        if (push_path(paths, found[i], arena) < 0) {
            report(diags, NULL, ENOMEM);
            return -1;
        }
    }
    return status;
}

int file_list_all(const char *const *roots, struct arena *arena, struct diags *diags,
                  const char ***paths, size_t *count)
{
    struct paths found = {.count = 0};
    int status = 0;

    for (size_t i = 0; roots[i]; i++)
        if (add_root(roots[i], i == 0, &found, arena, diags) < 0)
            status = -1;
    *paths = found.items;
    *count = found.count;
    return status;
}

/* --- signature -------------------------------------------------------------------------------- */

/* FNV-1a. */
static uint64_t mix(uint64_t hash, const void *data, size_t n)
{
    const unsigned char *p = data;

    for (size_t i = 0; i < n; i++)
        hash = (hash ^ p[i]) * 1099511628211u;
    return hash;
}

static uint64_t sign_file(const char *name, const struct stat *about)
{
    uint64_t hash = mix(14695981039346656037u, name, strlen(name));

    hash = mix(hash, &about->st_dev, sizeof(about->st_dev));
    hash = mix(hash, &about->st_ino, sizeof(about->st_ino));
    hash = mix(hash, &about->st_size, sizeof(about->st_size));
    hash = mix(hash, &about->st_mtim.tv_sec, sizeof(about->st_mtim.tv_sec));
    return mix(hash, &about->st_mtim.tv_nsec, sizeof(about->st_mtim.tv_nsec));
}

/* The sum does not depend on the order in which the directory names its files. */
int file_signature(const char *path, uint64_t *signature)
{
    struct stat about = {0};
    const char *name;
    int error;
    DIR *dir;

    if (stat(path, &about) == 0 && !S_ISDIR(about.st_mode)) {
        *signature = sign_file(path, &about);
        return 0;
    }
    dir = opendir(path);
    if (!dir)
        return -1;
    *signature = 0;
    while ((name = next_file(dir, &about, &error))) {
        if (error != 0 && name[0] == '\0')
            break;
        if (error != 0)
            about = (struct stat){0};
        *signature += sign_file(name, &about);
    }
    closedir(dir);
    errno = error;
    return error ? -1 : 0;
}
