#ifndef TG_BASE_SYS_LOG_H
#define TG_BASE_SYS_LOG_H

#include "base/view.h"

#include <stdint.h>

/* Events of the program's life, one line each:
 *     {"time":"...","level":"info","event":"rules_reloaded","rules":12,"dir":"rules"}
 * or, as text, `2026-... info rules_reloaded rules=12 dir="rules"`. Writing never blocks the
 * caller. */
struct log;

enum log_level { LOG_LEVEL_INFO, LOG_LEVEL_WARNING, LOG_LEVEL_ERROR };
enum log_format { LOG_JSON, LOG_TEXT };

/* One field of an event: text when text.p is set, else the number. */
struct log_field {
    const char *name;
    struct view text;
    int64_t number;
};

#define LOG_STR(name, value) ((struct log_field){(name), view_of(value), 0})
#define LOG_VIEW(name, v)    ((struct log_field){(name), (v), 0})
#define LOG_INT(name, n)     ((struct log_field){(name), {NULL, 0}, (n)})

/* A log that writes to fd, which stays the caller's. NULL when memory or threads are out. */
struct log *log_create(int fd, enum log_format format);

/* Writes one event with its fields; log may be NULL. Any thread. The macro counts the fields. */
void log_write(struct log *log, enum log_level level, const char *event,
               const struct log_field *fields, size_t count);
#define LOG(log, level, event, ...)                                                                \
    log_write((log), (level), (event), (const struct log_field[]){__VA_ARGS__},                    \
              sizeof((const struct log_field[]){__VA_ARGS__}) / sizeof(struct log_field))

/* Writes what is left and ends; NULL is allowed. */
void log_free(struct log *log);

#endif
