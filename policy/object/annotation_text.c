#include "policy/object/annotation_text.h"

#include "base/time/timefmt.h"

enum { HASH_DIGITS = 64 };

static int is_hash(struct view text)
{
    for (size_t i = 0; i < text.n; i++)
        if (!((text.p[i] >= '0' && text.p[i] <= '9') || (text.p[i] >= 'a' && text.p[i] <= 'f')))
            return 0;
    return text.n == HASH_DIGITS;
}

/* A time that begins text; *rest is what follows it. */
static int read_time(struct view text, int64_t *time, struct view *rest)
{
    ptrdiff_t blank = view_find(text, ' ');
    size_t n = blank < 0 ? text.n : (size_t)blank;

    if (blank > 0 && text.p[blank - 1] == ':')
        n--;
    else if (blank >= 0)
        return -1;
    *rest = view_from(text, n);
    return timefmt_parse(view_first(text, n), time);
}

int annotation_text_parse(struct view text, const char *word, struct annotation_text *out)
{
    static const char by[] = " by ";
    struct annotation_text found = {.hash = view_first(text, HASH_DIGITS)};
    struct view rest = view_from(text, HASH_DIGITS), word_text = view_of(word);

    if (!is_hash(found.hash) || !view_starts(rest, by))
        return -1;
    rest = view_from(rest, sizeof(by) - 1);
    for (size_t n = 1; n < rest.n; n++) {
        struct view tail = view_from(rest, n);

        if (!view_starts(tail, word) ||
            read_time(view_from(tail, word_text.n), &found.time, &found.rest) < 0)
            continue;
        found.by = view_first(rest, n);
        *out = found;
        return 0;
    }
    return -1;
}
