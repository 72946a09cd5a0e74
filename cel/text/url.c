#include "cel/text/url.h"

#include "base/arena.h"
#include "cel/text/ip.h"
#include "cel/text/text.h"

/* Parts of a URL, which differ in what stands in them as it is. */
enum part { PATH, HOST, ZONE, USER, QUERY, FRAGMENT };

/* A URL while it is read. */
struct reader {
    struct arena *arena;
    const char *why; /* the first thing that is wrong, of the arena or a literal */
};

/* Always returns -1. */
static int fail(struct reader *r, const char *why)
{
    if (!r->why)
        r->why = why ? why : "";
    return -1;
}

static int fail_about(struct reader *r, const char *before, struct view about, const char *after)
{
    struct view quoted = text_quoted(about, r->arena);

    if (!quoted.p)
        return fail(r, "");
    return fail(r, arena_printf(r->arena, "%s%s%s", before, quoted.p, after).p);
}

/* --- escapes -------------------------------------------------------------------------------- */

static bool is_letter_or_digit(unsigned char c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

/* Whether the part has the byte as it is. */
static bool is_plain(unsigned char c, enum part part)
{
    static const char *const others[] = {
        [PATH] = "$&+,/:;=@",
        [HOST] = "!\"$&'()*+,:;<=>[]",
        [ZONE] = "!\"$&'()*+,:;<=>[]",
        [USER] = "$&+,;=",
        [QUERY] = "",
        [FRAGMENT] = "!$&()*+,/:;=?@",
    };

    if (is_letter_or_digit(c))
        return true;
    return c != '\0' && (strchr("-._~", c) || strchr(others[part], c));
}

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool is_escape(struct view s, size_t at)
{
    return at + 2 < s.n && hex(s.p[at + 1]) >= 0 && hex(s.p[at + 2]) >= 0;
}

static unsigned char escaped(struct view s, size_t at)
{
    return (unsigned char)(hex(s.p[at + 1]) << 4 | hex(s.p[at + 2]));
}

/* Whether what a % stands for may be there. */
static bool is_allowed(struct view s, size_t at, enum part part)
{
    unsigned char c;

    if (!is_escape(s, at))
        return false;
    c = escaped(s, at);
    if (c == '%' && (part == HOST || part == ZONE))
        return true;
    if (part == HOST)
        return c >= 0x80;
    return part != ZONE || c == ' ' || is_plain(c, HOST);
}

/* Decodes what is escaped; *out is s itself when nothing is. */
static int decode(struct reader *r, struct view s, enum part part, struct view *out)
{
    size_t n = 0;
    char *copy;
    bool same = true;

    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '%' && !is_allowed(s, i, part))
            return fail_about(r, "invalid URL escape ", view_first(view_from(s, i), 3), "");
        if (s.p[i] != '%' && (part == HOST || part == ZONE) && (unsigned char)s.p[i] < 0x80 &&
            !is_plain((unsigned char)s.p[i], part))
            return fail_about(r, "invalid character ", view_first(view_from(s, i), 1),
                              " in host name");
        same = same && s.p[i] != '%' && !(s.p[i] == '+' && part == QUERY);
    }
    *out = s;
    if (same)
        return 0;
    copy = arena_alloc(r->arena, s.n);
    if (!copy)
        return fail(r, "");
    for (size_t i = 0; i < s.n; i++) {
        copy[n] = s.p[i] == '+' && part == QUERY ? ' ' : s.p[i];
        if (s.p[i] == '%') {
            copy[n] = (char)escaped(s, i);
            i += 2;
        }
        n++;
    }
    *out = (struct view){copy, n};
    return 0;
}

/* Escapes what the part does not have as it is. p == NULL when the arena is full. */
static struct view encode(struct view s, enum part part, struct arena *arena)
{
    static const char digits[] = "0123456789ABCDEF";
    size_t n = 0;
    char *out = s.n < SIZE_MAX / 3 ? arena_alloc(arena, 3 * s.n + 1) : NULL;

    if (!out)
        return (struct view){NULL, 0};
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];

        if (is_plain(c, part)) {
            out[n++] = (char)c;
            continue;
        }
        out[n++] = '%';
        out[n++] = digits[c >> 4];
        out[n++] = digits[c & 15];
    }
    return (struct view){out, n};
}

