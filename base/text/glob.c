#include "base/text/glob.h"

#include <stddef.h>
#include <string.h>

/* Only the last `*` is ever tried again: an earlier one that took more could not help. */
bool glob_match_by(struct view glob, size_t length, glob_fits *fits, const void *ctx)
{
    size_t g = 0, t = 0, star = 0, resume = 0;
    bool starred = false;

    while (t < length) {
        if (g < glob.n && glob.p[g] == '*') {
            starred = true;
            star = g++;
            resume = t;
        } else if (g < glob.n && (glob.p[g] == '?' || fits(ctx, glob.p[g], t))) {
            g++;
            t++;
        } else if (starred) {
            g = star + 1;
            t = ++resume;
        } else {
            return false;
        }
    }
    while (g < glob.n && glob.p[g] == '*')
        g++;
    return g == glob.n;
}

static bool is_there(const void *text, char letter, size_t at)
{
    return ((const struct view *)text)->p[at] == letter;
}

bool glob_match(struct view glob, struct view text)
{
    return glob_match_by(glob, text.n, is_there, &text);
}

static bool is_wild(char c)
{
    return c == '*' || c == '?';
}

/* How many bytes stand for themselves before the first one that does not, and after the last. */
static size_t fixed_head(struct view glob)
{
    size_t n = 0;

    while (n < glob.n && !is_wild(glob.p[n]))
        n++;
    return n;
}

static size_t fixed_tail(struct view glob)
{
    size_t n = 0;

    while (n < glob.n && !is_wild(glob.p[glob.n - 1 - n]))
        n++;
    return n;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

bool glob_may_meet(struct view a, struct view b)
{
    size_t head = least(fixed_head(a), fixed_head(b)), tail = least(fixed_tail(a), fixed_tail(b));

    if (fixed_head(a) == a.n)
        return glob_match(b, a);
    if (fixed_head(b) == b.n)
        return glob_match(a, b);
    return memcmp(a.p, b.p, head) == 0 && memcmp(a.p + a.n - tail, b.p + b.n - tail, tail) == 0;
}
