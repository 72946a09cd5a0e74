#ifndef TG_BASE_SYS_FILE_H
#define TG_BASE_SYS_FILE_H

#include "base/view.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct diags;
struct source;

/* Reads a whole file, or standard input when path is "-", of at most limit bytes. The source, its
 * name and its text (NUL-terminated) live in arena. NULL after a problem, which is in diags.
 * Blocks as long as the file does. */
const struct source *file_read(const char *path, size_t limit, struct arena *arena,
                               struct diags *diags);

/* True when the name ends in .yaml, .yml or .json and does not begin with a dot: so the directory
 * of a mounted ConfigMap shows each file once, though its files are links into "..data". */
bool file_is_wanted(struct view name);

/* The regular files of a directory whose names are wanted, as paths ("directory/name") in byte
 * order of their names. All is in arena. Returns 0, or -1 with the problem in diags: also when
 * there are more than LIMIT_FILES. */
int file_list(const char *directory, struct arena *arena, struct diags *diags, const char ***paths,
              size_t *count);

/* The files of several paths, which end with NULL: of each directory those that file_list finds,
 * and each other path itself, whatever its name ends in; each file once, though it is there by two
 * paths. Returns 0, or -1 with the problems in diags; the files of the other paths are there all
 * the same. */
int file_list_all(const char *const *roots, struct arena *arena, struct diags *diags,
                  const char ***paths, size_t *count);

/* A number that changes when one of the files that file_list finds, or the file when it is one,
 * comes, goes or is written: made of names, inodes, sizes and modification times, with links
 * followed. Returns -1 (errno says why) when it cannot be read. Any thread. */
int file_signature(const char *path, uint64_t *signature);

#endif
