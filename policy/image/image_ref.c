#include "policy/image/image_ref.h"

#include "base/arena.h"
#include "base/parse_error.h"
#include "base/text/template.h"
#include "policy/image/image_grammar.h"

#include <string.h>

enum { PATH_LENGTH = 255, IDENTIFIER_LENGTH = 64 };

static const char hub[] = "docker.io";
static const char hub_once[] = "index.docker.io";

/* True for a text that a container engine reads as the id of an image. */
static bool is_identifier(struct view text)
{
    for (size_t i = 0; i < text.n; i++)
        if (!strchr("0123456789abcdef", text.p[i]) || text.p[i] == '\0')
            return false;
    return text.n == IDENTIFIER_LENGTH;
}

/* Fills domain, and path with all that follows it, as normalisation has them; *official is set
 * where "library/" is missing before the path. */
static void split_registry(struct view text, struct image_ref *ref, bool *official)
{
    struct view first, rest;

    *official = false;
    ref->domain = VIEW("docker.io");
    ref->path = text;
    if (!view_cut(text, '/', &first, &rest)) {
        *official = true;
        return;
    }
    if (!image_is_registry(first))
        return;
    ref->path = rest;
    if (!view_eq_str(first, hub_once))
        ref->domain = first;
    *official = view_eq_str(ref->domain, hub) && view_find(rest, '/') < 0;
}

static size_t offset(struct view text, struct view part)
{
    return (size_t)(part.p - text.p);
}

static int check_path(struct view text, struct view path, size_t length,
                      struct parse_error *parse_error)
{
    struct view segment, rest = path;
    bool more;

    if (image_has_upper(path))
        return parse_error_set(parse_error, offset(text, path),
                               "its repository must be in lower case");
    if (length > PATH_LENGTH)
        return parse_error_set(parse_error, offset(text, path),
                               "its repository is longer than %d bytes", PATH_LENGTH);
    do {
        more = view_cut(rest, '/', &segment, &rest);
        if (!image_is_segment(segment))
            return parse_error_set(parse_error, offset(text, segment),
                                   segment.n == 0 ? "a part of its repository is empty"
                                                  : "\"%.*s\" cannot be a part of a repository",
                                   VIEW_ARGS(segment));
    } while (more);
    return 0;
}

/* Cuts tag and digest off the path and checks them. */
static int split_version(struct view text, struct image_ref *ref, struct parse_error *parse_error)
{
    bool digested = view_cut(ref->path, '@', &ref->path, &ref->digest);
    bool tagged = view_cut(ref->path, ':', &ref->path, &ref->tag);

    if (tagged && !image_is_tag(ref->tag))
        return parse_error_set(parse_error, offset(text, ref->path) + ref->path.n + 1,
                               "its tag is not 1 to 128 letters, digits, \"_\", \".\" and \"-\"");
    if (digested && image_check_digest(ref->digest, parse_error) < 0) {
        parse_error->at += offset(text, ref->digest);
        return -1;
    }
    if (!tagged && !digested)
        ref->tag = VIEW("latest");
    return 0;
}

/* Where the text has the repository as normalised, it is a part of the text. */
static int join(struct view text, bool official, struct arena *arena, struct image_ref *ref)
{
    const char *library = official ? "library/" : "";

    if (!official && ref->domain.p == text.p) {
        ref->repository = view_first(text, ref->domain.n + 1 + ref->path.n);
        return 0;
    }
    ref->repository =
        arena_printf(arena, "%.*s/%s%.*s", VIEW_ARGS(ref->domain), library, VIEW_ARGS(ref->path));
    if (!ref->repository.p)
        return -1;
    ref->path = view_from(ref->repository, ref->domain.n + 1);
    ref->domain = view_first(ref->repository, ref->domain.n);
    return 0;
}

int image_ref_parse(struct view text, struct arena *arena, struct image_ref *out,
                    struct parse_error *parse_error)
{
    struct image_ref ref = {0};
    bool official;

    if (text.n == 0)
        return parse_error_set(parse_error, 0, "it is empty");
    if (template_in(text))
        return parse_error_set(parse_error, 0, "it is a template that is not rendered");
    if (is_identifier(text))
        return parse_error_set(parse_error, 0, "64 hexadecimal digits are an image id, not a name");
    split_registry(text, &ref, &official);
    if (!image_is_domain(ref.domain))
        return parse_error_set(parse_error, 0, "its registry \"%.*s\" is not a host name",
                               VIEW_ARGS(view_first(ref.domain, 100)));
    if (split_version(text, &ref, parse_error) < 0)
        return -1;
    if (check_path(text, ref.path, ref.path.n + (official ? strlen("library/") : 0), parse_error) <
        0)
        return -1;
    if (join(text, official, arena, &ref) < 0)
        return parse_error_set(parse_error, 0, "out of memory");
    *out = ref;
    return 0;
}

/* --- other spellings ------------------------------------------------------------------------ */

static bool is_hub(struct view domain)
{
    static const char *const names[] = {hub, hub_once, "registry-1.docker.io",
                                        "registry.hub.docker.com"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (view_eq_str(domain, names[i]))
            return true;
    return false;
}

int image_ref_resolve(const struct image_ref *ref, struct arena *arena, struct image_ref *out)
{
    char *host = arena_str(arena, ref->domain);
    struct view domain = {host, ref->domain.n};

    if (!host)
        return -1;
    for (size_t i = 0; i < domain.n; i++)
        if (host[i] >= 'A' && host[i] <= 'Z')
            host[i] = (char)(host[i] - 'A' + 'a');
    if (view_ends(domain, ":443"))
        domain.n -= strlen(":443");
    if (is_hub(domain))
        domain = VIEW("docker.io");
    *out = *ref;
    out->domain = domain;
    return join((struct view){NULL, 0}, false, arena, out);
}
