#ifndef TG_BASE_SYS_SECRET_H
#define TG_BASE_SYS_SECRET_H

struct buf;

/* Secrets in files, as a mounted Secret has them: read for each use, so that they can change, and
 * overwritten after it. */

/* Appends what is in a file, of at most LIMIT_TOKEN bytes, to an empty buffer, without the line
 * ends at its end. Returns 0 or an errno, EFBIG when it is larger or the buffer is too small; the
 * buffer then is empty. Any thread. */
int secret_read(const char *file, struct buf *out);

/* Overwrites and empties it; its memory is kept. */
void secret_wipe(struct buf *b);

#endif
