#include "base/view.h"

int view_cmp(struct view a, struct view b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int order = n == 0 ? 0 : memcmp(a.p, b.p, n);

    if (order != 0)
        return order;
    return (a.n > b.n) - (a.n < b.n);
}

bool view_starts(struct view v, const char *prefix)
{
    size_t n = strlen(prefix);

    return v.n >= n && (n == 0 || memcmp(v.p, prefix, n) == 0);
}

bool view_ends(struct view v, const char *suffix)
{
    size_t n = strlen(suffix);

    return v.n >= n && (n == 0 || memcmp(v.p + v.n - n, suffix, n) == 0);
}

ptrdiff_t view_find(struct view v, char c)
{
    const char *at = v.n == 0 ? NULL : memchr(v.p, c, v.n);

    return at ? at - v.p : -1;
}

ptrdiff_t view_rfind(struct view v, char c)
{
    for (size_t i = v.n; i > 0; i--)
        if (v.p[i - 1] == c)
            return (ptrdiff_t)(i - 1);
    return -1;
}

struct view view_from(struct view v, size_t from)
{
    if (from >= v.n)
        return (struct view){v.p ? v.p + v.n : NULL, 0};
    return (struct view){v.p + from, v.n - from};
}

struct view view_first(struct view v, size_t n)
{
    return (struct view){v.p, n < v.n ? n : v.n};
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct view view_trim(struct view v)
{
    while (v.n > 0 && is_blank(v.p[0]))
        v = view_from(v, 1);
    while (v.n > 0 && is_blank(v.p[v.n - 1]))
        v.n--;
    return v;
}

bool view_cut(struct view v, char c, struct view *head, struct view *rest)
{
    ptrdiff_t at = view_find(v, c);

    if (at < 0) {
        *head = v;
        *rest = (struct view){NULL, 0};
        return false;
    }
    *head = view_first(v, (size_t)at);
    *rest = view_from(v, (size_t)at + 1);
    return true;
}
