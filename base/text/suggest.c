#include "base/text/suggest.h"

#include <string.h>

enum { LONGEST = 48, SHORTEST_BEGIN = 3 };

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static unsigned smaller(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Damerau-Levenshtein distance in its optimal string alignment form; both at most LONGEST long. */
static unsigned distance(struct view a, struct view b)
{
    unsigned row[3][LONGEST + 1];
    unsigned *before = row[0], *above = row[1], *here = row[2];

    for (unsigned j = 0; j <= b.n; j++)
        above[j] = j;
    for (unsigned i = 1; i <= a.n; i++) {
        unsigned *reuse = before;

        here[0] = i;
        for (unsigned j = 1; j <= b.n; j++) {
            unsigned change = lower(a.p[i - 1]) != lower(b.p[j - 1]);

            here[j] = smaller(smaller(above[j] + 1, here[j - 1] + 1), above[j - 1] + change);
            if (i > 1 && j > 1 && lower(a.p[i - 1]) == lower(b.p[j - 2]) &&
                lower(a.p[i - 2]) == lower(b.p[j - 1]))
                here[j] = smaller(here[j], before[j - 2] + 1);
        }
        before = above;
        above = here;
        here = reuse;
    }
    return above[b.n];
}

unsigned suggest_apart(struct view a, struct view b)
{
    return a.n > LONGEST || b.n > LONGEST ? LONGEST : distance(a, b);
}

/* The one candidate that begins with the word: limits.memory for "limits.mem". */
static const char *completed(struct view word, const char *const *candidates, size_t count,
                             size_t *found)
{
    const char *only = NULL;

    *found = 0;
    for (size_t i = 0; i < count && word.n >= SHORTEST_BEGIN; i++)
        if (strncmp(candidates[i], word.p, word.n) == 0) {
            only = candidates[i];
            ++*found;
        }
    return only;
}

/* Nobody slips on the first letter of so short a word: gpu is not cpu. */
static bool is_other_word(struct view word, struct view candidate)
{
    enum { SHORT = 3 };

    return candidate.n <= SHORT && word.n == candidate.n &&
           lower(word.p[0]) != lower(candidate.p[0]) && lower(word.p[0]) != lower(candidate.p[1]);
}

const char *suggest(struct view word, const char *const *candidates, size_t count)
{
    const char *best = NULL;
    unsigned least = 0;
    size_t found;

    if (word.n == 0 || word.n > LONGEST)
        return NULL;
    best = completed(word, candidates, count, &found);
    if (found == 1)
        return best;
    best = NULL;
    for (size_t i = 0; i < count; i++) {
        struct view candidate = view_of(candidates[i]);
        unsigned apart;

        if (candidate.n > LONGEST || is_other_word(word, candidate))
            continue;
        apart = distance(word, candidate);
        if (apart > (candidate.n + 2) / 3 || (best && apart >= least))
            continue;
        best = candidates[i];
        least = apart;
    }
    return best;
}

bool suggest_is_slip(struct view word, const char *candidate)
{
    struct view other = view_of(candidate);
    unsigned apart;

    if (word.n == 0 || word.n > LONGEST || other.n > LONGEST)
        return false;
    apart = distance(word, other);
    return apart <= 2 && apart <= (other.n + 2) / 3;
}
