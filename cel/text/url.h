#ifndef TG_CEL_TEXT_URL_H
#define TG_CEL_TEXT_URL_H

#include "base/view.h"

#include <stdbool.h>

struct arena;

/* A URL as Go's net/url takes it apart (https://pkg.go.dev/net/url#URL): Kubernetes' url() and
 * isURL(), and its format "uri". What is decoded is of the arena, the rest of the text. All
 * functions here may be called from any thread. */
struct url {
    struct view scheme;         /* in small letters */
    struct view opaque;         /* of one like mailto:a@b */
    struct view user, password; /* decoded */
    bool has_user, has_password;
    struct view host;     /* decoded, with the port */
    struct view path;     /* decoded */
    struct view raw_path; /* as it is written */
    struct view query;    /* as it is written, without ? */
    struct view fragment, raw_fragment;
    bool force_query, omit_host;
};

/* Whether the text is a URL, or an absolute path, that a request could be for: NULL, or the message
 * that Go's ParseRequestURI has, of the arena, or "" when that is full. */
const char *url_check(struct view text, struct arena *arena);

/* Reads the whole of text, which has passed url_check, its fragment, too; as above. */
const char *url_parse(struct view text, struct url *out, struct arena *arena);

/* Parts of the host. */
struct view url_hostname(const struct url *url);
struct view url_port(const struct url *url);

/* The path as it was written, or escaped where that was not well done. p == NULL when the arena is
 * full. */
struct view url_escaped_path(const struct url *url, struct arena *arena);

/* The whole of it; two are equal when these are. p == NULL when the arena is full. */
struct view url_text(const struct url *url, struct arena *arena);

enum { URL_PARAMETERS = 10000 };

/* The parameters of the query, in their order. More than URL_PARAMETERS are none at all, and what
 * is not well escaped or has a semicolon is passed over, as in Go. Begin with url_query. */
struct url_query {
    struct view rest;
    struct arena *arena;
    bool failed; /* the arena is full */
};

struct url_query url_query(const struct url *url, struct arena *arena);

/* The next parameter, decoded; false at the end. */
bool url_query_next(struct url_query *query, struct view *name, struct view *value);

#endif
