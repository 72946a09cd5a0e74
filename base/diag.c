#include "base/diag.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/limits.h"

void diags_init(struct diags *d, struct arena *arena)
{
    *d = (struct diags){.arena = arena};
}

static struct diag *append(struct diags *d, enum diag_level level, struct place place)
{
    size_t *count = level == DIAG_ERROR ? &d->errors : &d->warnings;
    struct diag *diag;

    d->dropped = true;
    if (place.column & PLACE_TOLD)
        return NULL;
    if (++*count > LIMIT_DIAGS)
        return NULL;
    diag = arena_alloc(d->arena, sizeof(*diag));
    if (!diag)
        return NULL;
    d->dropped = false;
    diag->level = level;
    diag->place = place;
    if (d->last)
        d->last->next = diag;
    else
        d->first = diag;
    d->last = diag;
    return diag;
}

__attribute__((format(printf, 4, 0))) static void
add(struct diags *d, enum diag_level level, struct place place, const char *format, va_list args)
{
    struct diag *diag = append(d, level, place);

    if (!diag)
        return;
    diag->message = arena_vprintf(d->arena, format, args);
    if (!diag->message.p)
        diag->message = VIEW("out of memory");
}

void diag_error(struct diags *d, struct place place, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    add(d, DIAG_ERROR, place, format, args);
    va_end(args);
}

void diag_vain(struct diags *d, struct place place, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    add(d, DIAG_ERROR, place, format, args);
    va_end(args);
    if (!(place.column & PLACE_TOLD))
        d->vain++;
    if (!d->dropped)
        d->last->vain = true;
}

void diag_warning(struct diags *d, struct place place, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    add(d, DIAG_WARNING, place, format, args);
    va_end(args);
}

void diag_hint(struct diags *d, const char *format, ...)
{
    va_list args;

    if (!d->last || d->dropped)
        return;
    va_start(args, format);
    d->last->hint = arena_vprintf(d->arena, format, args);
    va_end(args);
}

void diag_rehint(struct diags *d, struct place place, const char *format, ...)
{
    va_list args;

    place.column &= ~PLACE_TOLD;
    for (struct diag *diag = d->first; diag; diag = diag->next) {
        if (diag->place.source != place.source || diag->place.line != place.line ||
            diag->place.column != place.column)
            continue;
        va_start(args, format);
        diag->hint = arena_vprintf(d->arena, format, args);
        va_end(args);
        return;
    }
}

/* The text of a 1-based line, absent when the source has fewer. */
static struct view line_of(const struct source *source, unsigned line)
{
    struct view rest = source->text, text = {NULL, 0};

    for (unsigned i = 0; i < line; i++) {
        if (rest.n == 0)
            return (struct view){NULL, 0};
        view_cut(rest, '\n', &text, &rest);
    }
    if (view_ends(text, "\r"))
        text.n--;
    return text;
}

/* The caret stands below its column: each character before it becomes a blank, tabs stay tabs. */
static void write_excerpt(struct view text, unsigned column, struct buf *out)
{
    enum { WIDTH = 160 };

    if (!text.p || column == 0 || column > text.n + 1 || column > WIDTH)
        return;
    buf_printf(out, "  | %.*s\n  | ", VIEW_ARGS(view_first(text, WIDTH)));
    for (unsigned i = 0; i + 1 < column; i++)
        if (((unsigned char)text.p[i] & 0xC0) != 0x80)
            buf_add_char(out, text.p[i] == '\t' ? '\t' : ' ');
    buf_add_str(out, "^\n");
}

static void write_place(const struct place *at, struct buf *out)
{
    size_t before;

    buf_add(out, at->source->name);
    if (at->line > 0 && !at->source->write_place)
        buf_printf(out, ":%u:%u", at->line, at->column);
    buf_add_str(out, ": ");
    before = out->n;
    if (at->line > 0 && at->source->write_place)
        at->source->write_place(at->source->text, at->line, at->column, out);
    if (out->n > before)
        buf_add_str(out, ": ");
}

void diag_write(const struct diag *diag, struct buf *out)
{
    const struct place *at = &diag->place;
    const char *level = diag->level == DIAG_ERROR ? "error" : "warning";

    if (at->source)
        write_place(at, out);
    buf_printf(out, "%s: %.*s\n", level, VIEW_ARGS(diag->message));
    if (at->source && at->line > 0)
        write_excerpt(line_of(at->source, at->line), at->column, out);
    if (diag->hint.p)
        buf_printf(out, "  = %.*s\n", VIEW_ARGS(diag->hint));
}

static void write_count(size_t n, const char *what, struct buf *out)
{
    buf_printf(out, "%zu %s%s", n, what, n == 1 ? "" : "s");
}

void diags_write(const struct diags *d, struct buf *out)
{
    size_t total = d->errors + d->warnings;

    for (const struct diag *diag = d->first; diag; diag = diag->next)
        diag_write(diag, out);
    if (total == 0)
        return;
    if (d->errors > 0)
        write_count(d->errors, "error", out);
    if (d->errors > 0 && d->warnings > 0)
        buf_add_str(out, ", ");
    if (d->warnings > 0)
        write_count(d->warnings, "warning", out);
    if (d->errors > LIMIT_DIAGS || d->warnings > LIMIT_DIAGS)
        buf_printf(out, " (the first %d%s shown)", LIMIT_DIAGS,
                   d->errors > 0 && d->warnings > 0 ? " of each" : "");
    buf_add_char(out, '\n');
}
