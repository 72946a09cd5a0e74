#include "cli/eval/helm_text.h"

#include <ctype.h>
#include <string.h>

/* What follows {{ up to }}, or to the end of the line. */
static struct view action_at(struct view text, size_t at)
{
    struct view rest = view_from(text, at + 2);
    size_t n = 0;

    while (n < rest.n && rest.p[n] != '\n' && !(n + 1 < rest.n && memcmp(rest.p + n, "}}", 2) == 0))
        n++;
    return view_first(rest, n);
}

static bool begins_word(struct view action, size_t at)
{
    unsigned char before = at > 0 ? (unsigned char)action.p[at - 1] : ' ';

    return !isalnum(before) && before != '_' && before != '.' && before != ')';
}

static bool asks_for_helm(struct view action)
{
    static const char *const words[] = {".Values",       ".Release", ".Chart",
                                        ".Capabilities", ".Files.",  "include \""};

    for (size_t at = 0; at < action.n; at++)
        for (size_t w = 0; w < sizeof(words) / sizeof(words[0]); w++)
            if (view_starts(view_from(action, at), words[w]) && begins_word(action, at))
                return true;
    return false;
}

/* The next {{ from *at on. */
static bool next_action(struct view text, size_t *at)
{
    for (; *at + 1 < text.n; ++*at) {
        const char *brace = memchr(text.p + *at, '{', text.n - 1 - *at);

        if (!brace)
            return false;
        *at = (size_t)(brace - text.p);
        if (text.p[*at + 1] == '{')
            return true;
    }
    return false;
}

bool helm_text_is_sure(struct view text, size_t *at)
{
    for (*at = 0; next_action(text, at);) {
        struct view action = action_at(text, *at);

        if (asks_for_helm(action))
            return true;
        *at += 2 + action.n;
    }
    return false;
}

bool helm_text_is_near(struct view text, unsigned first, unsigned last, size_t *at)
{
    unsigned line = 1;
    size_t counted = 0;

    for (*at = 0; next_action(text, at) && line <= last; *at += 2) {
        for (; counted < *at; counted++)
            line += text.p[counted] == '\n';
        if (line >= first && line <= last)
            return true;
    }
    return false;
}
