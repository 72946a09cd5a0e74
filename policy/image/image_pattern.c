#include "base/arena.h"
#include "base/parse_error.h"
#include "base/text/glob.h"
#include "base/text/template.h"
#include "policy/image/image_grammar.h"
#include "policy/image/image_ref.h"

#include <string.h>

static bool is_any(struct view segment)
{
    return view_eq_str(segment, "**");
}

static bool is_wild(struct view segment)
{
    return view_find(segment, '*') >= 0 || view_find(segment, '?') >= 0;
}

/* --- compiling ------------------------------------------------------------------------------ */

/* The offset of the first byte of text that is none of the letters, digits, "*", "?" and extra; -1
 * when there is none. */
static ptrdiff_t find_foreign(struct view text, const char *extra)
{
    static const char usual[] = "abcdefghijklmnopqrstuvwxyz0123456789*?";

    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] == '\0' || (!strchr(usual, text.p[i]) && !strchr(extra, text.p[i])))
            return (ptrdiff_t)i;
    return -1;
}

static int check_segment(struct view segment, size_t at, struct parse_error *parse_error)
{
    ptrdiff_t foreign = find_foreign(segment, "._-");

    if (segment.n == 0)
        return parse_error_set(parse_error, at, "a segment is empty");
    if (image_has_upper(segment))
        return parse_error_set(parse_error, at, "repositories are always in lower case");
    if (foreign >= 0)
        return parse_error_set(parse_error, at + (size_t)foreign,
                               "\"%c\" is never part of a repository", segment.p[foreign]);
    if (!is_any(segment) && memmem(segment.p, segment.n, "**", 2)) {
        parse_error_set(parse_error, at, "\"**\" stands for whole segments");
        return parse_error_hint(parse_error, "within a segment, write \"*\"");
    }
    return 0;
}

/* A wildcard elsewhere than at the beginning would admit registries of other owners. */
static int check_registry(struct view domain, struct parse_error *parse_error)
{
    struct view fixed = view_starts(domain, "*.") ? view_from(domain, 2) : domain;

    if (is_any(domain))
        return 0;
    if (is_wild(fixed)) {
        parse_error_set(parse_error, 0,
                        "a wildcard in a registry would match those of other owners");
        return parse_error_hint(parse_error,
                                "only its beginning can be one, as in \"*.example.com\"");
    }
    if (image_has_upper(fixed))
        return parse_error_set(parse_error, 0, "its registry is not in lower case");
    if (!image_is_domain(fixed))
        return parse_error_set(parse_error, 0, "its registry \"%.*s\" is not a host name",
                               VIEW_ARGS(view_first(domain, 100)));
    return 0;
}

