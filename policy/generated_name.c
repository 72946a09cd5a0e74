#include "policy/generated_name.h"

#include <stddef.h>
#include <string.h>

enum { STEM = 58, SUFFIX = 5 };

static const char alphabet[] = "bcdfghjklmnpqrstvwxz2456789";

/* True when a letter of a glob, which is no wildcard, fits the name there. What follows the stem
 * fits nothing for sure, and with `some` whatever may come. */
static bool letter_fits(char letter, struct view stem, size_t at, bool some)
{
    if (at < stem.n)
        return stem.p[at] == letter;
    return some && letter && strchr(alphabet, letter);
}

/* As glob_match(), which the earliest place of each part serves just as well. */
static bool fits(struct view glob, struct view stem, bool some)
{
    size_t g = 0, t = 0, star = 0, resume = 0, length = stem.n + SUFFIX;
    bool starred = false;

    while (t < length) {
        if (g < glob.n && glob.p[g] == '*') {
            starred = true;
            star = g++;
            resume = t;
        } else if (g < glob.n && (glob.p[g] == '?' || letter_fits(glob.p[g], stem, t, some))) {
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

enum match_result generated_name_fits(struct view glob, struct view generate_name)
{
    struct view stem = view_first(generate_name, STEM);

    if (fits(glob, stem, false))
        return MATCH_YES;
    return fits(glob, stem, true) ? MATCH_UNKNOWN : MATCH_NO;
}
