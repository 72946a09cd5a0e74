#include "policy/rule/generated_name.h"

#include "base/text/glob.h"

#include <stddef.h>
#include <string.h>

enum { STEM = 58, SUFFIX = 5 };

static const char alphabet[] = "bcdfghjklmnpqrstvwxz2456789";

struct name {
    struct view stem;
    bool some; /* what follows the stem fits whatever may come; else nothing for sure */
};

static bool letter_fits(const void *name, char letter, size_t at)
{
    const struct name *n = name;

    if (at < n->stem.n)
        return n->stem.p[at] == letter;
    return n->some && letter && strchr(alphabet, letter);
}

static bool fits(struct view glob, struct view stem, bool some)
{
    const struct name name = {stem, some};

    return glob_match_by(glob, stem.n + SUFFIX, letter_fits, &name);
}

enum match_result generated_name_fits(struct view glob, struct view generate_name)
{
    struct view stem = view_first(generate_name, STEM);

    if (fits(glob, stem, false))
        return MATCH_YES;
    return fits(glob, stem, true) ? MATCH_UNKNOWN : MATCH_NO;
}
