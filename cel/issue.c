#include "cel/issue.h"

#include "base/arena.h"
#include "base/diag.h"
#include "cel/limits.h"

#include <stdarg.h>

void cel_issues_init(struct cel_issues *issues, struct arena *arena)
{
    *issues = (struct cel_issues){.arena = arena};
}

void cel_issue(struct cel_issues *issues, uint32_t at, const char *format, ...)
{
    struct cel_issue *issue;
    va_list args;

    if (issues->count++ >= LIMIT_CEL_ISSUES)
        return;
    issue = arena_alloc(issues->arena, sizeof(*issue));
    if (!issue)
        return;
    issue->at = at;
    va_start(args, format);
    issue->message = arena_vprintf(issues->arena, format, args);
    va_end(args);
    *(issues->last ? &issues->last->next : &issues->first) = issue;
    issues->last = issue;
}

void cel_issue_hint(struct cel_issues *issues, const char *format, ...)
{
    va_list args;

    if (!issues->last || issues->count > LIMIT_CEL_ISSUES)
        return;
    va_start(args, format);
    issues->last->hint = arena_vprintf(issues->arena, format, args);
    va_end(args);
}

/* The line and column of a byte of the source. */
static struct place place_of(const struct source *source, uint32_t at)
{
    struct place place = {source, 1, 1};

    for (size_t i = 0; i < at && i < source->text.n; i++, place.column++)
        if (source->text.p[i] == '\n') {
            place.line++;
            place.column = 0;
        }
    return place;
}

void cel_issues_tell(const struct cel_issues *issues, const struct source *source,
                     struct diags *diags)
{
    for (const struct cel_issue *i = issues->first; i; i = i->next) {
        diag_error(diags, place_of(source, i->at), "%.*s", VIEW_ARGS(i->message));
        if (i->hint.p)
            diag_hint(diags, "%.*s", VIEW_ARGS(i->hint));
    }
}
