#include "base/sys/log.h"

#include "base/buf.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/sys/line_queue.h"
#include "base/text/quote.h"
#include "base/time/timestamp.h"

#include <inttypes.h>

struct log {
    struct line_queue *queue;
    enum log_format format;
};

static const char *level_name(enum log_level level)
{
    switch (level) {
    case LOG_LEVEL_INFO: return "info";
    case LOG_LEVEL_WARNING: return "warning";
    case LOG_LEVEL_ERROR: return "error";
    }
    return "error";
}

struct log *log_create(int fd, enum log_format format)
{
    struct log *log = mem_alloc(sizeof(*log));

    if (!log)
        return NULL;
    log->format = format;
    log->queue = line_queue_create(fd, LIMIT_LOG_QUEUE, NULL, NULL);
    if (log->queue)
        return log;
    mem_free(log);
    return NULL;
}

static void write_value(struct buf *line, const struct log_field *f)
{
    if (f->text.p)
        quote_json(line, f->text);
    else
        buf_printf(line, "%" PRId64, f->number);
}

static void write_json(struct buf *line, const char *time, enum log_level level, const char *event,
                       const struct log_field *fields, size_t count)
{
    buf_printf(line, "{\"time\":\"%s\",\"level\":\"%s\",\"event\":\"%s\"", time, level_name(level),
               event);
    for (size_t i = 0; i < count; i++) {
        buf_printf(line, ",\"%s\":", fields[i].name);
        write_value(line, &fields[i]);
    }
    buf_add_str(line, "}\n");
}

static void write_text(struct buf *line, const char *time, enum log_level level, const char *event,
                       const struct log_field *fields, size_t count)
{
    buf_printf(line, "%s %s %s", time, level_name(level), event);
    for (size_t i = 0; i < count; i++) {
        buf_printf(line, " %s=", fields[i].name);
        write_value(line, &fields[i]);
    }
    buf_add_char(line, '\n');
}

static void write_line(const struct log *log, struct buf *line, enum log_level level,
                       const char *event, const struct log_field *fields, size_t count)
{
    char time[TIMESTAMP_TEXT];

    timestamp_now(time);
    if (log->format == LOG_JSON)
        write_json(line, time, level, event, fields, count);
    else
        write_text(line, time, level, event, fields, count);
}

void log_write(struct log *log, enum log_level level, const char *event,
               const struct log_field *fields, size_t count)
{
    const struct log_field left_out = LOG_STR("left_out", "its fields: they are too long");
    struct buf line;

    if (!log)
        return;
    buf_init(&line, LIMIT_LOG_LINE);
    write_line(log, &line, level, event, fields, count);
    if (line.failed) {
        buf_reset(&line);
        write_line(log, &line, level, event, &left_out, 1);
    }
    if (!line.failed)
        line_queue_put(log->queue, buf_view(&line));
    buf_release(&line);
}

void log_free(struct log *log)
{
    if (!log)
        return;
    line_queue_free(log->queue);
    mem_free(log);
}