/* Whether what was written can stay: it has nothing that would have to be escaped. */
static bool is_encoded(struct view s, enum part part)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];

        if (c == '\0' || (!strchr("!$&'()*+,;=:@[]%", c) && !is_plain(c, part)))
            return false;
    }
    return true;
}

/* A part as it was written, or when that has something to escape, of what it means. */
static struct view written(struct view raw, struct view decoded, enum part part,
                           struct arena *arena)
{
    return is_encoded(raw, part) ? raw : encode(decoded, part, arena);
}

/* --- reading -------------------------------------------------------------------------------- */

/* "" or a colon and digits. */
static bool is_port(struct view s)
{
    if (s.n > 0 && s.p[0] != ':')
        return false;
    for (size_t i = 1; i < s.n; i++)
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
    return true;
}

static int check_port(struct reader *r, struct view port)
{
    return is_port(port) ? 0 : fail_about(r, "invalid port ", port, " after host");
}

/* The address between brackets, which may name a zone after %25. */
static int decode_address(struct reader *r, struct view s, struct view *out)
{
    const char *zone = s.n > 0 ? memmem(s.p, s.n, "%25", 3) : NULL;
    size_t n = zone ? (size_t)(zone - s.p) : s.n;
    struct view head, tail = VIEW(""), ignored;
    struct ip_flaw flaw;
    struct ip ip;
    char *joined;

    if (decode(r, view_first(s, n), HOST, &head) < 0 ||
        (zone && decode(r, view_from(s, n), ZONE, &tail) < 0))
        return -1;
    joined = arena_alloc(r->arena, head.n + tail.n + 1);
    if (!joined)
        return fail(r, "");
    if (head.n > 0)
        memcpy(joined, head.p, head.n);
    if (tail.n > 0)
        memcpy(joined + head.n, tail.p, tail.n);
    *out = (struct view){joined, head.n + tail.n};
    if (ip_parse(*out, &ip, &ignored, &flaw) < 0) {
        struct view why = ip_flaw_text(*out, &flaw, r->arena);

        return fail(r, why.p ? arena_printf(r->arena, "invalid host: %s", why.p).p : "");
    }
    return ip.v6 ? 0 : fail(r, "invalid IP-literal");
}

static int parse_literal(struct reader *r, struct view host, struct view *out)
{
    ptrdiff_t close = view_rfind(host, ']');
    struct view port, address;
    char *joined;

    if (close < 0)
        return fail(r, "missing ']' in host");
    port = view_from(host, (size_t)close + 1);
    if (check_port(r, port) < 0 ||
        decode_address(r, view_from(view_first(host, (size_t)close), 1), &address) < 0)
        return -1;
    joined = arena_alloc(r->arena, address.n + port.n + 2);
    if (!joined)
        return fail(r, "");
    joined[0] = '[';
    memcpy(joined + 1, address.p, address.n);
    joined[address.n + 1] = ']';
    if (port.n > 0)
        memcpy(joined + address.n + 2, port.p, port.n);
    *out = (struct view){joined, address.n + port.n + 2};
    return 0;
}

/* Only the last colon is one of a port, as Go 1.25 has it, and so Kubernetes 1.35: later ones take
 * no http://a::80. */
static int parse_host(struct reader *r, struct view host, struct view *out)
{
    ptrdiff_t bracket = view_rfind(host, '['), colon = view_rfind(host, ':');

    if (bracket > 0)
        return fail(r, "invalid IP-literal");
    if (bracket == 0)
        return parse_literal(r, host, out);
    if (colon >= 0 && check_port(r, view_from(host, (size_t)colon)) < 0)
        return -1;
    return decode(r, host, HOST, out);
}

static int parse_user(struct reader *r, struct view s, struct url *out)
{
    for (size_t i = 0; i < s.n; i++)
        if (!is_letter_or_digit((unsigned char)s.p[i]) &&
            (s.p[i] == '\0' || !strchr("-._:~!$&'()*+,;=%@", s.p[i])))
            return fail(r, "net/url: invalid userinfo");
    out->has_user = true;
    out->has_password = view_cut(s, ':', &out->user, &out->password);
    if (decode(r, out->user, USER, &out->user) < 0)
        return -1;
    return out->has_password ? decode(r, out->password, USER, &out->password) : 0;
}

