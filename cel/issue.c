#include "cel/issue.h"

#include "base/arena.h"
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

void cel_issue_no_field(struct cel_issues *issues)
{
    if (issues->last && issues->count <= LIMIT_CEL_ISSUES)
        issues->last->no_field = true;
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
