#include "policy/image/pattern_example.h"

#include "base/buf.h"
#include "base/text/pattern.h"

#include <string.h>

enum { LONGEST = 64 };

/* The position in a pattern, and the text that was made of it so far. */
struct sketch {
    struct view rest;
    struct buf made;
    unsigned atoms; /* how many variable parts came before, so that each looks different */
};

static bool is_one_of(char c, const char *set)
{
    return c != '\0' && strchr(set, c);
}

/* The first character of "[0-9a-f]" or "[A-Za-z0-9_.-]", and its end; false for a negated class. */
static bool read_class(struct sketch *s, struct view *members)
{
    ptrdiff_t end = view_find(view_from(s->rest, 1), ']');

    if (end <= 0 || s->rest.p[1] == '^' || s->rest.p[1] == '[')
        return false;
    *members = view_first(view_from(s->rest, 1), (size_t)end);
    s->rest = view_from(s->rest, (size_t)end + 2);
    return view_find(*members, '\\') < 0;
}

/* What stands for one repetition of an atom, the n-th of all. */
static char digit(unsigned n)
{
    return (char)('1' + n % 9);
}

static char class_member(struct view members, unsigned n)
{
    static const char hex[] = "3f9c2a7b1d0e8456";

    if (view_eq_str(members, "0-9a-f") || view_eq_str(members, "a-f0-9"))
        return hex[n % (sizeof(hex) - 1)];
    if (view_starts(members, "0-9") || view_starts(members, "1-9"))
        return digit(n);
    return members.p[0];
}

/* How often the atom before is repeated, at least: +, *, ?, {n}, {n,m}. */
static bool read_count(struct sketch *s, unsigned *count)
{
    size_t i = 1;

    *count = 1;
    if (s->rest.n == 0 || !is_one_of(s->rest.p[0], "+*?{"))
        return true;
    if (s->rest.p[0] == '{') {
        for (*count = 0; i < s->rest.n && is_one_of(s->rest.p[i], "0123456789"); i++)
            *count = *count * 10 + (unsigned)(s->rest.p[i] - '0');
        while (i < s->rest.n && is_one_of(s->rest.p[i], ",0123456789"))
            i++;
        if (*count > LONGEST || i >= s->rest.n || s->rest.p[i++] != '}')
            return false;
    }
    s->rest = view_from(s->rest, i);
    return s->rest.n == 0 || !is_one_of(s->rest.p[0], "+?");
}

static bool add_varying(struct sketch *s, struct view members)
{
    unsigned count;

    if (!read_count(s, &count))
        return false;
    for (unsigned i = 0; i < count; i++)
        buf_add_char(&s->made,
                     members.p ? class_member(members, s->atoms + i) : digit(s->atoms + i));
    s->atoms++;
    return true;
}

static bool add_literal(struct sketch *s, char c)
{
    unsigned count;

    if (!read_count(s, &count))
        return false;
    for (unsigned i = 0; i < count; i++)
        buf_add_char(&s->made, c);
    return true;
}

static bool add_escape(struct sketch *s)
{
    char c = s->rest.n > 1 ? s->rest.p[1] : '\0';

    s->rest = view_from(s->rest, 2);
    if (c == 'd')
        return add_varying(s, (struct view){NULL, 0});
    return is_one_of(c, ".-+/_$^") && add_literal(s, c);
}

static bool add_atom(struct sketch *s)
{
    struct view members;
    char c = s->rest.p[0];

    if (c == '\\')
        return add_escape(s);
    if (c == '[')
        return read_class(s, &members) && add_varying(s, members);
    s->rest = view_from(s->rest, 1);
    if (c == '^' || c == '$')
        return true;
    return !is_one_of(c, ".()|*+?{}]") && add_literal(s, c);
}

bool pattern_example(const struct pattern *pattern, struct view text, struct buf *out)
{
    struct sketch s = {.rest = text};
    bool good = true;

    buf_init(&s.made, LONGEST);
    while (good && s.rest.n > 0)
        good = add_atom(&s);
    good = good && !s.made.failed && s.made.n > 0 &&
           pattern_match(pattern, buf_view(&s.made), NULL) == PATTERN_MATCH;
    if (good)
        buf_add(out, buf_view(&s.made));
    buf_release(&s.made);
    return good;
}
