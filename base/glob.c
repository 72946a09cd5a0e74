#include "base/glob.h"

#include <stddef.h>

/* Only the last `*` is ever tried again: an earlier one that took more could not help. */
bool glob_match(struct view glob, struct view text)
{
    size_t g = 0, t = 0, star = 0, resume = 0;
    bool starred = false;

    while (t < text.n) {
        if (g < glob.n && glob.p[g] == '*') {
            starred = true;
            star = g++;
            resume = t;
        } else if (g < glob.n && (glob.p[g] == '?' || glob.p[g] == text.p[t])) {
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