static int parse_authority(struct reader *r, struct view s, struct url *out)
{
    ptrdiff_t at = view_rfind(s, '@');

    if (parse_host(r, view_from(s, (size_t)(at + 1)), &out->host) < 0)
        return -1;
    return at < 0 ? 0 : parse_user(r, view_first(s, (size_t)at), out);
}

/* What is before the first colon, when that can be a scheme; *rest is what follows. */
static int parse_scheme(struct reader *r, struct view text, struct view *scheme, struct view *rest)
{
    *scheme = VIEW("");
    *rest = text;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i], small = (char)(c | 0x20);

        if (c == ':' && i == 0)
            return fail(r, "missing protocol scheme");
        if (c == ':') {
            *rest = view_from(text, i + 1);
            *scheme = text_lower(view_first(text, i), r->arena);
            return scheme->p ? 0 : fail(r, "");
        }
        if (!(small >= 'a' && small <= 'z') &&
            (i == 0 || !((c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.')))
            break;
    }
    return 0;
}

static void cut_query(struct view *rest, struct url *out)
{
    ptrdiff_t at = view_find(*rest, '?');

    out->force_query = at >= 0 && (size_t)at == rest->n - 1;
    view_cut(*rest, '?', rest, &out->query);
}

/* A path that does not begin with a slash has no scheme: as Go reads what is not a request's. */
static int check_relative(struct reader *r, struct view rest, bool request)
{
    struct view segment, ignored;

    if (request)
        return fail(r, "invalid URI for request");
    view_cut(rest, '/', &segment, &ignored);
    if (view_find(segment, ':') >= 0)
        return fail(r, "first path segment in URL cannot contain colon");
    return 0;
}

static int parse_rest(struct reader *r, struct view rest, bool request, struct url *out)
{
    if (!view_starts(rest, "/")) {
        if (out->scheme.n > 0) {
            out->opaque = rest;
            return 0;
        }
        if (check_relative(r, rest, request) < 0)
            return -1;
    }
    if ((out->scheme.n > 0 || (!request && !view_starts(rest, "///"))) && view_starts(rest, "//")) {
        ptrdiff_t slash = view_find(view_from(rest, 2), '/');
        size_t n = slash < 0 ? rest.n - 2 : (size_t)slash;

        if (parse_authority(r, view_first(view_from(rest, 2), n), out) < 0)
            return -1;
        rest = view_from(rest, n + 2);
    } else {
        out->omit_host = out->scheme.n > 0 && view_starts(rest, "/");
    }
    out->raw_path = rest;
    return decode(r, rest, PATH, &out->path);
}

static int parse(struct reader *r, struct view text, bool request, struct url *out)
{
    struct view rest;

    *out = (struct url){0};
    for (size_t i = 0; i < text.n; i++)
        if ((unsigned char)text.p[i] < ' ' || text.p[i] == 0x7F)
            return fail(r, "net/url: invalid control character in URL");
    if (text.n == 0 && request)
        return fail(r, "empty url");
    if (view_eq_str(text, "*")) {
        out->path = out->raw_path = text;
        return 0;
    }
    if (parse_scheme(r, text, &out->scheme, &rest) < 0)
        return -1;
    cut_query(&rest, out);
    return parse_rest(r, rest, request, out);
}

static const char *message(struct view text, const struct reader *r)
{
    struct view quoted = r->why[0] != '\0' ? text_quoted(text, r->arena) : (struct view){NULL, 0};
    const char *why = quoted.p ? arena_printf(r->arena, "parse %s: %s", quoted.p, r->why).p : NULL;

    return why ? why : "";
}

const char *url_check(struct view text, struct arena *arena)
{
    struct reader r = {.arena = arena};
    struct url url;

    return parse(&r, text, true, &url) < 0 ? message(text, &r) : NULL;
}

const char *url_parse(struct view text, struct url *out, struct arena *arena)
{
    struct reader r = {.arena = arena};
    struct view before, fragment;

    view_cut(text, '#', &before, &fragment);
    if (parse(&r, before, false, out) < 0)
        return message(before, &r);
    out->raw_fragment = fragment;
    return decode(&r, fragment, FRAGMENT, &out->fragment) < 0 ? message(text, &r) : NULL;
}

/* --- parts ---------------------------------------------------------------------------------- */

/* Where the colon before the port is; the length of the host when there is none. */
static size_t port_colon(const struct url *url)
{
    ptrdiff_t colon = view_rfind(url->host, ':');

    if (colon < 0 || !is_port(view_from(url->host, (size_t)colon)))
        return url->host.n;
    return (size_t)colon;
}

struct view url_hostname(const struct url *url)
{
    struct view host = view_first(url->host, port_colon(url));

    if (view_starts(host, "[") && view_ends(host, "]"))
        return view_from(view_first(host, host.n - 1), 1);
    return host;
}

struct view url_port(const struct url *url)
{
    return view_from(url->host, port_colon(url) + 1);
}

struct view url_escaped_path(const struct url *url, struct arena *arena)
{
    if (view_eq_str(url->path, "*"))
        return url->raw_path;
    if (url->path.n == 0)
        return VIEW("");
    return written(url->raw_path, url->path, PATH, arena);
}

/* What is joined to the text of a URL. */
enum { MOST_PIECES = 16 };

struct pieces {
    struct view all[MOST_PIECES];
    size_t count, size;
    bool failed;
};

static void add(struct pieces *p, struct view piece)
{
    p->failed = p->failed || !piece.p;
    p->size += piece.n;
    p->all[p->count++] = piece;
}

static void add_host(struct pieces *p, const struct url *url, struct arena *arena)
{
    if (url->omit_host && url->host.n == 0 && !url->has_user)
        return;
    if (url->host.n > 0 || url->path.n > 0 || url->has_user)
        add(p, VIEW("//"));
    if (url->has_user) {
        add(p, encode(url->user, USER, arena));
        add(p, url->has_password ? VIEW(":") : VIEW(""));
        add(p, encode(url->password, USER, arena));
        add(p, VIEW("@"));
    }
    if (url->host.n > 0)
        add(p, encode(url->host, HOST, arena));
}

static void add_path(struct pieces *p, const struct url *url, struct arena *arena)
{
    struct view path = url_escaped_path(url, arena), segment, ignored;

    if (path.n > 0 && path.p[0] != '/' && url->host.n > 0)
        add(p, VIEW("/"));
    view_cut(path, '/', &segment, &ignored);
    if (p->size == 0 && view_find(segment, ':') >= 0)
        add(p, VIEW("./"));
    if (path.n > 0 || !path.p)
        add(p, path);
}

struct view url_text(const struct url *url, struct arena *arena)
{
    struct pieces p = {.count = 0};
    size_t n = 0;
    char *out;

    if (url->scheme.n > 0) {
        add(&p, url->scheme);
        add(&p, VIEW(":"));
    }
    if (url->opaque.n > 0)
        add(&p, url->opaque);
    else if (url->scheme.n > 0 || url->host.n > 0 || url->has_user)
        add_host(&p, url, arena);
    if (url->opaque.n == 0)
        add_path(&p, url, arena);
    if (url->force_query || url->query.n > 0) {
        add(&p, VIEW("?"));
        if (url->query.n > 0)
            add(&p, url->query);
    }
    if (url->fragment.n > 0) {
        add(&p, VIEW("#"));
        add(&p, written(url->raw_fragment, url->fragment, FRAGMENT, arena));
    }
    out = p.failed ? NULL : arena_alloc(arena, p.size + 1);
    for (size_t i = 0; out && i < p.count; i++) {
        if (p.all[i].n > 0)
            memcpy(out + n, p.all[i].p, p.all[i].n);
        n += p.all[i].n;
    }
    return (struct view){out, out ? n : 0};
}

/* --- the query ------------------------------------------------------------------------------ */

struct url_query url_query(const struct url *url, struct arena *arena)
{
    size_t count = 1;

    for (size_t i = 0; i < url->query.n; i++)
        count += url->query.p[i] == '&' ? 1 : 0;
    return (struct url_query){.rest = count <= URL_PARAMETERS ? url->query : VIEW(""),
                              .arena = arena};
}

bool url_query_next(struct url_query *query, struct view *name, struct view *value)
{
    while (query->rest.n > 0) {
        struct reader r = {.arena = query->arena};
        struct view one;

        view_cut(query->rest, '&', &one, &query->rest);
        if (one.n == 0 || view_find(one, ';') >= 0)
            continue;
        view_cut(one, '=', name, value);
        if (decode(&r, *name, QUERY, name) == 0 && decode(&r, *value, QUERY, value) == 0)
            return true;
        query->failed = query->failed || r.why[0] == '\0';
    }
    return false;
}