static int check_version(const struct image_pattern *p, struct parse_error *parse_error)
{
    static const char upper[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ._-";
    ptrdiff_t foreign = find_foreign(p->tag, upper);

    if (p->tag.p && p->tag.n == 0)
        return parse_error_set(parse_error, (size_t)(p->tag.p - p->text.p), "its tag is empty");
    if (foreign >= 0)
        return parse_error_set(parse_error, (size_t)(p->tag.p - p->text.p + foreign),
                               "\"%c\" is never part of a tag", p->tag.p[foreign]);
    if (p->digest.p && image_check_digest(p->digest, parse_error) < 0) {
        parse_error->at += (size_t)(p->digest.p - p->text.p);
        return -1;
    }
    return 0;
}

/* What normalisation puts before a repository as written, by its first segment. */
static const char *missing_prefix(struct view name)
{
    struct view first, rest;

    if (is_any(name))
        return "";
    if (!view_cut(name, '/', &first, &rest))
        return "docker.io/library/";
    if (is_any(first))
        return "";
    if (!image_is_registry(first))
        return "docker.io/";
    if (view_eq_str(first, "docker.io") && view_find(rest, '/') < 0 && !is_any(rest))
        return "docker.io/library/";
    return "";
}

/* A first segment that somebody may have meant as a registry, and somebody else as a repository. */
static int check_first(struct view name, struct parse_error *parse_error)
{
    struct view first, rest;
    bool alone = !view_cut(name, '/', &first, &rest);

    if (is_any(first))
        return 0;
    if (alone && view_eq_str(first, "*")) {
        parse_error_set(parse_error, 0,
                        "it reads as the official images of Docker Hub, not as any image");
        return parse_error_hint(parse_error, "write \"**\" or \"docker.io/library/*\"");
    }
    if (alone && image_is_registry(first)) {
        parse_error_set(parse_error, 0, "it names a registry without a repository");
        return parse_error_hint(parse_error, "write \"%.*s/**\" for all of it",
                                VIEW_ARGS(view_first(first, 60)));
    }
    if (!alone && is_wild(first) && !image_is_registry(first)) {
        parse_error_set(parse_error, 0, "\"%.*s\" could be a registry or a user of Docker Hub",
                        VIEW_ARGS(view_first(first, 60)));
        return parse_error_hint(parse_error,
                                "write \"docker.io/%.*s\", or \"**/%.*s\" for any registry",
                                VIEW_ARGS(view_first(name, 40)), VIEW_ARGS(view_first(rest, 40)));
    }
    return 0;
}

/* The repository, normalised, in segments. */
static int split_segments(struct view name, struct arena *arena, struct image_pattern *p)
{
    const char *prefix;
    struct view segment, first, rest, whole;
    struct view *segments;

    if (view_starts(name, "index.docker.io/"))
        name = view_from(name, strlen("index."));
    prefix = missing_prefix(name);
    if (*prefix && view_cut(name, '/', &first, &rest) && view_eq_str(first, "docker.io"))
        name = rest;
    whole = *prefix ? arena_printf(arena, "%s%.*s", prefix, VIEW_ARGS(name)) : name;
    if (!whole.p)
        return -1;
    p->count = 1;
    for (rest = whole; view_cut(rest, '/', &segment, &rest);)
        p->count++;
    segments = arena_array(arena, p->count, sizeof(*segments));
    if (!segments)
        return -1;
    p->segments = segments;
    do
        view_cut(whole, '/', segments++, &whole);
    while (whole.p);
    return 0;
}

static int check_segments(struct view name, struct parse_error *parse_error)
{
    struct view segment, first, rest = name;
    size_t at = 0;
    bool more = true;

    if (view_cut(name, '/', &first, &rest) && image_is_registry(first)) {
        if (check_registry(first, parse_error) < 0)
            return -1;
        at = first.n + 1;
    } else {
        rest = name;
    }
    while (more) {
        more = view_cut(rest, '/', &segment, &rest);
        if (check_segment(segment, at, parse_error) < 0)
            return -1;
        at += segment.n + 1;
    }
    return 0;
}

int image_pattern_compile(struct view text, struct arena *arena, struct image_pattern *out,
                          struct parse_error *parse_error)
{
    struct image_pattern p = {.text = text};
    struct view name;
    ptrdiff_t slash, colon;

    if (text.n == 0)
        return parse_error_set(parse_error, 0, "it is empty");
    view_cut(text, '@', &name, &p.digest);
    slash = view_rfind(name, '/');
    colon = view_rfind(name, ':');
    if (colon > slash) {
        p.tag = view_from(name, (size_t)colon + 1);
        name = view_first(name, (size_t)colon);
    }
    if (template_in(text)) {
        parse_error_set(parse_error, 0, "it is a template that is not rendered");
        return parse_error_hint(parse_error, "write what it renders to");
    }
    if (check_first(name, parse_error) < 0 || check_segments(name, parse_error) < 0 ||
        check_version(&p, parse_error) < 0)
        return -1;
    if (split_segments(name, arena, &p) < 0)
        return parse_error_set(parse_error, 0, "out of memory");
    *out = p;
    return 0;
}

/* https://github.com/distribution/reference/blob/main/regexp.go */
bool image_pattern_is_vain(const struct image_pattern *pattern, struct parse_error *parse_error)
{
    if (view_eq_str(pattern->text, "latest")) {
        parse_error_set(parse_error, 0, "it reads as an image that is called latest, not as a tag");
        parse_error_hint(parse_error, "write \"**:latest\", or mutableTags: deny");
        return true;
    }
    for (size_t i = 0; i < pattern->count; i++) {
        struct view segment = pattern->segments[i];
        ptrdiff_t at = segment.p - pattern->text.p;

        if (!strchr("._-", segment.p[0]) && !strchr("._-", segment.p[segment.n - 1]))
            continue;
        if (at < 0 || (size_t)at > pattern->text.n) /* of a copy, with docker.io before it */
            at = 0;
        parse_error_set(parse_error, (size_t)at,
                        "no part of a repository begins or ends with . _ or -");
        if (view_starts(segment, ".*") || view_starts(segment, ".+"))
            parse_error_hint(parse_error,
                             "this is not a regular expression: * is any text up to the next /");
        return true;
    }
    return false;
}

/* --- matching ------------------------------------------------------------------------------- */

/* As glob_match() does it with bytes: on a mismatch only the latest `**` takes one segment more. */
static bool match_segments(const struct image_pattern *p, struct view rest)
{
    struct view segment, next, retry = {NULL, 0};
    size_t i = 0, resume = 0;

    while (rest.p) {
        if (i < p->count && is_any(p->segments[i])) {
            resume = ++i;
            retry = rest;
            continue;
        }
        view_cut(rest, '/', &segment, &next);
        if (i < p->count && glob_match(p->segments[i], segment)) {
            rest = next;
            i++;
            continue;
        }
        if (resume == 0)
            return false;
        view_cut(retry, '/', &segment, &retry);
        rest = retry;
        i = resume;
    }
    while (i < p->count && is_any(p->segments[i]))
        i++;
    return i == p->count;
}

bool image_pattern_match(const struct image_pattern *pattern, const struct image_ref *ref)
{
    if (pattern->tag.p && (!ref->tag.p || !glob_match(pattern->tag, ref->tag)))
        return false;
    if (pattern->digest.p && !view_eq(pattern->digest, ref->digest))
        return false;
    return match_segments(pattern, ref->repository);
}
